"""The overlay's new text, as it would be written."""

from __future__ import annotations

from pathlib import Path

from deployctl.engine.target import Target
from deployctl.model.change import FileEdit
from deployctl.model.snapshot import ServiceFacts
from deployctl.overlay import edit_overlay


def bump_edits(target: Target, services: tuple[ServiceFacts, ...]) -> tuple[FileEdit, ...]:
    """One edit of the overlay's kustomization for all services; its texts are equal when nothing changes.

    Raises Refused when an entry is missing or cannot be edited alone.
    """
    files = target.ports.files

    def read(path: Path) -> str | None:
        return files.read(path) if files.exists(path) else None

    wanted = tuple((facts.service.image, facts.found.image if facts.found else facts.image) for facts in services)
    return (edit_overlay(target.environment.overlay, target.project.root, wanted, read),)
