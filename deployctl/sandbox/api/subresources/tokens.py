"""TokenRequest: a short-lived token for a service account."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from deployctl.sandbox.api.auth.tokens import ISSUER
from deployctl.sandbox.api.errors import Resource, invalid, not_found
from deployctl.sandbox.api.http.call import Call, Reply
from deployctl.sandbox.api.http.codec import decoded
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.api.strategy import timestamp
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

_HOUR, _LEAST, _MOST = 3600, 600, 1 << 32


def create(cluster: Cluster, kind: Kind, call: Call) -> Reply:
    """Raises ApiError: 404 without the account, 422 for a life that is too short or too long."""
    info, body = call.info, decoded(call)
    account = cluster.live(kind, info.namespace, info.name)
    if account is None:
        raise not_found(resource_of(kind), info.name)
    spec = dict(body.get("spec") or {})
    spec["audiences"] = spec.get("audiences") or [ISSUER]
    spec["expirationSeconds"] = _life(spec.get("expirationSeconds"))
    spec.setdefault("boundObjectRef", None)
    _check_bound(cluster, info.namespace, spec["boundObjectRef"])
    now = cluster.clock.now()
    expires = now + timedelta(seconds=spec["expirationSeconds"])
    token = cluster.tokens.sign(
        info.namespace, info.name, account["metadata"]["uid"], audiences=spec["audiences"], issued=now,
        expires=expires, bound=_bound(spec.get("boundObjectRef")),
    )  # fmt: skip
    metadata = {
        "name": info.name,
        "namespace": info.namespace,
        "uid": account["metadata"]["uid"],
        "creationTimestamp": timestamp(now),
    }
    status = {"token": token, "expirationTimestamp": timestamp(expires)}
    head: Object = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1"}
    return Reply.of({**head, "metadata": metadata, "spec": spec, "status": status}, 201)


def _life(seconds: int | None) -> int:
    life = _HOUR if seconds is None else seconds
    if _LEAST <= life <= _MOST:
        return life
    why = (
        "may not specify a duration less than 10 minutes"
        if life < _LEAST
        else "may not specify a duration larger than 2^32 seconds"
    )
    cause = Cause("FieldValueInvalid", f"Invalid value: {life}: {why}", "spec.expirationSeconds")
    raise invalid(Resource("authentication.k8s.io", "tokenrequests", "TokenRequest"), "", [cause])


_BOUND = {"Pod": "pods", "Secret": "secrets", "Node": "nodes"}


def _check_bound(cluster: Cluster, namespace: str, reference: Object | None) -> None:
    """Raises ApiError 404 when what a token is to be bound to is not there."""
    resource = _BOUND.get((reference or {}).get("kind", ""))
    if reference and resource and cluster.get(resource, namespace, reference.get("name", "")) is None:
        raise not_found(Resource("", resource), reference.get("name", ""))


def _bound(reference: Object | None) -> Object | None:
    if not reference:
        return None
    return {reference["kind"].lower(): {"name": reference.get("name", ""), "uid": reference.get("uid", "")}}
