"""Rendering overlays by kustomize itself, as kubectl brings it."""

from deployctl.adapters.kustomize.renderer import KustomizeRenderer

__all__ = ["KustomizeRenderer"]
