"""No Azure identity: which were tried, and what each lacked."""

from __future__ import annotations

from deployctl.model.errors import Unavailable

ACTION = (
    "az login; in CI set AZURE_TENANT_ID and AZURE_CLIENT_ID with AZURE_CLIENT_SECRET, or in GitHub Actions"
    " `permissions: id-token: write`"
)


class IdentityUnavailable(Unavailable):
    """None of the identities gave a token. Holds no token, no secret."""

    def __init__(self, what: str, tried: tuple[str, ...], *, action: str = ACTION) -> None:
        super().__init__(what, where="Azure", evidence=tried, action=action)
        self.tried = tried
