"""Options about pods that are in the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def removal_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --delete-stuck-pod and --remove-leftovers."""
    stuck = click.option(
        "--delete-stuck-pod", is_flag=True, help="Delete a StatefulSet's broken pod that blocks its update."
    )
    leftovers = click.option(
        "--remove-leftovers", is_flag=True, help="Remove failed and evicted pods that can stall a Recreate."
    )
    return stuck(leftovers(function))
