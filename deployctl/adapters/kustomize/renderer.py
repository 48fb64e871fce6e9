"""Rendering an overlay, with edits that are not written yet."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from deployctl.adapters.kustomize.shadow import inside, shadow
from deployctl.adapters.kustomize.tool import Output, Tool, find_tool, run
from deployctl.adapters.kustomize.yaml_text import documents
from deployctl.model.errors import Refused
from deployctl.model.manifest import Manifest, manifest
from deployctl.ports import Rendered

UNRESTRICTED = "--load-restrictor=LoadRestrictionsNone"
RESTRICTED = "is not in or below"
"""kustomize's words when its load restrictor refuses a file."""
LOGGED = re.compile(r'^E\d{4} [\d:.]+ +\d+ \S+\] "command failed" err=(".*")$')


class KustomizeRenderer:
    """The `Renderer` port."""

    def __init__(self, environ: Mapping[str, str] = os.environ, tool: Tool | None = None) -> None:
        self._environ = environ
        self._tool = tool

    @property
    def tool(self) -> Tool:
        """What renders. Raises UsageError when nothing is installed that could."""
        if self._tool is None:
            self._tool = find_tool(self._environ)
        return self._tool

    def render(self, overlay: Path, flags: tuple[str, ...], edits: Mapping[Path, str]) -> Rendered:
        changed = {path: text for path, text in edits.items() if not _holds(path, text)}
        output = self._shadowed(overlay, flags, changed) if changed else self._run(overlay, flags)
        if output.code != 0:
            raise self._failed(overlay, flags, output)
        return Rendered(_objects(output.out, overlay), _lines(output.said))

    def _shadowed(self, overlay: Path, flags: tuple[str, ...], edits: Mapping[Path, str]) -> Output:
        with shadow(overlay, edits) as root:
            output = self._named(root, self._run(inside(root, overlay), flags))
            if output.code == 0 or RESTRICTED not in output.said or self._run(overlay, flags).code != 0:
                return output
            # The real tree keeps to the restrictor; only a link of the shadow does not, and edits cannot change that.
            return self._named(root, self._run(inside(root, overlay), (*flags, UNRESTRICTED)))

    def _run(self, overlay: Path, flags: tuple[str, ...]) -> Output:
        return run(self.tool, overlay, flags, self._environ)

    def _named(self, root: Path, output: Output) -> Output:
        """With the user's own paths in what was said."""
        return Output(output.code, output.out, output.said.replace(str(root), ""))

    def _failed(self, overlay: Path, flags: tuple[str, ...], output: Output) -> Refused:
        by_hand = " ".join(self.tool.command(overlay, flags))
        allow = f'set kustomize_flags = ["{UNRESTRICTED}"] of the environment in deployctl.toml'
        hint = allow if RESTRICTED in output.said else "correct the overlay"
        return Refused(
            "the overlay does not render",
            where=str(overlay),
            evidence=_lines(output.said)[-20:] or (f"exit status {output.code}",),
            action=f"{hint}; by hand: {by_hand}",
        )


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False


def _lines(said: str) -> tuple[str, ...]:
    return tuple(_plain(line.strip().removeprefix("# ")) for line in said.splitlines() if line.strip())


def _plain(line: str) -> str:
    """kubectl 1.37 wraps what failed into a log line of its own."""
    wrapped = LOGGED.match(line)
    if wrapped is None:
        return line
    try:
        return str(json.loads(wrapped[1]))
    except ValueError:
        return wrapped[1]


def _objects(output: bytes, overlay: Path) -> tuple[Manifest, ...]:
    try:
        return tuple(manifest(body) for document in documents(output) for body in _flat(document, overlay))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1} of what was rendered" if mark else ""
        raise Refused("what kustomize rendered is not valid YAML", where=str(overlay), evidence=(place,)) from None


def _flat(document: Any, overlay: Path) -> Iterator[dict[str, Any]]:
    """The objects of a document; those of a List in its place, as kubectl takes them."""
    if isinstance(document, dict) and str(document.get("kind")).endswith("List") and "items" in document:
        for one in document["items"] or ():
            yield from _flat(one, overlay)
    elif isinstance(document, dict) and is_named(manifest(document)):
        yield document
    else:
        raise Refused(
            "the overlay renders something that is no object with apiVersion, kind and name",
            where=str(overlay),
            action="look for a resource file that holds something else, such as a patch or a list of values",
        )


def is_named(one: Manifest) -> bool:
    """Whether it says what it is."""
    return bool(one.ref.api_version and one.ref.kind and one.ref.name)
