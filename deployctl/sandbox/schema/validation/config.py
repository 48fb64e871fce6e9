"""ConfigMap, Secret, ServiceAccount."""

from __future__ import annotations

import base64
from collections.abc import Callable

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema import go_json
from deployctl.sandbox.schema.validation import names
from deployctl.sandbox.schema.validation.cause import (
    At,
    Causes,
    Struct,
    each_invalid,
    forbidden,
    invalid,
    required,
    too_long,
)

_MOST_BYTES = 1024 * 1024
_IMMUTABLE = "field is immutable when `immutable` is set"
_ACCOUNT = "kubernetes.io/service-account.name"


def config_map(obj: Object) -> Causes:
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    for key in data:
        yield from each_invalid(At("data")[key], key, names.config_key(key))
        if key in binary:
            yield invalid(At("data")[key], key, "duplicate of key present in binaryData")
    for key in binary:
        yield from each_invalid(At("binaryData")[key], key, names.config_key(key))
    size = sum(len(v.encode()) for v in data.values()) + sum(len(base64.b64decode(v)) for v in binary.values())
    if size > _MOST_BYTES:
        yield too_long(At(""), _MOST_BYTES)


def secret(obj: Object) -> Causes:
    data = obj.get("data") or {}
    for key in data:
        yield from each_invalid(At("data")[key], key, names.config_key(key))
    if sum(len(base64.b64decode(v or "")) for v in data.values()) > _MOST_BYTES:
        yield too_long(At("data"), _MOST_BYTES)
    check = _BY_TYPE.get(obj.get("type", ""))
    if check:
        yield from check(obj, data)


def _docker(key: str) -> Callable[[Object, Struct], Causes]:
    def check(_: Object, data: Struct) -> Causes:
        if key not in data:
            yield required(At("data")[key])
            return
        wrong = go_json.object_fault(base64.b64decode(data[key] or ""))
        if wrong:
            yield invalid(At("data")[key], "<secret contents redacted>", wrong)

    return check


def _basic(_: Object, data: Struct) -> Causes:
    if "username" not in data and "password" not in data:
        yield required(At("data")["username"])
        yield required(At("data")["password"])


def _ssh(_: Object, data: Struct) -> Causes:
    if not data.get("ssh-privatekey"):
        yield required(At("data")["ssh-privatekey"])


def _tls(_: Object, data: Struct) -> Causes:
    for key in ("tls.crt", "tls.key"):
        if key not in data:
            yield required(At("data")[key])


def _token(obj: Object, _: Struct) -> Causes:
    if not ((obj.get("metadata") or {}).get("annotations") or {}).get(_ACCOUNT):
        yield required(At("metadata.annotations")[_ACCOUNT])


_BY_TYPE: dict[str, Callable[[Object, Struct], Causes]] = {
    "kubernetes.io/dockerconfigjson": _docker(".dockerconfigjson"),
    "kubernetes.io/dockercfg": _docker(".dockercfg"),
    "kubernetes.io/basic-auth": _basic,
    "kubernetes.io/ssh-auth": _ssh,
    "kubernetes.io/tls": _tls,
    "kubernetes.io/service-account-token": _token,
}


def frozen(old: Object, new: Object) -> Causes:
    """What `immutable: true` forbids; it cannot be taken back either."""
    if not old.get("immutable"):
        return
    if not new.get("immutable"):
        yield forbidden(At("immutable"), _IMMUTABLE)
    for field in ("data", "binaryData"):
        if (old.get(field) or {}) != (new.get(field) or {}):
            yield forbidden(At(field), _IMMUTABLE)


def secret_updated(old: Object, new: Object) -> Causes:
    if old.get("type") != new.get("type"):
        yield invalid(At("type"), new.get("type"), "field is immutable")
    yield from frozen(old, new)
