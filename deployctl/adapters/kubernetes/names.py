"""Names and label values for the objects that deployctl keeps in the cluster."""

from __future__ import annotations

import hashlib
import re

LABEL = "deployctl.dev"


def slug(text: str) -> str:
    """As a part of an object's name (RFC 1123): lower case, digits, dashes. What had to be changed gets a short hash,
    so that `a_b` and `a-b` stay two."""
    clean = re.sub(r"[^a-z0-9-]+", "-", text.lower()).strip("-")[:40] or "x"
    return clean if clean == text else f"{clean}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"


def label_value(text: str) -> str:
    """As a label's value: at most 63 letters, digits, dots, dashes and underscores, a letter or digit at both ends."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", text)[:63].strip("._-")


def lease_name(environment: str) -> str:
    return f"deployctl-{slug(environment)}"


def record_name(environment: str, number: int) -> str:
    return f"deployctl-release-{slug(environment)}-{number:05d}"
