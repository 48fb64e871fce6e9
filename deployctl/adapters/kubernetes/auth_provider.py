"""Tokens of a kubeconfig's `auth-provider` (oidc, gcp), by the kubernetes package, which also refreshes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kubernetes.client import Configuration
from kubernetes.config.config_exception import ConfigException
from kubernetes.config.kube_config import KubeConfigLoader

from deployctl.adapters.kubernetes.kubeconfig import Context
from deployctl.model.errors import Unavailable
from deployctl.model.json import text


def provided(context: Context, token: str) -> Callable[[], str]:
    """The Authorization header of each moment; `token` is the entry's other one, for a provider that gives none.

    Raises Unavailable when no credential comes of it, ValueError for an entry that cannot work.
    """
    configuration: Any = Configuration()
    loader: Any = KubeConfigLoader  # its functions have no annotations
    try:
        loader(_as_kubeconfig(context, token)).load_and_set(configuration)
    except ConfigException as error:
        raise ValueError(str(error)) from error
    # Some providers fail by giving nothing at all; requests would go out anonymous.
    if not configuration.auth_settings() and not context.user.keys() & {
        "client-certificate",
        "client-certificate-data",
    }:
        raise Unavailable(
            f"the auth provider {text(context.user, 'auth-provider', 'name')!r} of the kubeconfig gave no credential",
            where=f"context {context.name}, user {context.user_name}",
            action="log in again with your provider's own tool",
        )
    return lambda: str(configuration.auth_settings().get("BearerToken", {}).get("value") or "")


def _as_kubeconfig(context: Context, token: str) -> dict[str, Any]:
    """The one user as a kubeconfig of its own, with nothing that the connection itself shows or runs."""
    user = {name: context.user[name] for name in ("auth-provider", "username", "password") if name in context.user}
    return {
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "clusters": [{"name": "it", "cluster": {"server": context.server}}],
        "users": [{"name": "it", "user": {**user, **({"token": token} if token else {})}}],
    }
