"""Which identities the surroundings offer, in the order in which they are tried, and what each lacks: pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from deployctl.model.errors import UsageError

Kind = Literal["secret", "certificate", "workload", "github", "managed-endpoint", "cli", "managed-imds"]

TENANT, CLIENT = "AZURE_TENANT_ID", "AZURE_CLIENT_ID"
NEEDS: Mapping[Kind, tuple[str, ...]] = {
    "secret": (TENANT, CLIENT, "AZURE_CLIENT_SECRET"),
    "certificate": (TENANT, CLIENT, "AZURE_CLIENT_CERTIFICATE_PATH"),
    "workload": (TENANT, CLIENT, "AZURE_FEDERATED_TOKEN_FILE"),
    "github": (TENANT, CLIENT, "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
}
NAMES: Mapping[Kind, str] = {
    "secret": "service principal with a secret",
    "certificate": "service principal with a certificate",
    "workload": "workload identity",
    "github": "GitHub OIDC",
    "managed-endpoint": "managed identity",
    "cli": "az login",
    "managed-imds": "managed identity of this machine",
}
ORDER: tuple[Kind, ...] = tuple(NAMES)
ALWAYS_ON_PURPOSE: frozenset[Kind] = frozenset(NEEDS)
MANAGED_ENDPOINTS = ("IDENTITY_ENDPOINT", "MSI_ENDPOINT")
CHOICES: Mapping[str, tuple[Kind, ...]] = {
    "secret": ("secret",),
    "certificate": ("certificate",),
    "workload": ("workload",),
    "github": ("github",),
    "managed": ("managed-endpoint", "managed-imds"),
    "cli": ("cli",),
    # the names that azure-identity knows in AZURE_TOKEN_CREDENTIALS
    "dev": ("cli",),
    "prod": ("secret", "certificate", "workload", "github", "managed-endpoint", "managed-imds"),
    "environmentcredential": ("secret", "certificate"),
    "workloadidentitycredential": ("workload",),
    "managedidentitycredential": ("managed-endpoint", "managed-imds"),
    "azureclicredential": ("cli",),
}


@dataclass(frozen=True)
class Candidate:
    """One identity that might be had."""

    kind: Kind
    lacks: str
    """Why it cannot be tried; empty when it can."""

    @property
    def name(self) -> str:
        return NAMES[self.kind]

    @property
    def on_purpose(self) -> bool:
        """Somebody configured just this one: when it is refused, another identity must not slip in."""
        return self.kind in ALWAYS_ON_PURPOSE


def chosen_kinds(choice: str) -> tuple[Kind, ...]:
    """The kinds that `--identity` or AZURE_TOKEN_CREDENTIALS allows; all when nothing was chosen. Raises UsageError."""
    if not choice:
        return ORDER
    found = CHOICES.get(choice.lower())
    if found is None:
        names = ", ".join(name for name in CHOICES if not name.endswith("credential"))
        raise UsageError(f"there is no Azure identity `{choice}`", action=f"choose one of: {names}")
    return found


def candidates(
    environ: Mapping[str, str], kinds: tuple[Kind, ...], on_path: Callable[[str], bool]
) -> tuple[Candidate, ...]:
    """What may be tried, in order. `on_path` tells whether a program is installed."""
    return tuple(Candidate(kind, _lacks(kind, environ, on_path)) for kind in ORDER if kind in kinds)


def _lacks(kind: Kind, environ: Mapping[str, str], on_path: Callable[[str], bool]) -> str:
    missing = [name for name in NEEDS.get(kind, ()) if not environ.get(name)]
    if missing:
        return f"{', '.join(missing)} not set"
    if kind == "managed-endpoint" and not any(environ.get(name) for name in MANAGED_ENDPOINTS):
        return f"{' and '.join(MANAGED_ENDPOINTS)} not set"
    if kind == "cli" and not on_path("az"):
        return "az is not installed"
    return ""
