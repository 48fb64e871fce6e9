"""How deployctl names itself to servers, so that their logs and audit trails can tell it."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def user_agent() -> str:
    """Such as `deployctl/0.1.0`."""
    try:
        return f"deployctl/{version('deployctl')}"
    except PackageNotFoundError:
        return "deployctl"
