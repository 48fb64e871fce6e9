"""An authenticated connection pool to one API server, made from one context of a kubeconfig."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployctl.adapters.kubernetes.exec_plugin import ExecCredential, run_plugin
from deployctl.adapters.kubernetes.kubeconfig import Context
from deployctl.model.errors import Unavailable, UsageError
from deployctl.model.json import mapping, text

if TYPE_CHECKING:
    import urllib3

POOL_SIZE = 48
"""Connections kept open; more than are ever used at once (an observation's readings side by side), for urllib3 warns on
standard error of each that it must throw away."""
EARLY = timedelta(seconds=20)
"""How long before its end a credential counts as expired."""


@dataclass(frozen=True)
class Session:
    """Where to send requests and how to authenticate them. No credential is in its repr."""

    server: str
    pool: urllib3.PoolManager
    configuration: Any
    client_certificate: Path | None
    expires: datetime | None

    def __repr__(self) -> str:
        return f"Session({self.server!r})"

    def authorization(self) -> str:
        """The Authorization header; empty with a client certificate. May refresh an OIDC token."""
        setting = self.configuration.auth_settings().get("BearerToken", {})
        return str(setting.get("value") or "")

    def expired(self, now: datetime) -> bool:
        return self.expires is not None and now >= self.expires - EARLY

    def close(self) -> None:
        self.pool.clear()


def open_session(context: Context, environ: Mapping[str, str]) -> Session:
    """Authenticate. Raises Unavailable when no credential comes of it, UsageError for a kubeconfig that cannot work."""
    from kubernetes.client import Configuration  # noqa: PLC0415 - costs 0.2 s, and only this needs it
    from kubernetes.client.rest import RESTClientObject  # noqa: PLC0415 - as above
    from kubernetes.config.config_exception import ConfigException  # noqa: PLC0415 - as above
    from kubernetes.config.kube_config import KubeConfigLoader  # noqa: PLC0415 - as above

    credential = _exec_credential(context, environ)
    configuration = Configuration()
    configuration.connection_pool_maxsize = POOL_SIZE
    try:
        loader: Any = KubeConfigLoader  # its functions have no annotations
        loader(_as_kubeconfig(context, credential)).load_and_set(configuration)
        rest = RESTClientObject(configuration)
    except (ConfigException, OSError, ValueError) as error:
        raise UsageError(
            "the kubeconfig's credentials cannot be used",
            where=f"context {context.name}",
            evidence=(str(error),),
            action="write the kubeconfig anew, as your provider's documentation says",
        ) from error
    _check_credential(context, configuration)
    certificate = Path(configuration.cert_file) if configuration.cert_file else None
    expires = credential.expires if credential else None
    return Session(context.server, rest.pool_manager, configuration, certificate, expires)


def _exec_credential(context: Context, environ: Mapping[str, str]) -> ExecCredential | None:
    """A token in the kubeconfig goes before the plugin, as for kubectl."""
    spec = mapping(context.user, "exec")
    if not spec or text(context.user, "token") or text(context.user, "tokenFile"):
        return None
    return run_plugin(spec, context.user_folder, context.cluster, environ)


def _check_credential(context: Context, configuration: Any) -> None:
    """Some providers of a kubeconfig fail by giving nothing at all; requests would go out anonymous."""
    given = configuration.auth_settings() or configuration.cert_file
    provider = text(context.user, "auth-provider", "name")
    if provider and not given:
        raise Unavailable(
            f"the auth provider {provider!r} of the kubeconfig gave no credential",
            where=f"context {context.name}, user {context.user_name}",
            action="log in again with your provider's own tool",
        )


def _as_kubeconfig(context: Context, credential: ExecCredential | None) -> dict[str, Any]:
    """The one context as a kubeconfig of its own, paths made absolute and the plugin replaced by what it gave."""
    cluster = _absolute(context.cluster, context.cluster_folder, ("certificate-authority",))
    user = _absolute(context.user, context.user_folder, ("client-certificate", "client-key", "tokenFile"))
    user.pop("exec", None)
    if credential and credential.token:
        user["token"] = credential.token
    if credential and credential.certificate:
        user["client-certificate-data"] = base64.b64encode(credential.certificate.encode()).decode()
        user["client-key-data"] = base64.b64encode(credential.key.encode()).decode()
    return {
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "clusters": [{"name": "it", "cluster": cluster}],
        "users": [{"name": "it", "user": user}],
    }


def _absolute(entry: Mapping[str, Any], folder: Path, keys: tuple[str, ...]) -> dict[str, Any]:
    return {k: str(folder.absolute() / v) if k in keys and isinstance(v, str) else v for k, v in entry.items()}
