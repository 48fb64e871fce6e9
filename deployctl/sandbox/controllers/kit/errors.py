"""Reading a refusal of the API server."""

from __future__ import annotations

from deployctl.sandbox.api.errors import ApiError


def is_already_exists(error: ApiError) -> bool:
    return error.reason == "AlreadyExists"


def is_namespace_terminating(error: ApiError) -> bool:
    """Every create in a namespace on its way out is refused; there is nothing to retry."""
    return any(cause.reason == "NamespaceTerminating" for cause in error.causes) or (
        error.code == 403 and "because it is being terminated" in error.message
    )
