"""What a registry answers when it does not do what was asked: the distribution specification's error document."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class RegistryError(Exception):
    """An HTTP status with one OCI error. `headers` go with it (a challenge, Retry-After)."""

    status: int
    code: str
    message: str
    detail: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The body that clients parse."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.detail is not None:
            error["detail"] = self.detail
        return {"errors": [error]}


def blob_unknown(digest: str) -> RegistryError:
    """404: no such blob in this repository."""
    return RegistryError(404, "BLOB_UNKNOWN", "blob unknown to registry", {"Digest": digest})


def manifest_unknown(reference: str) -> RegistryError:
    """404: no such tag or digest."""
    if reference.startswith("sha256:"):
        return RegistryError(404, "MANIFEST_UNKNOWN", "manifest unknown", {"Revision": reference})
    message = f'manifest tagged by "{reference}" is not found'
    return RegistryError(404, "MANIFEST_UNKNOWN", message, {"Tag": reference})


def name_unknown(name: str) -> RegistryError:
    """404: no such repository."""
    return RegistryError(404, "NAME_UNKNOWN", "repository name not known to registry", {"name": name})


def digest_invalid(digest: str) -> RegistryError:
    """400: the content has another digest, or it is none."""
    return RegistryError(400, "DIGEST_INVALID", "provided digest did not match uploaded content", {"Digest": digest})


def locked(what: str) -> RegistryError:
    """405: ACR's answer to a write or delete that an attribute forbids."""
    return RegistryError(
        405, "UNSUPPORTED", f"The operation is disallowed on this registry, repository or image: {what}"
    )
