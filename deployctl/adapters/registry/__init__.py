"""Registries: `factory.make_registry` makes the Registry port."""

from deployctl.adapters.registry.factory import make_registry

__all__ = ["make_registry"]
