"""How pods end: by deletion, by eviction, with their node; and what the others notice of it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from clockwork import Rehearsal, conditions, container, deployment, pod, rehearsal, set_image, state, waiting

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.nodes.spec import NodeSpec

SLEEP = container(command=["sh", "-c", "sleep 3600"])


def seconds_to_go(world: Rehearsal, name: str, limit: float = 120.0) -> float:
    """How long a deleted pod stays."""
    waited = 0.0
    while not world.gone("pods", name) and waited < limit:
        world.advance(0.5)
        waited += 0.5
    return waited


GRACE: list[tuple[str, Object, float, float]] = [
    ("a program that obeys", container(), 0, 2),
    ("a shell that does not hear SIGTERM as process 1", SLEEP, 10, 12),
    ("a shell with a trap", container(command=["sh", "-c", "trap 'exit 0' TERM; sleep 3600"]), 0, 2),
    ("a preStop sleep", container(lifecycle={"preStop": {"sleep": {"seconds": 5}}}), 5, 7),
    ("a preStop command", container(lifecycle={"preStop": {"exec": {"command": ["sh", "-c", "sleep 4"]}}}), 4, 6),
]


@pytest.mark.parametrize(("why", "spec", "least", "most"), GRACE, ids=[row[0] for row in GRACE])
def test_termination_takes_as_long_as_the_program_makes_it(why: str, spec: Object, least: float, most: float) -> None:
    with rehearsal() as world:
        world.create("pods", pod("solo", spec, terminationGracePeriodSeconds=10))
        world.advance(5)
        world.delete("pods", "solo")
        assert least <= seconds_to_go(world, "solo") <= most


def test_a_pod_that_is_being_deleted_tells_its_end_before_it_goes() -> None:
    with rehearsal() as world:
        world.create("pods", pod("solo", SLEEP, terminationGracePeriodSeconds=3))
        world.advance(5)
        world.delete("pods", "solo")
        world.advance(10)
        last = [p for p in world.seen["pods"] if p["metadata"]["name"] == "solo"][-1]
        assert (last["type"], last["status"]["phase"]) == ("DELETED", "Failed")
        assert state(last)["terminated"]["exitCode"] == 137
        assert conditions(last)["PodReadyToStartContainers"] == (
            "False",
            "PodSandboxNotReady",
            "pod sandbox is not ready",
        )
        assert ("Normal", "Killing", "Stopping container app") in world.events("Pod")


def test_a_container_that_never_started_could_not_be_located() -> None:
    with rehearsal() as world:
        world.create("pods", pod("solo", container("reg.test/nope:1")))
        world.advance(5)
        world.delete("pods", "solo")
        world.advance(5)
        last = [p for p in world.seen["pods"] if p["metadata"]["name"] == "solo"][-1]
        assert state(last)["terminated"] == {
            "exitCode": 137,
            "reason": "ContainerStatusUnknown",
            "message": "The container could not be located when the pod was terminated",
            "startedAt": None,
            "finishedAt": None,
        }


def test_force_removes_at_once() -> None:
    with rehearsal() as world:
        world.create("pods", pod("solo", SLEEP))
        world.advance(5)
        world.delete("pods", "solo", grace_seconds=0)
        assert world.gone("pods", "solo")
        world.advance(5)
        with pytest.raises(LookupError):
            world.fleet.logs("default", "solo", "app", previous=False)


def test_an_evicted_pod_stays_as_failed_and_its_owner_makes_another() -> None:
    with rehearsal() as world:
        spec = container(resources={"requests": {"memory": "16Mi"}})
        world.create("deployments.apps", deployment("web", spec))
        world.advance(5)
        world.faults.set("evict", workload="web", once=True)
        world.advance(3)
        evicted = next(p for p in world.pods() if p["status"].get("reason") == "Evicted")
        assert evicted["status"]["phase"] == "Failed"
        assert evicted["status"]["message"] == (
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: 51200Ki. "
            "Container app was using 32Mi, request is 16Mi, has larger consumption of memory. "
        )
        assert conditions(evicted)["DisruptionTarget"][:2] == ("True", "TerminationByKubelet")
        world.faults.clear("evict")
        world.advance(5)
        assert sorted(p["status"]["phase"] for p in world.pods()) == ["Failed", "Running"]


def test_a_lost_node_turns_unknown_and_its_pods_are_evicted_after_their_toleration() -> None:
    with rehearsal() as world:
        tolerations = [
            {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30}
            for key in ("not-ready", "unreachable")
        ]
        world.create("deployments.apps", deployment("web", container(), pod_spec={"tolerations": tolerations}))
        world.advance(5)
        lost = world.pods()[0]["spec"]["nodeName"]
        other = {"node1": "node2", "node2": "node1"}[lost]
        world.faults.set("node-down", node=lost)
        world.advance(55)
        node = world.get("nodes", lost, None)
        assert conditions(node)["Ready"] == ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
        taints = {(t["key"], t["effect"]) for t in node["spec"]["taints"]}
        assert taints == {("node.kubernetes.io/unreachable", e) for e in ("NoSchedule", "NoExecute")}
        assert conditions(world.pods()[0])["Ready"][0] == "False"
        assert ("Warning", "NodeNotReady", "Node is not ready") in world.events("Pod")
        world.advance(40)
        assert {p["spec"]["nodeName"]: bool(p["metadata"].get("deletionTimestamp")) for p in world.pods()} == {
            lost: True,
            other: False,
        }
        world.faults.clear("node-down")
        world.advance(40)
        assert [p["spec"]["nodeName"] for p in world.pods()] == [other]
        assert conditions(world.get("nodes", lost, None))["Ready"][0] == "True"
        assert not world.get("nodes", lost, None)["spec"].get("taints")


def test_the_program_of_a_lost_node_hangs_and_one_that_is_gone_refuses() -> None:
    with rehearsal() as world:
        world.create("pods", pod("solo"))
        world.advance(5)

        async def ask(name: str) -> int:
            answer = await world.fleet.request("default", name, 8000, "GET", "/health", {})
            return answer.status

        assert world.run(ask("solo")) == 200
        with pytest.raises(ConnectionRefusedError):
            world.run(ask("nobody"))


def pull_secret(name: str, host: str, user: str = "u", password: str = "p") -> Object:
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    document = json.dumps({"auths": {host: {"auth": auth}}})
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"name": name, "namespace": "default"},
        "data": {".dockerconfigjson": base64.b64encode(document.encode()).decode()},
    }


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("reg.test", [("u", "p")]),
        ("https://reg.test/v2/", [("u", "p")]),
        ("reg.test/shop", [("u", "p")]),
        ("*.test", [("u", "p")]),
        ("reg.test/other", []),
        ("elsewhere.test", []),
    ],
)
def test_pull_secrets_are_matched_by_host_and_path(host: str, expected: list[tuple[str, str]]) -> None:
    with rehearsal() as world:
        world.create("secrets", pull_secret("regcred", host))
        world.create("pods", pod("solo", imagePullSecrets=[{"name": "regcred"}, {"name": "nosuch"}]))
        world.advance(3)
        words = "Unable to retrieve some image pull secrets (nosuch); attempting to pull the image may not succeed."
        assert ("Warning", "FailedToRetrieveImagePullSecret", words) in world.events("Pod")
        _, auths = world.shelf.asked[0]
        assert [(a.username, a.password) for a in auths] == expected


def test_pulls_share_a_nodes_bandwidth_and_a_fault_slows_them() -> None:
    with rehearsal((NodeSpec("node1", bandwidth_bytes_per_second=10e6),)) as world:
        world.shelf.put("reg.test/big:1", size=100_000_000)
        world.shelf.put("reg.test/big:2", size=100_000_000)
        world.create("pods", pod("one", container("reg.test/big:1")))
        world.create("pods", pod("two", container("reg.test/big:2")))
        world.advance(15)
        assert waiting(world.get("pods", "one"))[0] == "ContainerCreating"
        world.advance(8)
        assert "running" in state(world.get("pods", "one"))
        world.faults.set("bandwidth", node="node1", bytes_per_second=1_000_000)
        world.shelf.put("reg.test/big:3", size=20_000_000)
        world.create("pods", pod("three", container("reg.test/big:3")))
        world.advance(15)
        assert waiting(world.get("pods", "three"))[0] == "ContainerCreating"
        world.advance(10)
        assert "running" in state(world.get("pods", "three"))


def test_the_node_lists_what_it_has_pulled_and_what_it_was_given() -> None:
    with rehearsal() as world:
        world.create("pods", pod("solo", nodeName="node1"))
        world.advance(10)
        images = world.get("nodes", "node1", None)["status"]["images"]
        digest = world.shelf.images["reg.test/shop/app:1"].digest  # type: ignore[union-attr] # it was put there
        assert images == [
            {"names": [f"reg.test/shop/app@{digest}", "reg.test/shop/app:1"], "sizeBytes": 10_000_000},
        ]


def test_what_the_platform_runs_takes_room_and_shows_in_the_measurements() -> None:
    spec = NodeSpec("node1", memory="2300Mi", foreign_usage={"cpu": "600m", "memory": "1500Mi"})
    with rehearsal((spec,)) as world:
        world.advance(5)
        agents = world.get("pods", "node-agents-node1", "kube-system")
        assert agents["status"]["phase"] == "Running"
        usage = next(n for n in world.fleet.metrics().nodes() if n["metadata"]["name"] == "node1")["usage"]
        assert usage == {"cpu": "650000000n", "memory": f"{1600 * 1024}Ki"}
        world.create("pods", pod("solo", container(resources={"requests": {"memory": "800Mi"}})))
        world.advance(2)
        assert "Insufficient memory" in conditions(world.get("pods", "solo"))["PodScheduled"][2]
        summary = world.fleet.stats_summary("node1")
        assert summary["node"]["memory"]["workingSetBytes"] == 1600 * 2**20


def service(name: str, port: int = 27017, **spec: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"app": name}, "ports": [{"port": port, "targetPort": 8000}], **spec},
    }


def test_a_dependency_that_is_down_shows_in_the_health_document() -> None:
    with rehearsal() as world:
        world.shelf.put("reg.test/api:1", ports="8000", dependencies="mongodb=mongo:27017", version="0.8.8")
        world.create("services", service("mongo"))
        world.create("pods", pod("api", container("reg.test/api:1")))
        world.advance(5)

        def health() -> tuple[str, bool, str]:
            answer = world.run(world.fleet.request("default", "api", 8000, "GET", "/api/health", {}))
            document = json.loads(answer.body)
            return document["status"], document["dependencies"]["mongodb"]["connected"], document["version"]

        assert health() == ("degraded", False, "0.8.8")
        world.create("pods", pod("mongo"))
        world.advance(5)
        assert health() == ("ok", True, "0.8.8")
        world.faults.set("app", pod="api", degraded=True)
        assert health() == ("degraded", False, "0.8.8")


def test_an_init_container_waits_for_a_service() -> None:
    with rehearsal() as world:
        wait = "until nc -z mongo 27017; do echo waiting; sleep 2; done"
        init = [{"name": "wait", "image": "reg.test/shop/app:1", "command": ["sh", "-c", wait]}]
        world.create("services", service("mongo"))
        world.create("pods", pod("api", initContainers=init))
        world.advance(10)
        assert waiting(world.get("pods", "api"))[0] == "PodInitializing"
        world.create("pods", pod("mongo"))
        world.advance(8)
        assert conditions(world.get("pods", "api"))["Ready"][0] == "True"


def test_the_documented_release_of_a_tag_that_does_not_exist_is_an_outage() -> None:
    with rehearsal() as world:
        world.create("services", service("web", 80))
        world.create("deployments.apps", deployment(strategy={"type": "Recreate"}))
        world.advance(10)
        assert world.get("endpoints", "web")["subsets"][0]["addresses"]
        world.change("deployments.apps", "web", set_image("reg.test/shop/app:nope"))
        world.advance(10)
        assert not world.get("endpoints", "web").get("subsets", [{}])[0].get("addresses")


def test_a_restarted_machine_finds_its_pods_and_counts_a_restart() -> None:
    with rehearsal() as world:
        world.create("deployments.apps", deployment())
        world.advance(5)
        before = world.pods()[0]
        world.restart_nodes()
        world.advance(5)
        after = world.get("pods", before["metadata"]["name"])
        status = after["status"]["containerStatuses"][0]
        assert (status["restartCount"], status["ready"]) == (1, True)
        assert status["lastState"]["terminated"]["reason"] == "Unknown"
        assert after["status"]["startTime"] == before["status"]["startTime"]
