"""The build context that a client uploaded, unpacked in memory."""

from __future__ import annotations

import hashlib
import io
import json
import posixpath
import tarfile
import tomllib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

SMALL = 1 << 20
"""Files up to this size are kept whole: Dockerfiles and version files are among them."""


class ContextError(ValueError):
    """What was uploaded is no gzipped tar archive."""


@dataclass(frozen=True)
class Context:
    """Paths, relative and without `./`, with digests; contents of the small files; folders."""

    files: Mapping[str, str]
    contents: Mapping[str, bytes] = field(repr=False)
    folders: frozenset[str]
    size: int

    def digest(self) -> str:
        """Of names and contents: the same tree has the same one whatever packed it."""
        running = hashlib.sha256()
        for path, digest in sorted(self.files.items()):
            running.update(f"{path}\0{digest}\n".encode())
        return f"sha256:{running.hexdigest()}"

    def has(self, pattern: str) -> bool:
        """Whether a COPY source finds something; shell patterns do not cross slashes."""
        wanted = posixpath.normpath(pattern).lstrip("/")
        if wanted == ".":
            return True
        names = [*self.files, *self.folders]
        return any(_same_depth(name, wanted) and fnmatchcase(name, wanted) for name in names)

    def version(self) -> str:
        """Of the project in it: pyproject.toml or package.json, at the root; empty when neither says."""
        for name, reader in (("pyproject.toml", _pyproject_version), ("package.json", _package_version)):
            content = self.contents.get(name)
            if content is not None:
                return reader(content)
        return ""


def unpack(archive: bytes) -> Context:
    """Raises ContextError."""
    files: dict[str, str] = {}
    contents: dict[str, bytes] = {}
    folders: set[str] = set()
    size = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r|gz") as tar:
            for member in tar:
                path = posixpath.normpath(member.name).lstrip("/")
                folders.update(_parents(path))
                if member.isdir():
                    folders.add(path)
                    continue
                files[path], content = _read(tar, member)
                size += member.size
                if content is not None:
                    contents[path] = content
    except (OSError, EOFError, zlib.error, tarfile.TarError, KeyError) as error:
        raise ContextError(f"the source is no gzipped tar archive: {error}") from error
    return Context(files, contents, frozenset(folders), size)


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> tuple[str, bytes | None]:
    """Digest and, when it is small, content; a link's is its target."""
    reader = tar.extractfile(member) if member.isreg() else None
    if reader is None:
        target = member.linkname.encode()
        return hashlib.sha256(target).hexdigest(), target
    if member.size <= SMALL:
        content = reader.read()
        return hashlib.sha256(content).hexdigest(), content
    running = hashlib.sha256()
    while piece := reader.read(SMALL):
        running.update(piece)
    return running.hexdigest(), None


def _parents(path: str) -> set[str]:
    parts = path.split("/")[:-1]
    return {"/".join(parts[: n + 1]) for n in range(len(parts))}


def _same_depth(name: str, pattern: str) -> bool:
    return name.count("/") == pattern.count("/")


def _pyproject_version(content: bytes) -> str:
    try:
        table = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return ""
    project = table.get("project", {}).get("version")
    return str(project or table.get("tool", {}).get("poetry", {}).get("version", ""))


def _package_version(content: bytes) -> str:
    try:
        return str(json.loads(content).get("version", ""))
    except (ValueError, AttributeError):
        return ""
