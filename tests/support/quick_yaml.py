"""YAML of fixtures, read by libyaml where PyYAML has it: ten times as fast, the same values."""

from __future__ import annotations

from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def documents(text: str) -> list[Any]:
    return list(yaml.load_all(text, LOADER))


def document(text: str) -> Any:
    return yaml.load(text, LOADER)
