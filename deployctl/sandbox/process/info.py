"""What clients need to know of a running sandbox; kept as `sandbox.json` in its state folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FILE = "sandbox.json"


@dataclass(frozen=True)
class RegistryInfo:
    """A registry: manifests name it by `host`, clients reach it at `endpoint` (`localhost:PORT`)."""

    host: str
    endpoint: str
    url: str
    name: str
    challenge: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class AzureInfo:
    """Entra and Azure Resource Manager, and a service principal that may do everything."""

    authority: str
    management: str
    tenant: str
    subscription: str
    resource_group: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class SandboxInfo:
    """Addresses, files and credentials of one sandbox. Everything listens on 127.0.0.1."""

    scenario: str
    state: Path
    pid: int
    kubeconfig: Path
    context: str
    api_url: str
    token: str = field(repr=False)
    ca_file: Path
    """The sandbox's authority alone."""
    bundle_file: Path
    """The public authorities and the sandbox's, for SSL_CERT_FILE."""
    registries: tuple[RegistryInfo, ...]
    azure: AzureInfo
    ingress_http_port: int
    ingress_https_port: int
    control_url: str
    control_token: str = field(repr=False)
    log_file: Path

    @property
    def registry(self) -> RegistryInfo:
        """The first one, which scenarios keep for the images of the system under release."""
        return self.registries[0]

    def environment(self) -> dict[str, str]:
        """Variables with which kubectl, curl, Python, azure-identity and deployctl find the sandbox."""
        return {
            "KUBECONFIG": str(self.kubeconfig),
            "SSL_CERT_FILE": str(self.bundle_file),
            "REQUESTS_CA_BUNDLE": str(self.bundle_file),
            "CURL_CA_BUNDLE": str(self.bundle_file),
            "AZURE_AUTHORITY_HOST": self.azure.authority,
            "AZURE_TENANT_ID": self.azure.tenant,
            "AZURE_CLIENT_ID": self.azure.client_id,
            "AZURE_CLIENT_SECRET": self.azure.client_secret,
            "DEPLOYCTL_SANDBOX": str(self.state),
            "DEPLOYCTL_SANDBOX_API": self.api_url,
            "DEPLOYCTL_SANDBOX_CA": str(self.ca_file),
            "DEPLOYCTL_SANDBOX_REGISTRY": self.registry.endpoint,
            "DEPLOYCTL_SANDBOX_REGISTRY_HOST": self.registry.host,
            "DEPLOYCTL_SANDBOX_REGISTRY_USER": self.registry.username,
            "DEPLOYCTL_SANDBOX_REGISTRY_PASSWORD": self.registry.password,
            "DEPLOYCTL_SANDBOX_ARM": self.azure.management,
            "DEPLOYCTL_SANDBOX_SUBSCRIPTION": self.azure.subscription,
            "DEPLOYCTL_SANDBOX_RESOURCE_GROUP": self.azure.resource_group,
            "DEPLOYCTL_SANDBOX_INGRESS_HTTP": f"127.0.0.1:{self.ingress_http_port}",
            "DEPLOYCTL_SANDBOX_INGRESS_HTTPS": f"127.0.0.1:{self.ingress_https_port}",
            "DEPLOYCTL_SANDBOX_CONTROL": self.control_url,
            **self.overrides(),
        }

    def overrides(self) -> dict[str, str]:
        """Variables that point an environment of a deployctl.toml here, whatever its file says: the same tree that
        releases to production rehearses."""
        return {
            "DEPLOYCTL_KUBECONFIG": str(self.kubeconfig),
            "DEPLOYCTL_CONTEXT": self.context,
            "DEPLOYCTL_API_SERVER": self.api_url,
            "DEPLOYCTL_CONNECT_TO": ",".join(
                f"{scheme}=127.0.0.1:{port}"
                for scheme, port in (("http", self.ingress_http_port), ("https", self.ingress_https_port))
            ),
            "DEPLOYCTL_CA_FILE": str(self.bundle_file),
            "DEPLOYCTL_REGISTRY_ENDPOINT": self.registry.endpoint,
            "DEPLOYCTL_REGISTRY_CA_FILE": str(self.bundle_file),
            "DEPLOYCTL_ARM_ENDPOINT": self.azure.management,
            "DEPLOYCTL_AUTHORITY": self.azure.authority,
            "DEPLOYCTL_SUBSCRIPTION": self.azure.subscription,
            "DEPLOYCTL_RESOURCE_GROUP": self.azure.resource_group,
            **self._registry_login(),
        }

    def _registry_login(self) -> dict[str, str]:
        """For a registry that Azure's identities cannot open: in production docker's own login would do."""
        if self.registry.name or not self.registry.username:
            return {}
        return {
            "DEPLOYCTL_REGISTRY_USERNAME": self.registry.username,
            "DEPLOYCTL_REGISTRY_PASSWORD": self.registry.password,
        }


def write(info: SandboxInfo) -> None:
    """Into its state folder, for the owner only: it holds credentials."""
    file = info.state / FILE
    fresh = file.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(asdict(info), indent=2, default=str) + "\n", encoding="utf-8")
    fresh.replace(file)


def read(state: Path) -> SandboxInfo | None:
    """What a sandbox wrote there, None when there is none."""
    try:
        value: dict[str, Any] = json.loads((state / FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return None
    return _from(value)


def _from(value: Mapping[str, Any]) -> SandboxInfo:
    paths = {key: Path(value[key]) for key in ("state", "kubeconfig", "ca_file", "bundle_file", "log_file")}
    registries = tuple(RegistryInfo(**entry) for entry in value["registries"])
    return SandboxInfo(**{**value, **paths, "registries": registries, "azure": AzureInfo(**value["azure"])})
