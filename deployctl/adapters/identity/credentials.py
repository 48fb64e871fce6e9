"""From a candidate to a credential of azure-identity, which is imported only here and only then."""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from deployctl.adapters.identity.candidates import CLIENT, TENANT, Kind
from deployctl.adapters.identity.github import github_assertion
from deployctl.adapters.transport import Transport

PUBLIC_AUTHORITIES = frozenset(
    {
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.chinacloudapi.cn",
        "login.partner.microsoftonline.cn",
    }
)
IMDS = ("169.254.169.254", 80)
IMDS_PATIENCE = 0.5
"""Seconds: the address is on the machine's own host when there is one at all."""
CLI_TIMEOUT = 20


class TokenSource(Protocol):
    """What azure-identity's credentials share."""

    def get_token(self, *scopes: str, **options: Any) -> Any: ...


@dataclass(frozen=True)
class Surroundings:
    """Where credentials look: variables, the authority to ask, and how to reach it."""

    environ: Mapping[str, str]
    authority: str
    ca_file: Path | None
    transport: Transport

    def options(self) -> dict[str, Any]:
        """Keyword arguments that every credential with an authority takes."""
        from deployctl.adapters.azure_transport import azure_transport  # noqa: PLC0415 - loads azure-core

        host = self.authority.removeprefix("https://").rstrip("/")
        options: dict[str, Any] = {"authority": f"https://{host}", "retry_total": 2}
        if host in PUBLIC_AUTHORITIES:
            return {**options, "transport": azure_transport(connection_timeout=10, read_timeout=30)}
        # A rehearsal's: the public cloud knows nothing of it.
        own = azure_transport(connection_timeout=10, read_timeout=30, ca_file=self.ca_file)
        return {**options, "transport": own, "disable_instance_discovery": True}


def credential(kind: Kind, around: Surroundings) -> TokenSource:
    """The credential of a candidate that lacks nothing. Raises ValueError, OSError for unusable settings."""
    from azure import identity  # noqa: PLC0415 - 150 ms that only a run with Azure should pay

    for library in ("azure", "msal"):  # they warn on standard error of what our own error says
        logging.getLogger(library).addHandler(logging.NullHandler())
    env, options = around.environ, around.options()
    tenant, client = env.get(TENANT, ""), env.get(CLIENT, "")
    if kind == "secret":
        return identity.ClientSecretCredential(tenant, client, env["AZURE_CLIENT_SECRET"], **options)
    if kind == "certificate":
        password = env.get("AZURE_CLIENT_CERTIFICATE_PASSWORD") or None
        path = env["AZURE_CLIENT_CERTIFICATE_PATH"]
        return identity.CertificateCredential(tenant, client, path, password=password, **options)
    if kind == "workload":
        return identity.WorkloadIdentityCredential(
            tenant_id=tenant, client_id=client, token_file_path=env["AZURE_FEDERATED_TOKEN_FILE"], **options
        )
    if kind == "github":
        return identity.ClientAssertionCredential(tenant, client, github_assertion(env, around.transport), **options)
    if kind == "cli":
        return identity.AzureCliCredential(tenant_id=tenant, process_timeout=CLI_TIMEOUT)
    return identity.ManagedIdentityCredential(client_id=client or None, retry_total=2)


def imds_answers() -> bool:
    """Whether this machine has Azure's metadata service; asked before azure-identity waits long for it."""
    try:
        with socket.create_connection(IMDS, IMDS_PATIENCE):
            return True
    except OSError:
        return False
