"""Looking at a tree: the only part of `init` that touches the disk. Reads, and never follows links out of the tree."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from deployctl.config.initialise.contexts import read_contexts
from deployctl.config.initialise.facts import DockerfileFacts, Sighting, TreeFacts, VersionFacts
from deployctl.config.initialise.overlays import read_overlays
from deployctl.model.errors import UsageError
from deployctl.model.version import read_version
from deployctl.ports import Renderer

_SKIPPED = frozenset((".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".terraform", ".idea"))
_SKIPPED_TOO = frozenset((".mypy_cache", ".ruff_cache", ".pytest_cache", "site-packages", "vendor", "target"))
_MANY = 50_000
_LARGE = 512_000
_SOURCES = (".py", ".ts", ".js", ".go", ".java", ".kt", ".rb", ".rs", ".cs", ".php", ".yaml", ".yml")
_HEALTH = re.compile(
    r"""["'\s:](/(?:[\w.-]+/)*(?:healthz?|health[-_]?check|livez|readyz|ready|ping|status)/?)(?=["'\s,}]|$)"""
)
_STATUS = re.compile(r"""["']?status["']?\s*[:=]\s*["'](ok|healthy|up|UP|pass)["']""")
_TITLE = re.compile(r"(<title>[^<]+</title>)")
_VERSION_FILES = ("pyproject.toml", "package.json", "VERSION", "version.txt")


def read_tree(root: Path, renderer: Renderer | None, environ: Mapping[str, str]) -> TreeFacts:
    """Everything that a proposal needs. Without a renderer, overlays count as not built."""
    files = tuple(_files(root))
    texts = {path: text for path in files if _wanted(path) and (text := _text(root / path)) is not None}
    folders = {str(parent) for path in files for parent in PurePosixPath(path).parents}
    return TreeFacts(
        paths=frozenset((*files, *folders)),
        overlays=read_overlays(root, texts, renderer),
        dockerfiles=tuple(_dockerfile(path, texts[path]) for path in texts if _is_dockerfile(path)),
        versions=tuple(_version(path, texts[path]) for path in texts if path.rpartition("/")[2] in _VERSION_FILES),
        contexts=read_contexts(environ),
        health=tuple(_sightings(texts, _HEALTH, _SOURCES)),
        statuses=tuple(_sightings(texts, _STATUS, _SOURCES[:-2])),
        titles=tuple(_sightings(texts, _TITLE, ("index.html",))),
    )


def _files(root: Path) -> Iterator[str]:
    """Every file, sorted; at most some fifty thousand of them."""
    seen = 0
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - _SKIPPED - _SKIPPED_TOO)
        for name in sorted(names):
            seen += 1
            if seen > _MANY:
                return
            yield (Path(folder) / name).relative_to(root).as_posix()


def _wanted(path: str) -> bool:
    name = path.rpartition("/")[2]
    return (
        _is_dockerfile(path) or name in (*_VERSION_FILES, "Kustomization") or name.endswith((*_SOURCES, "index.html"))
    )


def _text(path: Path) -> str | None:
    """None for what is no text, too large, or not ours to read."""
    try:
        return path.read_bytes().decode() if path.stat().st_size <= _LARGE else None
    except (OSError, UnicodeDecodeError):
        return None


def _is_dockerfile(path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    return name == "dockerfile" or name.startswith(("dockerfile.", "dockerfile-")) or name.endswith(".dockerfile")


def _dockerfile(path: str, text: str) -> DockerfileFacts:
    """Stages and what they copy; a line that goes on with a backslash is one."""
    stages: list[str] = []
    sources: list[str] = []
    base = ""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        instruction, rest = words[0].upper(), [w for w in words[1:] if not w.startswith("--")]
        if instruction == "FROM" and rest:
            base = rest[0]
            stages.append(rest[2] if len(rest) > 2 and rest[1].upper() == "AS" else "")
        elif instruction in ("COPY", "ADD") and not any(w.startswith("--from") for w in words):
            sources += [w for w in rest[:-1] if "://" not in w and not w.startswith(("[", "<<"))]
    return DockerfileFacts(path, tuple(stages), tuple(sources), base)


def _version(path: str, text: str) -> VersionFacts:
    try:
        return VersionFacts(path, read_version(text, path))
    except UsageError as error:
        return VersionFacts(path, "", error.problem.what)


def _sightings(texts: Mapping[str, str], pattern: re.Pattern[str], endings: tuple[str, ...]) -> Iterator[Sighting]:
    for path, text in texts.items():
        if path.endswith(endings) and "test" not in path.lower():
            for number, line in enumerate(text.splitlines(), start=1):
                yield from (Sighting(found, path, number) for found in pattern.findall(line))
