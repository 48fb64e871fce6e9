"""Gathering what a verification compares: registry, overlay on disk, live objects and running pods. Reads only."""

from __future__ import annotations

from deployctl.engine.images import version_of
from deployctl.engine.observe import render, scoped
from deployctl.engine.target import Target
from deployctl.model.image import Image, ImageFacts, parse_image
from deployctl.model.manifest import Manifest
from deployctl.model.service import Service
from deployctl.model.verify import Check


def _unused() -> None: ...
