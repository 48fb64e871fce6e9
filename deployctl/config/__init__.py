"""deployctl.toml: found, checked key by key with the line in hand, and turned into the nouns of a release."""

from deployctl.config.load import load

__all__ = ["load"]
