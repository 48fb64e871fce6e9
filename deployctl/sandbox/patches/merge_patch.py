"""JSON merge patch (RFC 7386)."""

from __future__ import annotations

import copy
from typing import Any

from deployctl.sandbox.patches.errors import GO_MAP, PatchError, not_decoded


def merge_patch(doc: Any, patch: Any) -> Any:
    """The patched copy of `doc`. Raises PatchError (400) when the patch is no object."""
    if isinstance(patch, dict):
        return _merged(copy.deepcopy(doc), patch)
    if patch is None:
        raise PatchError(400, "Invalid JSON Patch")
    raise PatchError(400, not_decoded(patch, GO_MAP))


def _merged(doc: Any, patch: Any) -> Any:
    if not isinstance(doc, dict) or not isinstance(patch, dict):
        return without_nulls(patch)
    for key, value in patch.items():
        if value is None:
            doc.pop(key, None)
        else:
            doc[key] = _merged(doc.get(key), value)
    return doc


def without_nulls(value: Any) -> Any:
    """A copy without the null members of objects; nulls in lists stay."""
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    return [without_nulls(v) for v in value] if isinstance(value, list) else value
