"""By which field the API server tells a list's elements apart, so that a diff pairs what belongs together."""

from __future__ import annotations

from deployctl.model.json import Json

_KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "containers": (("name",),),
    "initContainers": (("name",),),
    "ephemeralContainers": (("name",),),
    "env": (("name",),),
    "volumes": (("name",),),
    "imagePullSecrets": (("name",),),
    "volumeMounts": (("mountPath",),),
    "volumeDevices": (("devicePath",),),
    "volumeClaimTemplates": (("metadata.name",),),
    "hostAliases": (("ip",),),
    "ownerReferences": (("uid",),),
    "conditions": (("type",),),
    "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"),),
    "subjects": (("kind", "namespace", "name"), ("kind", "name")),
    "secrets": (("name",),),
    "tls": (("secretName",),),
    "paths": (("path", "pathType"), ("path",)),
    "rules": (("host",),),
    "webhooks": (("name",),),
    "versions": (("name",),),
    "items": (("key",),),
    "metrics": (("type", "resource.name"),),
    "resourceClaims": (("name",),),
    "schedulingGates": (("name",),),
}
"""Lists of Kubernetes' own kinds that are maps by their merge key (openapi: x-kubernetes-list-map-keys,
x-kubernetes-patch-merge-key), and a few more whose elements have a name that people know them by."""

_PORTS = (("containerPort", "protocol"), ("containerPort",), ("port", "protocol"), ("port",), ("name",))
_COMMON = (("name",), ("key",), ("host",), ("type",))


def element_keys(field: str, before: list[object], after: list[object]) -> tuple[str, ...] | None:
    """The fields that tell the elements of both lists apart; None when they are compared by position."""
    rows = [*before, *after]
    if not rows or not all(isinstance(row, dict) for row in rows):
        return None
    candidates = _PORTS if field == "ports" else (*_KEYS.get(field, ()), *_COMMON)
    return next((keys for keys in candidates if _tells_apart(keys, before) and _tells_apart(keys, after)), None)


def _tells_apart(keys: tuple[str, ...], rows: list[object]) -> bool:
    names = [identity(row, keys) for row in rows if isinstance(row, dict)]
    return None not in names and len(set(names)) == len(names)


def identity(row: Json, keys: tuple[str, ...]) -> str | None:
    """An element's name for a path; None when it lacks one of the fields."""
    values = [_value(row, key) for key in keys]
    return None if any(value is None for value in values) else ",".join(str(value) for value in values)


def _value(row: object, path: str) -> object:
    for key in path.split("."):
        row = row.get(key) if isinstance(row, dict) else None
    return row if isinstance(row, str | int) else None
