"""Environment variables and where they come from."""

from __future__ import annotations

import re

from deployctl.sandbox.schema.validation import names
from deployctl.sandbox.schema.validation.cause import (
    At,
    Causes,
    Struct,
    each_invalid,
    invalid,
    required,
    unsupported,
)

POD_FIELDS = (
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP",
    "status.hostIPs", "status.podIP", "status.podIPs",
)  # fmt: skip
VOLUME_FIELDS = ("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid")
_RESOURCES = tuple(
    f"{side}.{name}" for side in ("limits", "requests") for name in ("cpu", "ephemeral-storage", "memory")
)
_SUBSCRIPT = re.compile(r"(.*)\['(.*)'\]")
_SOURCES = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"


def variables(at: At, given: list[Struct]) -> Causes:
    for index, variable in enumerate(given):
        name = variable.get("name", "")
        if name:
            yield from each_invalid(at[index] / "name", name, names.env_name(name))
        else:
            yield required(at[index] / "name")
        if "valueFrom" in variable:
            yield from _source(at[index] / "valueFrom", variable)


def _source(at: At, variable: Struct) -> Causes:
    source: Struct = variable["valueFrom"]
    if "fieldRef" in source:
        yield from field_reference(at / "fieldRef", source["fieldRef"], POD_FIELDS)
    if "resourceFieldRef" in source:
        yield from resource_reference(at / "resourceFieldRef", source["resourceFieldRef"])
    for kind in ("configMapKeyRef", "secretKeyRef"):
        if kind in source:
            yield from _key_reference(at / kind, source[kind])
    if not source:
        yield invalid(at, "", f"must specify one of: {_SOURCES}")
    elif variable.get("value"):
        yield invalid(at, "", "may not be specified when `value` is not empty")
    elif len(source) > 1:
        yield invalid(at, "", "may not have more than one field specified at a time")


def _key_reference(at: At, reference: Struct) -> Causes:
    name, key = reference.get("name", ""), reference.get("key", "")
    yield from each_invalid(at / "name", name, names.dns_subdomain(name))
    if key:
        yield from each_invalid(at / "key", key, names.config_key(key))
    else:
        yield required(at / "key")


def field_reference(at: At, reference: Struct, fields: tuple[str, ...]) -> Causes:
    """A downward API field: of the pod, by path, with a subscript for one label or annotation."""
    path = reference.get("fieldPath", "")
    subscripted = _SUBSCRIPT.fullmatch(path)
    if not path:
        yield required(at / "fieldPath")
    elif subscripted:
        if subscripted[1] not in ("metadata.annotations", "metadata.labels"):
            detail = f"error converting fieldPath: field label does not support subscript: {path}"
            yield invalid(at / "fieldPath", path, detail)
        else:
            yield from each_invalid(at, subscripted[2], names.qualified_name(subscripted[2]))
    elif path not in {*POD_FIELDS, *VOLUME_FIELDS, "status.phase", "spec.restartPolicy", "spec.schedulerName"}:
        yield invalid(at / "fieldPath", path, f"error converting fieldPath: field label not supported: {path}")
    elif path not in fields:
        yield unsupported(at / "fieldPath", path, fields)


def resource_reference(at: At, reference: Struct, *, volume: bool = False) -> Causes:
    """A downward API resource: `limits.cpu` and so on."""
    resource = reference.get("resource", "")
    if volume and not reference.get("containerName"):
        yield required(at / "containerName")
    elif not resource:
        yield required(at / "resource")
    elif resource not in _RESOURCES and not resource.startswith(("limits.hugepages-", "requests.hugepages-")):
        yield unsupported(at / "resource", resource, _RESOURCES)


def sources(at: At, given: list[Struct]) -> Causes:
    """`envFrom`."""
    for index, source in enumerate(given):
        if source.get("prefix"):
            yield from each_invalid(at[index] / "prefix", source["prefix"], names.env_name(source["prefix"]))
        found = [kind for kind in ("configMapRef", "secretRef") if kind in source]
        for kind in found:
            name = source[kind].get("name", "")
            if name:
                yield from each_invalid(at[index] / kind / "name", name, names.generated(names.dns_subdomain)(name))
            else:
                yield required(at[index] / kind / "name")
        if not found:
            yield invalid(at, "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(found) > 1:
            yield invalid(at, "", "may not have more than one field specified at a time")
