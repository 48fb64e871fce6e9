"""A cluster in memory: objects that can be read and applied, and snapshots as a test scripts them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from deployctl.adapters.kubernetes import paths
from deployctl.adapters.kubernetes.restart import stamped
from deployctl.model.json import dig
from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.outside import Outside
from deployctl.model.pod import parse_pod
from deployctl.model.reference import inventory
from deployctl.model.rollout import World
from deployctl.model.server_side import without_restart_stamp
from deployctl.model.service import WORKLOAD_KINDS
from deployctl.model.survey import Survey
from deployctl.model.workload import RESTARTED_AT, parse_workload
from deployctl.ports import Clock, ClusterIdentity, ClusterRejected, Kind, Permission

KINDS = (
    paths.DEPLOYMENTS,
    paths.STATEFUL_SETS,
    paths.DAEMON_SETS,
    paths.CRON_JOBS,
    paths.JOBS,
    paths.SECRETS,
    Kind("v1", "Namespace", "namespaces", namespaced=False),
    Kind("v1", "ConfigMap", "configmaps", namespaced=True),
    Kind("v1", "Service", "services", namespaced=True),
    Kind("networking.k8s.io/v1", "Ingress", "ingresses", namespaced=True),
)
"""What it serves unless a test says otherwise."""


def pulled(pod: Manifest) -> Mapping[str, Any]:
    """A pod of our own as it is once its node has its images, and could not start it."""
    ended = {"terminated": {"reason": "StartError", "exitCode": 128}}
    statuses = [
        {"name": c["name"], "image": c["image"], "imageID": "sha256:local", "state": ended}
        for c in pod.body["spec"]["containers"]
    ]
    return {**pod.body, "status": {"phase": "Failed", "containerStatuses": statuses}}


class FakeCluster:
    """`Cluster`, `Writer`, `Access` and `Surroundings` at once.

    It applies like a server without defaults or controllers: an object is what was applied last. `writes` lists every
    write; `refuses`, `may_not`, `snapshots`, `said`, `surveyed` (a survey instead of its own
    objects' names), `seen_outside` and `pulled` (what becomes of a created pod) are a test's to set.
    """

    def __init__(self, clock: Clock, *objects: Manifest, namespace: str = "shop") -> None:
        self._clock = clock
        self._namespace = namespace
        self._objects: dict[ObjectRef, Manifest] = {}
        self._version = 0
        self.served = {(kind.api_version, kind.kind): kind for kind in KINDS}
        self.refuses: dict[ObjectRef, ClusterRejected] = {}
        self.may_not: set[Permission] = set()
        self.snapshots: Callable[[], World] = self._still_world
        self.said: dict[tuple[str, str, bool], tuple[str, ...]] = {}
        self.surveyed: Survey | None = None
        self.seen_outside = Outside()
        self.pulled: Callable[[Manifest], Mapping[str, Any]] = pulled
        self.writes: list[tuple[str, ObjectRef]] = []
        for one in objects:
            self._keep(one, one.body)

    def identify(self) -> ClusterIdentity:
        return ClusterIdentity("https://cluster.example:6443", "fake", "v1.37.2")

    def kinds(self) -> Mapping[tuple[str, str], Kind]:
        return self.served

    def get(self, refs: tuple[ObjectRef, ...]) -> Mapping[ObjectRef, Manifest]:
        return {ref: self._objects[place] for ref in refs if (place := self._placed(ref)) in self._objects}

    def world(self, namespace: str) -> World:
        seen = self.snapshots()
        own = (one for one in self._objects.values() if one.ref.kind == "Pod")
        return replace(seen, pods=(*seen.pods, *(parse_pod(self.pulled(one)) for one in own)))

    def logs(self, namespace: str, pod: str, container: str, *, previous: bool, lines: int) -> tuple[str, ...]:
        return self.said.get((pod, container, previous), ())[-lines:]

    def survey(self, namespace: str) -> Survey:
        return self.surveyed or Survey(inventory(self._objects.values()))

    def outside(self, namespace: str) -> Outside:
        return self.seen_outside

    def denied(self, permissions: tuple[Permission, ...]) -> tuple[Permission, ...]:
        return tuple(permission for permission in permissions if permission in self.may_not)

    def dry_run(self, manifests: tuple[Manifest, ...]) -> Mapping[ObjectRef, Manifest | ClusterRejected]:
        return {one.ref: self._foreseen(one) for one in manifests}

    def apply(self, manifest: Manifest) -> Manifest:
        foreseen = self._foreseen(manifest)
        if isinstance(foreseen, ClusterRejected):
            raise foreseen
        self.writes.append(("apply", foreseen.ref))
        return self._keep(foreseen, foreseen.body)

    def stamp_restart(self, applied: Manifest, stamp: str) -> Manifest:
        live = self._objects[self._placed(applied.ref)]
        if stamped(live.body) == stamp:
            return live
        if dig(live.body, "spec", "template") != dig(applied.body, "spec", "template"):
            raise ClusterRejected("it has moved", ref=applied.ref, status=409, reason="Conflict")
        self.writes.append(("restart", live.ref))
        return self._keep(live, _stamped(live.body, stamp))

    def recreate(self, manifest: Manifest) -> Manifest:
        place = self._placed(manifest.ref)
        self._objects.pop(place, None)
        self.writes.append(("delete", place))
        return self.apply(manifest)

    def create_pod(self, pod: Manifest) -> str:
        if refused := self.refuses.get(pod.ref):
            raise refused
        self.writes.append(("create", pod.ref))
        return self._keep(pod, pod.body).uid

    def delete_pod(self, name: str, uid: str) -> bool:
        ref = ObjectRef("v1", "Pod", self._namespace, name)
        self.writes.append(("delete", ref))
        self._objects.pop(ref, None)
        return True

    def _placed(self, ref: ObjectRef) -> ObjectRef:
        kind = self.served.get((ref.api_version, ref.kind))
        return paths.placed(ref, kind, self._namespace) if kind else ref

    def _foreseen(self, one: Manifest) -> Manifest | ClusterRejected:
        if (one.ref.api_version, one.ref.kind) not in self.served:
            return ClusterRejected("no such kind", ref=one.ref, status=404, reason="NoKind")
        ref = self._placed(one.ref)
        live = self._objects.get(ref)
        if refused := self.refuses.get(one.ref) or self.refuses.get(ref):
            return refused
        if live and ref.kind == "Job" and dig(live.body, "spec", "template") != dig(one.body, "spec", "template"):
            return ClusterRejected("field is immutable", ref=ref, status=422, reason="Immutable")
        return Manifest(ref, self._applied(ref, one, live))

    def _applied(self, ref: ObjectRef, one: Manifest, live: Manifest | None) -> dict[str, Any]:
        body = dict(without_restart_stamp(one.body))
        if live and (stamp := stamped(live.body)):
            body = _stamped(body, stamp)
        metadata = {k: v for k, v in body.get("metadata", {}).items() if k != "namespace"}
        server = {"uid": live.uid, "resourceVersion": live.resource_version} if live else {}
        return {**body, "metadata": {**metadata, **({"namespace": ref.namespace} if ref.namespace else {}), **server}}

    def _keep(self, one: Manifest, body: Mapping[str, Any]) -> Manifest:
        ref = self._placed(one.ref)
        live = self._objects.get(ref)
        if live is None or live.body != body:
            self._version += 1
            metadata = {"uid": live.uid if live else str(uuid.uuid4()), "resourceVersion": str(self._version)}
            self._objects[ref] = Manifest(ref, {**body, "metadata": {**body.get("metadata", {}), **metadata}})
        return self._objects[ref]

    def _still_world(self) -> World:
        """The workloads as they were applied, and no pod."""
        bodies = (one.body for one in self._objects.values() if one.ref.kind in WORKLOAD_KINDS)
        return World(self._clock.now(), tuple(parse_workload(body) for body in bodies), (), (), ())


def _stamped(body: Mapping[str, Any], stamp: str) -> dict[str, Any]:
    template = body["spec"]["template"]
    metadata = template.get("metadata", {})
    annotations = {**metadata.get("annotations", {}), RESTARTED_AT: stamp}
    marked = {**template, "metadata": {**metadata, "annotations": annotations}}
    return {**body, "spec": {**body["spec"], "template": marked}}
