"""Pods as a kubelet reports them: every reason and message of the fail-fast table, in the order of a real node."""

from __future__ import annotations

import base64
import itertools
from typing import Any

import pytest
from clockwork import Rehearsal, conditions, container, pod, rehearsal, state, waiting

from deployctl.sandbox.contracts import Object

MISSING = (
    'rpc error: code = NotFound desc = failed to pull and unpack image "{0}": failed to resolve reference "{0}": '
    "{0}: not found"
)
RUNC = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
    "unable to start container process: exec: "
)


def seen(world: Rehearsal, name: str) -> list[tuple[str, str, int]]:
    """What a watcher saw of the first container: phase, its state in a word, restarts; repetitions left out."""
    rows = []
    for obj in world.seen["pods"]:
        statuses = obj["status"].get("containerStatuses") or ()
        if obj["metadata"]["name"] == name and statuses:
            rows.append((obj["status"]["phase"], word(statuses[0]["state"]), statuses[0]["restartCount"]))
    return [row for row, _ in itertools.groupby(rows)]


def waits(world: Rehearsal) -> list[tuple[str, str]]:
    """Reason and message of every waiting state that was seen."""
    return [waiting(p) for p in world.seen["pods"] if p["status"].get("containerStatuses")]


def word(state: Object) -> str:
    kind, value = next(iter(state.items()))
    return "Running" if kind == "running" else str(value["reason"])


def script(text: str) -> list[str]:
    return ["sh", "-c", text]


def test_a_pod_comes_up_as_on_a_real_node() -> None:
    with rehearsal() as world:
        world.create("pods", pod())
        world.advance(5)
        assert seen(world, "solo") == [("Pending", "ContainerCreating", 0), ("Running", "Running", 0)]
        solo = world.get("pods", "solo")
        assert conditions(solo) == dict.fromkeys(
            ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"), ("True", "", "")
        )
        status = solo["status"]["containerStatuses"][0]
        assert status["image"] == "reg.test/shop/app:1"
        assert status["imageID"] == f"reg.test/shop/app@{world.shelf.images['reg.test/shop/app:1'].digest}"  # type: ignore[union-attr] # it was put there
        assert (status["ready"], status["started"], status["restartCount"]) == (True, True, 0)
        node = solo["spec"]["nodeName"]
        assert world.events("Pod") == [
            ("Normal", "Scheduled", f"Successfully assigned default/solo to {node}"),
            ("Normal", "Pulling", 'Pulling image "reg.test/shop/app:1"'),
            world.events("Pod")[2],
            ("Normal", "Created", "Container created"),
            ("Normal", "Started", "Container started"),
        ]
        assert world.events("Pod")[2][2].startswith('Successfully pulled image "reg.test/shop/app:1" in ')
        assert world.events("Pod")[2][2].endswith("including waiting). Image size: 10000000 bytes.")


def test_before_its_sandbox_stands_a_pod_says_so() -> None:
    with rehearsal() as world:
        world.create("pods", pod())
        world.advance(0.15)
        unready = "containers with unready status: [app]"
        assert conditions(world.get("pods", "solo")) == {
            "PodReadyToStartContainers": ("False", "PodSandboxNotReady", "no pod sandbox exists"),
            "Initialized": ("True", "", ""),
            "Ready": ("False", "ContainersNotReady", unready),
            "ContainersReady": ("False", "ContainersNotReady", unready),
            "PodScheduled": ("True", "", ""),
        }


SECRET = {"secretKeyRef": {"name": "keys", "key": "url"}}
STUCK: list[tuple[str, Object, str, str]] = [
    (
        "a missing secret",
        container(env=[{"name": "URL", "valueFrom": SECRET}]),
        "CreateContainerConfigError",
        'secret "keys" not found',
    ),
    (
        "a missing config map",
        container(envFrom=[{"configMapRef": {"name": "nosuch"}}]),
        "CreateContainerConfigError",
        'configmap "nosuch" not found',
    ),
    (
        "an image that was never pulled",
        container("reg.test/none:1", imagePullPolicy="Never"),
        "ErrImageNeverPull",
        'Container image "reg.test/none:1" is not present with pull policy of Never',
    ),
    (
        "upper case in a repository",
        container("reg.test/Foo/bar:1"),
        "InvalidImageName",
        'Failed to apply default image tag "reg.test/Foo/bar:1": couldn\'t parse image name "reg.test/Foo/bar:1": '
        "invalid reference format: repository name (Foo/bar) must be lowercase",
    ),
    (
        "a tag that does not exist",
        container("reg.test/shop/app:nope"),
        "ErrImagePull",
        MISSING.format("reg.test/shop/app:nope"),
    ),
]


