"""Small worlds for tests of planning, from literal YAML: a backend that runs 0.8.7 and is to be released as 0.8.8."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import quick_yaml

from deployctl.model.change import FileEdit, Finding
from deployctl.model.environment import Environment, RegistryConfig
from deployctl.model.image import Image, ImageFacts
from deployctl.model.manifest import Manifest, ObjectRef, manifest
from deployctl.model.pod import parse_pod
from deployctl.model.reference import Inventory
from deployctl.model.release import Release
from deployctl.model.rollout import World
from deployctl.model.service import BuildSource, HealthCheck, Service, WorkloadRef
from deployctl.model.snapshot import ServiceFacts, Snapshot
from deployctl.model.survey import Survey
from deployctl.model.workload import parse_revision, parse_workload

HOST = "registry.example.com"
REPOSITORY = f"{HOST}/klinecubic/backend"
OLD, NEW = "sha256:" + "7" * 64, "sha256:" + "8" * 64
NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)

BACKEND = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: backend, namespace: prod, uid: d1, generation: 1}
spec:
  replicas: 1
  selector: {matchLabels: {app: backend}}
  strategy: {type: Recreate}
  template:
    metadata: {labels: {app: backend}}
    spec:
      containers:
      - name: backend
        image: %(image)s
        imagePullPolicy: %(policy)s
status: {observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1}
"""
REVISION = """
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: backend-aaa
  namespace: prod
  uid: r1
  annotations: {deployment.kubernetes.io/revision: "1"}
  ownerReferences: [{kind: Deployment, name: backend, uid: d1, controller: true}]
spec:
  replicas: 1
  template:
    metadata: {labels: {app: backend, pod-template-hash: aaa}}
    spec:
      containers:
      - name: backend
        image: %(image)s
        imagePullPolicy: %(policy)s
status: {replicas: 1, readyReplicas: 1}
"""
POD = """
apiVersion: v1
kind: Pod
metadata:
  name: backend-aaa-1
  namespace: prod
  uid: p1
  labels: {app: backend, pod-template-hash: aaa}
  ownerReferences: [{kind: ReplicaSet, name: backend-aaa, uid: r1, controller: true}]
spec: {nodeName: node1}
status:
  phase: Running
  conditions: [{type: Ready, status: "True"}]
  containerStatuses:
  - name: backend
    image: %(image)s
    imageID: %(name)s@%(digest)s
    ready: true
    restartCount: 0
    state: {running: {startedAt: "2026-01-05T10:00:00Z"}}
"""
OTHER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: redis, namespace: prod}
spec:
  replicas: 1
  selector: {matchLabels: {app: redis}}
  template:
    metadata: {labels: {app: redis}}
    spec: {containers: [{name: redis, image: "redis:%(tag)s"}]}
"""


def read(text: str, **values: str) -> dict[str, Any]:
    """A literal object with its values filled in."""
    body: dict[str, Any] = quick_yaml.document(text % values)
    return body


def backend(tag: str, policy: str = "IfNotPresent") -> Manifest:
    return manifest(read(BACKEND, image=f"{REPOSITORY}:{tag}", policy=policy))


@dataclass(frozen=True)
class Case:
    """A world in a few words; `snapshot` makes it."""

    running_tag: str = "prod-v0.8.7"
    running_digest: str = OLD
    wanted_tag: str = "prod-v0.8.8"
    registry_digest: str = NEW
    """Empty: the registry does not have the wanted tag."""
    policy: str = "IfNotPresent"
    can_build: bool = True
    workloads: tuple[WorkloadRef, ...] = (WorkloadRef("Deployment", "backend"),)
    rendered: tuple[Manifest, ...] | None = None
    others_live: tuple[Manifest, ...] = ()
    others_rendered: tuple[Manifest, ...] = ()
    problems: tuple[Finding, ...] = ()
    history: tuple[Release, ...] = ()
    url: str = "https://example.com"
    extra_tags: tuple[str, ...] = ()
    live: bool = True
    source: bool = True
    edits: tuple[FileEdit, ...] = field(default=())
    survey: Survey = field(default_factory=lambda: Survey(Inventory()))

    def service(self) -> Service:
        source = BuildSource(Path("/tree/backend"), Path("/tree/backend/Dockerfile")) if self.source else None
        return Service("backend", "klinematrix/backend", self.workloads, source=source, health=HealthCheck("/health"))

    def world(self) -> World:
        if not self.live:
            return World(NOW, (), (), (), ())
        values = {"image": f"{REPOSITORY}:{self.running_tag}", "policy": self.policy}
        pod = read(POD, image=values["image"], name=REPOSITORY, digest=self.running_digest)
        return World(
            NOW,
            (parse_workload(read(BACKEND, **values)),),
            (parse_revision(read(REVISION, **values)),),
            (parse_pod(pod),),
            (),
        )

    def facts(self) -> ServiceFacts:
        image = Image(HOST, "klinecubic/backend", self.wanted_tag)
        found = ImageFacts(replace(image, digest=self.registry_digest), 0) if self.registry_digest else None
        version = self.wanted_tag.removeprefix("prod-v")
        return ServiceFacts(self.service(), version, image, self.extra_tags, found)

    def snapshot(self) -> Snapshot:
        own = (backend(self.wanted_tag, self.policy),) if self.rendered is None else self.rendered
        manifests = (*own, *self.others_rendered)
        live: dict[ObjectRef, Manifest] = {m.ref: m for m in self.others_live}
        if self.live:
            live[own[0].ref if own else backend("x").ref] = backend(self.running_tag, self.policy)
        registry = RegistryConfig(HOST, "oci")
        environment = Environment("prod", "prod", Path("/tree/overlay"), registry, "klinecubic/{service}", url=self.url)
        return Snapshot(
            environment=replace(environment, tag_template="prod-v{version}"),
            server="https://cluster.example.com",
            services=(self.facts(),),
            edits=self.edits,
            manifests=manifests,
            warnings=(),
            problems=self.problems,
            live=live,
            predicted={m.ref: m for m in manifests},
            immutable_jobs=frozenset(),
            world=self.world(),
            survey=self.survey,
            history=self.history,
            can_build=self.can_build,
        )
