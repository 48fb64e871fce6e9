"""A kustomization's `images:` entries, as they are read and rewritten."""

from __future__ import annotations

from dataclasses import dataclass

KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""What a kustomization file may be called, in kustomize's own order; two of them in a folder are an error there."""


@dataclass(frozen=True)
class ImageEntry:
    """One entry under `images:`; empty text where it says nothing."""

    name: str
    """What it matches: the image's name in the resources."""
    new_name: str = ""
    new_tag: str = ""
    digest: str = ""
    line: int = 0
    """1-based."""

    @property
    def target(self) -> str:
        """The name that it gives to the images it matches."""
        return self.new_name or self.name