@pytest.mark.parametrize(("why", "spec", "reason", "message"), STUCK, ids=[row[0] for row in STUCK])
def test_what_keeps_a_container_from_being_created_shows_with_its_reason(
    why: str, spec: Object, reason: str, message: str
) -> None:
    with rehearsal() as world:
        world.create("pods", pod("solo", spec))
        world.advance(5)
        solo = world.get("pods", "solo")
        assert waiting(solo) == (reason, message)
        assert solo["status"]["phase"] == "Pending"
        assert ("Warning", "Failed", f"Error: {reason if 'Image' in reason else message}") in world.events("Pod")


def test_a_missing_key_is_named_and_found_once_it_is_there() -> None:
    with rehearsal() as world:
        secret: Object = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys", "namespace": "default"}}
        world.create("secrets", {**secret, "data": {"other": ""}})
        world.create("pods", pod("solo", container(env=[{"name": "URL", "valueFrom": SECRET}])))
        world.advance(5)
        assert waiting(world.get("pods", "solo"))[1] == "couldn't find key url in Secret default/keys"
        world.change("secrets", "keys", lambda s: s["data"].update(url=base64.b64encode(b"x").decode()))
        world.advance(15)
        assert "running" in state(world.get("pods", "solo"))


def test_a_failed_pull_backs_off_and_keeps_its_cause_in_the_message() -> None:
    with rehearsal() as world:
        world.create("pods", pod("solo", container("reg.test/shop/app:nope")))
        world.advance(70)
        assert seen(world, "solo")[:5] == [
            ("Pending", "ContainerCreating", 0),
            ("Pending", "ErrImagePull", 0),
            ("Pending", "ImagePullBackOff", 0),
            ("Pending", "ErrImagePull", 0),
            ("Pending", "ImagePullBackOff", 0),
        ]
        texts = {text for reason, text in waits(world) if reason == "ImagePullBackOff"}
        cause = MISSING.format("reg.test/shop/app:nope")
        assert texts == {f'Back-off pulling image "reg.test/shop/app:nope": ErrImagePull: {cause}'}
        kinds = [reason for _, reason, _ in world.events("Pod")]
        assert kinds == ["Scheduled", "Pulling", "Failed", "Failed", "BackOff", "Failed"]


def test_pulls_wait_ten_seconds_then_twenty_then_forty() -> None:
    with rehearsal() as world:
        world.create("pods", pod("solo", container("reg.test/shop/app:nope")))
        world.advance(200)
        assert len(world.shelf.asked) == 5


def test_a_crash_restarts_at_once_and_then_ever_later() -> None:
    with rehearsal() as world:
        world.create("pods", pod("solo", container(command=script("echo hi; sleep 2; exit 1"))))
        world.advance(60)
        assert seen(world, "solo")[:9] == [
            ("Pending", "ContainerCreating", 0),
            ("Running", "Running", 0),
            ("Running", "Error", 0),
            ("Running", "Running", 1),
            ("Running", "Error", 1),
            ("Running", "CrashLoopBackOff", 1),
            ("Running", "Running", 2),
            ("Running", "Error", 2),
            ("Running", "CrashLoopBackOff", 2),
        ]
        solo = world.get("pods", "solo")
        where = f"solo_default({solo['metadata']['uid']})"
        backoffs = {text: None for reason, text in waits(world) if reason == "CrashLoopBackOff"}
        assert list(backoffs) == [
            f"back-off {pause}s restarting failed container=app pod={where}" for pause in (10, 20, 40)
        ]
        warning = ("Warning", "BackOff", f"Back-off restarting failed container app in pod {where}")
        assert warning in world.events("Pod")
        assert [line for _, line in world.fleet.logs("default", "solo", "app", previous=True)] == ["hi"]
        last = solo["status"]["containerStatuses"][0]["lastState"]["terminated"]
        assert (last["exitCode"], last["reason"]) == (1, "Error")


COMMANDS = [
    (["/nosuch"], f'{RUNC}"/nosuch": stat /nosuch: no such file or directory: unknown'),
    (["nosuch"], f'{RUNC}"nosuch": executable file not found in $PATH: unknown'),
]


@pytest.mark.parametrize(("command", "message"), COMMANDS, ids=["absolute", "on the path"])
def test_a_command_that_is_not_in_the_image_is_a_start_error_that_names_the_pulled_digest(
    command: list[str], message: str
) -> None:
    with rehearsal() as world:
        world.shelf.put("reg.test/tools:1", binaries="sh")
        world.create("pods", pod("once", container("reg.test/tools:1", command=command), restartPolicy="Never"))
        world.advance(5)
        once = world.get("pods", "once")
        ended = state(once)["terminated"]
        assert (ended["exitCode"], ended["reason"], ended["message"]) == (128, "StartError", message)
        assert ended["startedAt"] == "1970-01-01T00:00:00Z"
        assert once["status"]["phase"] == "Failed"
        assert once["status"]["containerStatuses"][0]["imageID"].startswith("reg.test/tools@sha256:")


