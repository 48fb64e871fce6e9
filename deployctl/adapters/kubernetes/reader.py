"""Reading the cluster."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from deployctl.adapters.kubernetes import paths
from deployctl.adapters.kubernetes.connection import Connection, Request
from deployctl.adapters.kubernetes.discovery import Kinds, discover
from deployctl.adapters.kubernetes.failures import forbidden, server_error
from deployctl.adapters.kubernetes.listing import Listing, list_objects
from deployctl.adapters.kubernetes.pod_secrets import values_in
from deployctl.adapters.side_by_side import side_by_side
from deployctl.model.json import text
from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.node import parse_node
from deployctl.model.pod import parse_event, parse_pod
from deployctl.model.rollout import World
from deployctl.model.rules.masking import mask_lines
from deployctl.model.workload import parse_revision, parse_workload
from deployctl.ports import FIELD_MANAGER, RESTART_MANAGER, ClusterIdentity, Kind

OUR_MANAGERS = frozenset({FIELD_MANAGER, RESTART_MANAGER})
LOST_LOG = "unable to retrieve container logs for "
"""What the kubelet answers, with HTTP 200, when the container's log is gone."""


WORKLOADS = (paths.DEPLOYMENTS, paths.STATEFUL_SETS, paths.DAEMON_SETS, paths.CRON_JOBS, paths.JOBS)
WORLD = (*WORKLOADS, paths.REPLICA_SETS, paths.PODS, paths.EVENTS, paths.NODES)
"""What a snapshot lists."""
NEEDED = frozenset({paths.DEPLOYMENTS, paths.REPLICA_SETS, paths.PODS})
"""Without these a rollout cannot be watched; any other that we may not read counts as empty."""


class KubernetesCluster:
    """The `Cluster` port on a real API server."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._kinds: Kinds | None = None
        self._lock = threading.Lock()

    def identify(self) -> ClusterIdentity:
        answer = self._connection.send(Request("GET", "/version"))
        context = self._connection.context
        if not answer.ok:
            raise server_error(context, "GET", "/version", answer.status, answer.json())
        return ClusterIdentity(context.server, context.name, text(answer.json(), "gitVersion"))

    def kinds(self) -> Kinds:
        with self._lock:
            if self._kinds is None:
                self._kinds = discover(self._connection)
            return self._kinds

    def forget_kinds(self) -> None:
        """After a CustomResourceDefinition was applied."""
        with self._lock:
            self._kinds = None

    def get(self, refs: tuple[ObjectRef, ...]) -> Mapping[ObjectRef, Manifest]:
        found = side_by_side(self._get, refs)
        return {ref: one for ref, one in zip(refs, found, strict=True) if one is not None}

    def world(self, namespace: str) -> World:
        listings = side_by_side(lambda kind: self._list(kind, namespace), WORLD)
        of = dict(zip(WORLD, listings, strict=True))
        return World(
            now=max(listing.date for listing in listings),
            workloads=tuple(parse_workload(body, OUR_MANAGERS) for kind in WORKLOADS for body in of[kind].items),
            revisions=tuple(parse_revision(body) for body in of[paths.REPLICA_SETS].items),
            pods=tuple(parse_pod(body) for body in of[paths.PODS].items),
            events=tuple(parse_event(body) for body in of[paths.EVENTS].items),
            nodes=tuple(parse_node(body) for body in of[paths.NODES].items),
        )

    def logs(self, namespace: str, pod: str, container: str, *, previous: bool, lines: int) -> tuple[str, ...]:
        query = (("container", container), ("previous", str(previous).lower()), ("tailLines", str(lines)))
        path = paths.item(paths.PODS, namespace, pod) + "/log"
        answer = self._connection.send(Request("GET", path, query, accept="*/*"))
        text = answer.body.decode(errors="replace") if answer.ok else ""
        if not text or text.startswith(LOST_LOG):
            return ()
        return mask_lines(text.splitlines()[-lines:], values_in(self._connection, namespace, pod))

    def _get(self, ref: ObjectRef) -> Manifest | None:
        kind = self.kinds().get((ref.api_version, ref.kind))
        if kind is None:
            return None
        place = paths.placed(ref, kind, self._connection.settings.namespace)
        path = paths.item(kind, place.namespace, place.name)
        answer = self._connection.send(Request("GET", path))
        if answer.status == 404:
            return None
        if answer.status == 403:
            raise forbidden(self._connection.context, "get", str(ref), answer.json())
        if not answer.ok:
            raise server_error(self._connection.context, "GET", path, answer.status, answer.json())
        return Manifest(place, answer.json())

    def _list(self, kind: Kind, namespace: str) -> Listing:
        return list_objects(self._connection, kind, namespace, optional=kind not in NEEDED)
