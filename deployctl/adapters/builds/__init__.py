"""Builders: `factory.make_builder` makes the ImageBuilder port, or none."""

from deployctl.adapters.builds.factory import make_builder

__all__ = ["make_builder"]
