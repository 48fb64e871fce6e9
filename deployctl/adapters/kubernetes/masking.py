"""Keeping the values of Secrets out of what the API server says about objects."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable

from deployctl.model.json import Json, mapping
from deployctl.model.manifest import Manifest
from deployctl.model.rules.masking import MASK

SHORTEST = 4
"""Characters; a shorter value would blot out ordinary words, and is not quoted for Secrets anyway."""
LONGEST = 120
"""Characters of an invalid value that are shown; a Job's whole pod template is no help, and holds its environment."""
QUOTED = ("Invalid value: ", "Unsupported value: ", "Duplicate value: ", "Too long: may not be more than ")


def secret_values(manifests: Iterable[Manifest]) -> frozenset[str]:
    """What must not be shown: every value of every Secret, as written, decoded and encoded."""
    found: set[str] = set()
    for manifest in manifests:
        if manifest.is_secret:
            found |= _values(manifest.body)
    return frozenset(value for value in found if len(value) >= SHORTEST)


def without_quoted_values(words: str, *, all_values: bool) -> str:
    """A validation message with its quoted values left out: all of them, or those too long to be of use."""
    for marker in QUOTED:
        start = words.find(marker)
        while start >= 0:
            start += len(marker)
            end = _value_end(words, start)
            if all_values or end - start > LONGEST:
                words = words[:start] + (MASK if all_values else "…") + words[end:]
                end = start
            start = words.find(marker, end)
    return words


def _value_end(words: str, start: int) -> int:
    """Where the JSON value that starts here ends; a value that is not JSON ends at the next colon."""
    try:
        return json.JSONDecoder().raw_decode(words, start)[1]
    except ValueError:
        end = words.find(": ", start)
        return end if end >= 0 else len(words)


def _values(body: Json) -> set[str]:
    plain = {str(v) for v in mapping(body, "stringData").values()}
    encoded = {str(v) for v in mapping(body, "data").values()}
    both = plain | encoded | {base64.b64encode(v.encode()).decode() for v in plain} | {_decoded(v) for v in encoded}
    return {form for value in both for part in (value, value.strip()) for form in (part, json.dumps(part)[1:-1])}


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return value
