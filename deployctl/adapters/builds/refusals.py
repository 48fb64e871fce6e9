"""What Azure Resource Manager can answer instead of doing it."""

from __future__ import annotations

from deployctl.adapters.builds.hints import hint
from deployctl.model.errors import Unavailable

ACTIONS = {
    400: "look at Azure's words above",
    401: "az login, or check which identity is used",
    403: "ask for the role `Container Registry Tasks Contributor` on the registry",
    404: "check `name`, `subscription` and `resource_group` under [registry]",
    429: "Azure throttles this subscription: wait a minute",
}


def _import_role(status: int, where: str) -> str:
    """Copying images needs another role than building them."""
    if status != 403 or not where.endswith("/importImage"):
        return ""
    return (
        "ask for the role `Container Registry Data Importer and Data Reader` on both registries; a new role takes"
        " some minutes"
    )


class ArmRefused(Unavailable):
    """Azure answered an error. `asker` is the identity that asked, named where that may be the reason."""

    def __init__(self, status: int, code: str, message: str, where: str, asker: str = "") -> None:
        identity = f"asked with the identity: {asker}" if asker and status in (401, 403) else ""
        super().__init__(
            f"Azure answered HTTP {status} {code}".strip(),
            where=where,
            evidence=tuple(filter(None, (message, identity))),
            action=_import_role(status, where) or hint(code, message) or ACTIONS.get(status, "try again"),
        )
        self.status = status
        self.code = code
        self.message = message


class Ambiguous(Unavailable):
    """A call that must not be repeated got no usable answer: it may have been carried out."""
