"""The one seam between the API server and the pure functions of schemas, field management and patches."""

from __future__ import annotations

from deployctl.sandbox.api.standin import strict_problems, validate_create, validate_update, without_unknown
from deployctl.sandbox.fields import BadApply, Conflict, TypedPatchError, server_side_apply, track_update
from deployctl.sandbox.patches import PatchError, json_patch, merge_patch, strategic_merge
from deployctl.sandbox.schema.defaults import with_defaults
from deployctl.sandbox.schema.kinds import Kind, builtin_kinds

__all__ = [
    "BadApply", "Conflict", "Kind", "PatchError", "TypedPatchError", "builtin_kinds", "json_patch", "merge_patch",
    "server_side_apply", "strategic_merge", "strict_problems", "track_update", "validate_create", "validate_update",
    "with_defaults", "without_unknown",
]  # fmt: skip
