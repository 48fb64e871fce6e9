"""The table that `scripts/openapi-table` made from a real API server, read on first use."""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def _table() -> dict[str, Any]:
    packed = resources.files(__package__).joinpath("data/table.json.gz").read_bytes()
    table: dict[str, Any] = json.loads(gzip.decompress(packed))
    return table


def schemas() -> dict[str, Any]:
    """OpenAPI v3 schemas by name, without descriptions. Not to be changed."""
    found: dict[str, Any] = _table()["schemas"]
    return found


def kind_rows() -> list[list[Any]]:
    """Rows as the docstring of `scripts/openapi-table` names them."""
    rows: list[list[Any]] = _table()["kinds"]
    return rows
