"""Long-lived tokens: a Secret of type service-account-token is filled in by the server."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.store import clone

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

TYPE = "kubernetes.io/service-account-token"
_ACCOUNT = "kubernetes.io/service-account"


def fill(cluster: Cluster, secret: Object) -> None:
    """Add token, CA certificate and namespace; a secret whose account is not there goes, as in a real cluster."""
    metadata = secret["metadata"]
    name = (metadata.get("annotations") or {}).get(f"{_ACCOUNT}.name", "")
    if secret.get("type") != TYPE or "token" in (secret.get("data") or {}):
        return
    account = cluster.get("serviceaccounts", metadata["namespace"], name)
    if account is None:
        cluster.delete("secrets", metadata["namespace"], metadata["name"])
        return
    uid = account["metadata"]["uid"]
    bound = {"secret": {"name": metadata["name"], "uid": metadata["uid"]}}
    now = cluster.clock.now()
    token = cluster.tokens.sign(
        metadata["namespace"], name, uid, audiences=[], issued=now, expires=None, bound=bound
    )  # fmt: skip
    filled: Object = clone(secret)
    filled["metadata"]["annotations"][f"{_ACCOUNT}.uid"] = uid
    values = {"ca.crt": cluster.ca_certificate, "namespace": metadata["namespace"], "token": token}
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    filled["data"] = {**(filled.get("data") or {}), **encoded}
    cluster.update("secrets", filled, manager="kube-controller-manager")
