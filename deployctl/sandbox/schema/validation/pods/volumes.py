"""Volumes and their mounts."""

from __future__ import annotations

from collections.abc import Callable

from deployctl.sandbox.schema.quantity import parse
from deployctl.sandbox.schema.validation import names
from deployctl.sandbox.schema.validation.cause import (
    At,
    Cause,
    Causes,
    Struct,
    duplicate,
    each_invalid,
    forbidden,
    invalid,
    not_found,
    required,
    unsupported,
)
from deployctl.sandbox.schema.validation.pods.env import VOLUME_FIELDS, field_reference, resource_reference

_MODE = "must be a number between 0 and 0777 (octal), both inclusive"
_HOST_TYPES = ("", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice")


def volumes(at: At, given: list[Struct]) -> tuple[list[str], Causes]:
    """Names of the good volumes (mounts may use only those), and what is wrong."""
    good: list[str] = []
    problems: list[Cause] = []
    for index, volume in enumerate(given):
        name = volume.get("name", "")
        found = [*_source(at[index], volume), *_name(at[index] / "name", name)]
        if name in good:
            found.append(duplicate(at[index] / "name", name))
        if not found:
            good.append(name)
        problems += found
    return good, iter(problems)


def _name(at: At, name: str) -> Causes:
    if name:
        yield from each_invalid(at, name, names.dns_label(name))
    else:
        yield required(at)


def _source(at: At, volume: Struct) -> Causes:
    kinds = [kind for kind in _ORDER if kind in volume] + [k for k in volume if k not in _ORDER and k != "name"]
    for kind in kinds[1:]:
        yield forbidden(at / kind, "may not specify more than 1 volume type")
    if not kinds:
        yield required(at, "must specify a volume type")
    elif kinds[0] in _SOURCES:
        yield from _SOURCES[kinds[0]](at / kinds[0], volume[kinds[0]])


def _mode(at: At, mode: int | None) -> Causes:
    if mode is not None and not 0 <= mode <= 0o777:
        yield invalid(at, mode, _MODE)


def _items(at: At, items: list[Struct]) -> Causes:
    for index, item in enumerate(items):
        for field in ("key", "path"):
            if not item.get(field):
                yield required(at[index] / field)
        yield from _relative(at[index] / "path", item.get("path", ""))
        yield from _mode(at[index] / "mode", item.get("mode"))


def _relative(at: At, path: str) -> Causes:
    if path.startswith("/"):
        yield invalid(at, path, "must be a relative path")
    if ".." in path.split("/"):
        yield invalid(at, path, "must not contain '..'")
    elif path.startswith(".."):
        yield invalid(at, path, "must not start with '..'")


def _empty_dir(at: At, source: Struct) -> Causes:
    if source.get("sizeLimit") and parse(source["sizeLimit"]).value < 0:
        yield forbidden(at / "sizeLimit", "SizeLimit field must be a valid resource quantity")


def _host_path(at: At, source: Struct) -> Causes:
    path = source.get("path", "")
    if not path:
        yield required(at / "path")
        return
    if ".." in path.split("/"):
        yield invalid(at / "path", path, "must not contain '..'")
    if source.get("type", "") not in _HOST_TYPES:
        yield unsupported(at / "type", source["type"], sorted(_HOST_TYPES))


def _keyed(name_field: str) -> Callable[[At, Struct], Causes]:
    """A Secret or ConfigMap as files."""

    def check(at: At, source: Struct) -> Causes:
        if not source.get(name_field):
            yield required(at / name_field)
        yield from _mode(at / "defaultMode", source.get("defaultMode"))
        yield from _items(at / "items", source.get("items") or [])

    return check


def _claim(at: At, source: Struct) -> Causes:
    if not source.get("claimName"):
        yield required(at / "claimName")


def _nfs(at: At, source: Struct) -> Causes:
    if not source.get("server"):
        yield required(at / "server")
    path = source.get("path", "")
    if not path:
        yield required(at / "path")
    elif not path.startswith("/"):
        yield invalid(at / "path", path, "must be an absolute path")


def _downward(at: At, source: Struct) -> Causes:
    yield from _mode(at / "defaultMode", source.get("defaultMode"))
    for file in source.get("items") or []:
        yield from _downward_file(at, file)


def _downward_file(at: At, file: Struct) -> Causes:
    if not file.get("path"):
        yield required(at / "path")
    yield from _relative(at / "path", file.get("path", ""))
    if "fieldRef" in file:
        yield from field_reference(at / "fieldRef", file["fieldRef"], VOLUME_FIELDS)
        if "resourceFieldRef" in file:
            yield invalid(at, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")
    elif "resourceFieldRef" in file:
        yield from resource_reference(at / "resourceFieldRef", file["resourceFieldRef"], volume=True)
    else:
        yield required(at, "one of fieldRef and resourceFieldRef is required")


def _projected(at: At, source: Struct) -> Causes:
    yield from _mode(at / "defaultMode", source.get("defaultMode"))
    for index, projection in enumerate(source.get("sources") or []):
        here = (at / "sources")[index]
        for kind in ("secret", "configMap"):
            if kind in projection:
                if not projection[kind].get("name"):
                    yield required(here / kind / "name")
                yield from _items(here / kind / "items", projection[kind].get("items") or [])
        for file in (projection.get("downwardAPI") or {}).get("items") or []:
            yield from _downward_file(here / "downwardAPI", file)
        if "serviceAccountToken" in projection and not projection["serviceAccountToken"].get("path"):
            yield required(at / "path")
        if len(projection) > 1:
            yield forbidden(here, "may not specify more than 1 volume type")


_SOURCES: dict[str, Callable[[At, Struct], Causes]] = {
    "emptyDir": _empty_dir,
    "hostPath": _host_path,
    "secret": _keyed("secretName"),
    "nfs": _nfs,
    "persistentVolumeClaim": _claim,
    "downwardAPI": _downward,
    "configMap": _keyed("name"),
    "projected": _projected,
}
_ORDER = tuple(_SOURCES)


def mounts(at: At, given: list[Struct], known: list[str]) -> Causes:
    """A container's `volumeMounts`; `known` are the pod's good volumes."""
    seen: set[str] = set()
    for index, mount in enumerate(given):
        here, name, path = at[index], mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            yield required(here / "name")
        if name not in known:
            yield not_found(here / "name", name)
        if not path:
            yield required(here / "mountPath")
        if path in seen:
            yield invalid(here / "mountPath", path, "must be unique")
        seen.add(path)
        for field in ("subPath", "subPathExpr"):
            sub = mount.get(field, "")
            if sub.startswith("/"):
                yield invalid(at / field, sub, "must be a relative path")
            if ".." in sub.split("/"):
                yield invalid(at / field, sub, "must not contain '..'")
        if mount.get("subPath") and mount.get("subPathExpr"):
            yield invalid(here / "subPathExpr", mount["subPathExpr"], "subPathExpr and subPath are mutually exclusive")
