"""Who owns which field: managedFields, server-side apply and the tracking of updates. Pure.

from deployctl.sandbox.fields import server_side_apply, track_update, Conflict, TypedPatchError
"""

from deployctl.sandbox.fields.apply import server_side_apply
from deployctl.sandbox.fields.errors import BadApply, Conflict, Ownership, TypedPatchError
from deployctl.sandbox.fields.update import track_update

__all__ = ["BadApply", "Conflict", "Ownership", "TypedPatchError", "server_side_apply", "track_update"]
