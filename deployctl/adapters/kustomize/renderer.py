"""The `Renderer` port: an overlay as kustomize, the reference implementation, builds it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from deployctl.adapters.kustomize.documents import read_documents
from deployctl.adapters.kustomize.shadow import shadow_tree
from deployctl.adapters.kustomize.tool import render_command
from deployctl.model.errors import Refused, UsageError
from deployctl.ports import Rendered

TIMEOUT = 120.0
"""Seconds; an overlay may name remote bases."""


class KustomizeRenderer:
    """Renders overlays below one root; edits lie below it, too."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def render(self, overlay: Path, flags: tuple[str, ...], edits: Mapping[Path, str]) -> Rendered:
        real = overlay.resolve()
        if not edits:
            return self._build(real, flags, real)
        inside = {path.resolve(): text for path, text in edits.items()}
        outside = [path for path in (*inside, real) if not path.is_relative_to(self._root)]
        if outside:
            raise UsageError(
                "the overlay lies outside the project, so its bump cannot be planned",
                where=str(outside[0]),
                action=f"move the configuration to a folder above it (now: {self._root})",
            )
        with shadow_tree(self._root, inside) as shadow:
            return self._build(shadow / real.relative_to(self._root), flags, real, shadow)

    def _build(self, folder: Path, flags: tuple[str, ...], shown: Path, shadow: Path | None = None) -> Rendered:
        command = [*render_command(), *flags, str(folder)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=TIMEOUT, check=False, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired as error:
            raise Refused(
                f"kustomize did not end in {TIMEOUT:g} s",
                where=str(shown),
                action="look for remote bases that this machine cannot reach",
            ) from error
        said = self._said(done.stderr, shadow)
        if done.returncode != 0:
            raise Refused(
                "the overlay does not render",
                where=str(shown),
                evidence=said,
                action=_advice(said, flags) or " ".join(("kubectl kustomize", *flags, str(shown))),
            )
        return Rendered(read_documents(done.stdout, str(shown)), said)

    def _said(self, stderr: str, shadow: Path | None) -> tuple[str, ...]:
        """kustomize's lines, with the user's own paths in them rather than the shadow's."""
        own = stderr.replace(str(shadow), str(self._root)) if shadow else stderr
        return tuple(line.removeprefix("# ").strip() for line in own.splitlines() if line.strip())


def _advice(said: tuple[str, ...], flags: tuple[str, ...]) -> str:
    restricted = any("security; file" in line or "is not in or below" in line for line in said)
    if restricted and not any("LoadRestrictionsNone" in flag for flag in flags):
        return 'set kustomize_flags = ["--load-restrictor=LoadRestrictionsNone"] in the environment'
    return ""