def test_a_start_error_that_is_retried_shows_as_run_container_error_then_as_a_crash_loop() -> None:
    with rehearsal() as world:
        world.create("pods", pod("solo", container(command=["/nosuch"])))
        world.advance(12)
        assert seen(world, "solo")[:5] == [
            ("Pending", "ContainerCreating", 0),
            ("Running", "RunContainerError", 0),
            ("Running", "RunContainerError", 1),
            ("Running", "CrashLoopBackOff", 1),
            ("Running", "RunContainerError", 2),
        ]


def test_memory_beyond_the_limit_is_an_oom_kill() -> None:
    with rehearsal() as world:
        limits = {"limits": {"memory": "64Mi"}}
        world.faults.set("app", pod="solo", memory="100Mi")
        world.create("pods", pod("solo", container(resources=limits)))
        world.advance(20)
        last = world.get("pods", "solo")["status"]["containerStatuses"][0]["lastState"]["terminated"]
        assert (last["exitCode"], last["reason"]) == (137, "OOMKilled")


def test_a_variable_that_the_program_needs_is_a_key_error_in_its_log() -> None:
    with rehearsal() as world:
        world.shelf.put("reg.test/needy:1", required_env="MONGODB_URL")
        world.create("pods", pod("solo", container("reg.test/needy:1")))
        world.advance(4)
        lines = [line for _, line in world.fleet.logs("default", "solo", "app", previous=True)]
        assert lines[-1] == "KeyError: 'MONGODB_URL'"


def test_a_finished_pod_shows_its_end_before_its_final_phase() -> None:
    with rehearsal() as world:
        world.create("pods", pod("solo", container(command=script("sleep 2; exit 7")), restartPolicy="Never"))
        world.advance(10)
        assert seen(world, "solo")[-2:] == [("Running", "Error", 0), ("Failed", "Error", 0)]
        assert conditions(world.get("pods", "solo"))["Ready"] == ("False", "PodFailed", "")


def test_missing_volumes_are_events_and_the_container_stays_in_creation() -> None:
    with rehearsal() as world:
        volumes: list[Any] = [{"name": "conf", "configMap": {"name": "nosuch"}}]
        volumes.append({"name": "keys", "secret": {"secretName": "none"}})
        mounts = [{"name": name, "mountPath": f"/{name}"} for name in ("conf", "keys")]
        world.create("pods", pod("solo", container(volumeMounts=mounts), volumes=volumes))
        world.create("pods", pod("careless", volumes=volumes))
        world.advance(10)
        assert "running" in state(world.get("pods", "careless"))
        assert waiting(world.get("pods", "solo")) == ("ContainerCreating", "")
        warnings = [e for e in world.events("Pod", "solo") if e[0] == "Warning"]
        assert warnings == [
            ("Warning", "FailedMount", 'MountVolume.SetUp failed for volume "conf" : configmap "nosuch" not found'),
            ("Warning", "FailedMount", 'MountVolume.SetUp failed for volume "keys" : secret "none" not found'),
        ]


ROOT = 'container has runAsNonRoot and image will run as root (pod: "{}", container: app)'
USERS = [
    ({"user": "root"}, {}, ROOT),
    ({"user": "root"}, {"runAsUser": 1000}, ""),
    ({"user": "app"}, {}, ""),
    ({}, {"runAsUser": 0}, 'container\'s runAsUser breaks non-root policy (pod: "{}", container: app)'),
]


@pytest.mark.parametrize(("labels", "context", "message"), USERS, ids=["root", "another user", "no root", "user 0"])
def test_root_is_refused_where_none_may_be(labels: dict[str, Any], context: Object, message: str) -> None:
    with rehearsal() as world:
        world.shelf.put("reg.test/who:1", **labels)
        spec = container("reg.test/who:1", securityContext={"runAsNonRoot": True, **context})
        world.create("pods", pod("solo", spec))
        world.advance(5)
        solo = world.get("pods", "solo")
        where = f"solo_default({solo['metadata']['uid']})"
        assert waiting(solo) == (("CreateContainerConfigError", message.format(where)) if message else ("", ""))


def test_a_pod_past_its_deadline_fails() -> None:
    with rehearsal() as world:
        world.create("pods", pod("solo", activeDeadlineSeconds=8))
        world.advance(12)
        status = world.get("pods", "solo")["status"]
        words = "Pod was active on the node longer than the specified deadline"
        assert (status["phase"], status["reason"], status["message"]) == ("Failed", "DeadlineExceeded", words)


def test_a_pod_bound_to_a_node_that_is_too_small_is_rejected_there() -> None:
    with rehearsal() as world:
        big = container(resources={"requests": {"memory": "3Gi"}})
        world.create("pods", pod("solo", big, nodeName="node1"))
        world.advance(2)
        status = world.get("pods", "solo")["status"]
        numbers = "requested: 3221225472, used: 0, capacity: 2042626048"
        assert (status["phase"], status["reason"]) == ("Failed", "OutOfmemory")
        assert status["message"] == f"Pod was rejected: Node didn't have enough resource: memory, {numbers}"
