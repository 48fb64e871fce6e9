"""The one seam between the API server and the pure functions of schemas, field management and patches."""

from __future__ import annotations

from deployctl.sandbox.api.standin import track_update, validate_create, validate_update, with_defaults
from deployctl.sandbox.schema.kinds import Kind, builtin_kinds

__all__ = ["Kind", "builtin_kinds", "track_update", "validate_create", "validate_update", "with_defaults"]
