"""A small shop in memory: one `Recreate` backend behind fakes of every port, whose pods follow what was applied."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from fake_ports import Fakes

from deployctl.engine.execute import execute
from deployctl.engine.observe import observe
from deployctl.engine.target import Target
from deployctl.model.environment import Deadlines, Environment, Policies, Project, RegistryConfig
from deployctl.model.event import RunEvent
from deployctl.model.image import Image, parse_image
from deployctl.model.manifest import Manifest, ObjectRef, manifest
from deployctl.model.node import Node
from deployctl.model.plan import Plan
from deployctl.model.pod import parse_pod
from deployctl.model.release import Release
from deployctl.model.request import ReleaseRequest
from deployctl.model.rollout import World
from deployctl.model.service import BuildSource, HealthCheck, Service, WorkloadRef
from deployctl.model.workload import parse_revision, parse_workload
from deployctl.planning import plan_release

ROOT = Path("/tree")
OVERLAY = ROOT / "overlay"
FILE = OVERLAY / "kustomization.yaml"
TEXT = "images:\n- name: shop/api\n  newName: registry.example.com/api\n  newTag: v1.0.0 # now\n"
API = Image("registry.example.com", "api")
REF = ObjectRef("apps/v1", "Deployment", "shop", "api")
WORKLOAD = WorkloadRef("Deployment", "api")
SERVICE = Service(
    "api",
    "shop/api",
    (WORKLOAD,),
    version_file=ROOT / "VERSION",
    source=BuildSource(ROOT / "api", ROOT / "api" / "Dockerfile"),
    health=HealthCheck("/health"),
)
LABELS = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
NODE = Node("node1", LABELS, allocatable={"cpu": "2", "memory": "2Gi", "pods": "110"})
POLICIES = Policies(deadlines=Deadlines(health=5.0), repeats=2, settle=0.0, poll=1.0)


def rendered(texts: Any) -> tuple[Manifest, ...]:
    """What the overlay's text gives: a ConfigMap after the workload that reads it, as nobody should order them."""
    entry = yaml.safe_load(texts[FILE])["images"][0]
    version = f"@{entry['digest']}" if "digest" in entry else f":{entry['newTag']}"
    template = {
        "metadata": {"labels": {"app": "api"}},
        "spec": {"containers": [{"name": "api", "image": f"{entry['newName']}{version}"}]},
    }
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api", "namespace": "shop"},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": {"app": "api"}},
            "template": template,
        },
    }
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop"}}
    return manifest(deployment), manifest({**settings, "data": {"tag": version}})


@dataclass
class Shop:
    """The shop, serving v1.0.0 while its version file says 1.1.0."""

    fakes: Fakes = field(default_factory=lambda: Fakes({FILE: TEXT, ROOT / "VERSION": "1.1.0\n"}, rendered))

    def __post_init__(self) -> None:
        self.digest = self.fakes.registry.push(API.with_tag("v1.0.0"))
        for one in rendered(self.fakes.files.texts):
            self.fakes.cluster.apply(one)
        self.fakes.cluster.writes.clear()
        self.fakes.cluster.snapshots = self.world

    @property
    def target(self) -> Target:
        environment = Environment(
            "prod", "shop", OVERLAY, RegistryConfig(API.host, "oci"), "api", "v{version}",
            url="https://shop.example.com", policies=POLICIES,
        )  # fmt: skip
        project = Project(ROOT, ROOT / "deployctl.toml", (environment,), (SERVICE,), "prod")
        return Target(project, environment, self.fakes.ports, "tester")

    def plan(self, request: ReleaseRequest) -> Plan:
        return plan_release(request, observe(request, self.target))

    def release(self, **request: Any) -> list[RunEvent]:
        """Plan and execute; raises what the engine raises."""
        asked = ReleaseRequest(("api",), **request)
        plan = self.plan(asked)
        assert plan.refusals == ()
        return list(execute(asked, self.target, plan, "1.0"))

    @property
    def records(self) -> tuple[Release, ...]:
        return self.fakes.history.read()

    def live(self) -> Manifest:
        return self.fakes.cluster.get((REF,))[REF]

    def world(self) -> World:
        """As if every rollout was over at once."""
        body: dict[str, Any] = {**self.live().body}
        counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
        workload = parse_workload({**body, "status": counts})
        template = body["spec"]["template"]
        owner = [{"kind": "Deployment", "uid": workload.uid, "controller": True}]
        name = f"api-{abs(hash(str(template))) % 10**6}"
        revision = {
            "metadata": {"name": name, "uid": name, "ownerReferences": owner},
            "spec": {"replicas": 1, "template": template},
        }
        image = str(template["spec"]["containers"][0]["image"])
        found = self.fakes.registry.resolve(parse_image(image))
        status = {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [
                {
                    "name": "api",
                    "image": image,
                    "imageID": f"{API.name}@{found.digest if found else ''}",
                    "ready": True,
                    "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
                }
            ],
        }
        pod = {
            "metadata": {
                "name": f"{name}-1",
                "uid": f"{name}-1",
                "ownerReferences": [{"kind": "ReplicaSet", "uid": name, "controller": True}],
            },
            "spec": {"nodeName": NODE.name},
            "status": status,
        }
        return World(self.fakes.clock.now(), (workload,), (parse_revision(revision),), (parse_pod(pod),), (), (NODE,))
