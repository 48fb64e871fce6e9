"""Release records: a Secret each, its JSON compressed under one key."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import zlib
from contextlib import suppress
from dataclasses import replace
from typing import Any

from deployctl.adapters.kubernetes import paths
from deployctl.adapters.kubernetes.connection import Answer, Connection, Request
from deployctl.adapters.kubernetes.listing import list_objects
from deployctl.adapters.kubernetes.names import LABEL, label_value, record_name
from deployctl.adapters.kubernetes.rejections import rejection
from deployctl.adapters.side_by_side import side_by_side
from deployctl.model.errors import Unavailable
from deployctl.model.json import Json, mapping, text
from deployctl.model.manifest import ObjectRef
from deployctl.model.record import Unreadable, from_json, same_run, to_json
from deployctl.model.release import Release
from deployctl.ports import FIELD_MANAGER, ClusterRejected

TYPE = "deployctl.dev/release.v1"
KEY = "release.json.gz"
ROOM = 700_000
"""Bytes compressed; in base64 that stays below the 1 MiB that a Secret may hold."""
MANAGED = (("fieldManager", FIELD_MANAGER),)


class KubernetesHistory:
    """The `History` port."""

    def __init__(self, connection: Connection, environment: str) -> None:
        self._connection = connection
        self._environment = environment

    def read(self) -> tuple[Release, ...]:
        query = (("labelSelector", self._selector), ("fieldSelector", f"type={TYPE}"))
        found = list_objects(self._connection, paths.SECRETS, self._connection.settings.namespace, query)
        releases = (_decoded(one) for one in found.items)
        mine = (one for one in releases if one is not None and one.environment == self._environment)
        return tuple(sorted(mine, key=lambda release: release.number, reverse=True))

    def save(self, release: Release, *, keep: int) -> None:
        """Raises ClusterRejected; reason AlreadyExists when another run has written a record of this number."""
        body = self._secret(release)
        path = paths.collection(paths.SECRETS, self._connection.settings.namespace)
        answer = self._connection.send(Request("POST", path, MANAGED, body))
        if answer.status == 409 and text(answer.json(), "reason") == "AlreadyExists":
            self._overwrite(release, body)
        elif not answer.ok:
            raise rejection(self._ref(release.number), answer)
        with suppress(Unavailable):  # the next save drops them
            side_by_side(self._delete, dropped(self.read(), keep))

    def _overwrite(self, release: Release, body: dict[str, Any]) -> None:
        """Replace our own record. A record that cannot be read is nobody's."""
        path = self._path(release.number)
        existing = self._connection.send(Request("GET", path))
        if not existing.ok:
            raise rejection(self._ref(release.number), existing)
        recorded = _decoded(existing.json())
        if recorded is not None and not same_run(recorded, release):
            raise _taken(self._ref(release.number), existing, recorded)
        body["metadata"]["resourceVersion"] = text(existing.json(), "metadata", "resourceVersion")
        answer = self._connection.send(Request("PUT", path, MANAGED, body))
        if not answer.ok:
            raise rejection(self._ref(release.number), answer)

    def _delete(self, number: int) -> None:
        self._connection.send(Request("DELETE", self._path(number), repeatable=True))

    def _secret(self, release: Release) -> dict[str, Any]:
        services = {f"service.{LABEL}/{label_value(i.service)}": label_value(i.version) for i in release.images}
        labels = {
            "app.kubernetes.io/managed-by": "deployctl",
            f"{LABEL}/environment": label_value(self._environment),
            f"{LABEL}/number": str(release.number),
            f"{LABEL}/operation": release.operation,
            f"{LABEL}/outcome": release.outcome,
            **services,
        }
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": record_name(self._environment, release.number), "labels": labels},
            "type": TYPE,
            "data": {KEY: base64.b64encode(packed(release)).decode()},
        }

    @property
    def _selector(self) -> str:
        return f"{LABEL}/environment={label_value(self._environment)}"

    def _path(self, number: int) -> str:
        return paths.item(paths.SECRETS, self._connection.settings.namespace, self._ref(number).name)

    def _ref(self, number: int) -> ObjectRef:
        namespace = self._connection.settings.namespace
        return ObjectRef("v1", "Secret", namespace, record_name(self._environment, number))


def packed(release: Release) -> bytes:
    """Compressed JSON that fits into a Secret: the manifests are left out when they would not."""
    whole = _compressed(release)
    return whole if len(whole) <= ROOM else _compressed(replace(release, manifests=()))


def dropped(releases: tuple[Release, ...], keep: int) -> tuple[int, ...]:
    """The numbers of the records to drop, of `releases` newest first: all but the newest `keep`, and never the newest
    successful one, for it is what a rollback goes back to."""
    last_good = next((release.number for release in releases if release.succeeded), None)
    return tuple(release.number for release in releases[max(keep, 1) :] if release.number != last_good)


def _compressed(release: Release) -> bytes:
    return gzip.compress(json.dumps(to_json(release), separators=(",", ":")).encode(), 9, mtime=0)


def _decoded(secret: Json) -> Release | None:
    try:
        record = json.loads(gzip.decompress(base64.b64decode(text(mapping(secret, "data"), KEY))))
        return from_json(record) if isinstance(record, dict) else None
    except (OSError, EOFError, zlib.error, binascii.Error, ValueError, Unreadable):
        return None


def _taken(ref: ObjectRef, answer: Answer, recorded: Release) -> ClusterRejected:
    return ClusterRejected(
        f"release {recorded.number} has been recorded by another run meanwhile",
        ref=ref,
        status=answer.status,
        reason="AlreadyExists",
        evidence=(f"{recorded.who}, started {recorded.started:%Y-%m-%d %H:%M:%S} UTC, {recorded.outcome}",),
        action="see what it did: deployctl history; then run the command again",
    )
