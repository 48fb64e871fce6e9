"""What a person or a CI job asked for, parsed from the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deployctl.model.release import ReleasedImage


@dataclass(frozen=True)
class ReleaseRequest:
    """A release, or a rollback to recorded images; everything that planning needs to know of the asker."""

    services: tuple[str, ...]
    """Names; never empty."""
    version: str = ""
    """For every named service; empty: from each service's version file."""
    restart: bool = False
    skip_build: bool = False
    accept_collateral: bool = False
    commit: bool = False
    rebuild: bool = False
    """Build a tag anew that exists, and replace it."""
    git_clean: bool = False
    """Refuse to build from a tree that git does not know as it is."""
    delete_stuck_pod: bool = False
    """Delete a StatefulSet's broken pod where it blocks the update; never without being asked."""
    remove_leftovers: bool = False
    """Remove failed and evicted pods of workloads that are recreated."""
    operation: Literal["release", "rollback"] = "release"
    recorded: tuple[ReleasedImage, ...] = ()
    """For a rollback: the images to go back to, as a release recorded them."""

    def recorded_image(self, service: str) -> ReleasedImage | None:
        """The image to go back to; None in a release."""
        return next((image for image in self.recorded if image.service == service), None)
