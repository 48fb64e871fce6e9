"""What must be there before a pod's volumes can be mounted."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import namespace_of
from deployctl.sandbox.nodes.environment import Read, decoded


def mount_failures(pod: Object, read: Read) -> Iterator[str]:
    """One message per volume that cannot be mounted, as FailedMount events word them."""
    for volume in _mounted(pod):
        for kind, name, items, optional in _sources(volume):
            failure = _failure(kind, name, items, namespace_of(pod), read, optional=optional)
            if failure:
                yield f'MountVolume.SetUp failed for volume "{volume["name"]}" : {failure}'
                break


def _mounted(pod: Object) -> Iterator[Object]:
    """The volumes that some container mounts: nobody waits for the others."""
    spec = pod["spec"]
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    wanted = {m["name"] for c in containers for m in [*(c.get("volumeMounts") or ()), *(c.get("volumeDevices") or ())]}
    return (volume for volume in spec.get("volumes") or () if volume["name"] in wanted)


def _sources(volume: Object) -> Iterator[tuple[str, str, list[Object], bool]]:
    """Kind, name, items and optional of every Secret and ConfigMap in a volume."""
    if "secret" in volume:
        yield _source("Secret", volume["secret"], "secretName")
    if "configMap" in volume:
        yield _source("ConfigMap", volume["configMap"], "name")
    for source in (volume.get("projected") or {}).get("sources") or ():
        if "secret" in source:
            yield _source("Secret", source["secret"], "name")
        if "configMap" in source and source["configMap"].get("name") != "kube-root-ca.crt":
            yield _source("ConfigMap", source["configMap"], "name")


def _source(kind: str, source: Object, name: str) -> tuple[str, str, list[Object], bool]:
    return kind, source[name], source.get("items") or [], bool(source.get("optional"))


def _failure(kind: str, name: str, items: list[Object], namespace: str, read: Read, *, optional: bool) -> str:
    found = read(f"{kind.lower()}s", namespace, name)
    if found is None:
        return "" if optional else f'{kind.lower()} "{name}" not found'
    data = {**decoded(found), **(found.get("binaryData") or {})}
    missing = any(item["key"] not in data for item in items)
    return "references non-existent config key: " + _first_missing(items, data) if missing and not optional else ""


def _first_missing(items: list[Object], data: dict[str, str]) -> str:
    return str(next(item["key"] for item in items if item["key"] not in data))


def claim_failures(pod: Object, read: Read) -> Iterator[str]:
    """Claims that are not bound: a kubelet waits for them without words of its own."""
    for volume in _mounted(pod):
        if "persistentVolumeClaim" in volume:
            name = volume["persistentVolumeClaim"]["claimName"]
            claim = read("persistentvolumeclaims", namespace_of(pod), name)
            if claim is None:
                yield f'persistentvolumeclaim "{name}" not found'
            elif (claim.get("status") or {}).get("phase") != "Bound":
                yield f'persistentvolumeclaim "{name}" is not bound'
