"""Builds in the sandbox's ACR Tasks: the seven calls on the wire, and everything that can go wrong with them."""

from __future__ import annotations

import gzip
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from azure_world import AzureWorld, azure_world
from hurried_clock import HurriedClock

from deployctl.adapters.builds.arm import Arm
from deployctl.adapters.builds.call import Call
from deployctl.adapters.builds.factory import make_builder
from deployctl.adapters.builds.resource import find_registry
from deployctl.adapters.registry.factory import make_registry
from deployctl.model.environment import RegistryConfig
from deployctl.model.errors import DeployError, Refused, ReleaseFailed, Unavailable
from deployctl.model.json import Json
from deployctl.model.service import BuildArgument, BuildSource
from deployctl.ports import BuildEvent, BuildLog, BuildOrder, BuildResult, BuildState
from deployctl.sandbox.arm.agent import Pace

DOCKERFILE = "FROM python:3.12-slim\nARG TOKEN\nCOPY app.py /app/\nRUN pip install $TOKEN fastapi\n"
POLL = 0.02


@pytest.fixture
def world(tmp_path: Path) -> Iterator[AzureWorld]:
    with azure_world(tmp_path) as opened:
        yield opened


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "backend"
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "app.py").write_text("print('hello')\n")
    (folder / ".dockerignore").write_text("secrets/\n")
    (folder / "secrets").mkdir()
    (folder / "secrets" / "key").write_text("do not upload")
    return folder


def order(world: AzureWorld, tree: Path, timeout: float = 600.0, **source: Any) -> BuildOrder:
    return BuildOrder(world.image("v1"), BuildSource(tree, tree / "Dockerfile", **source), timeout)


def build(world: AzureWorld, asked: BuildOrder, **config: Any) -> list[BuildEvent]:
    builder = make_builder(replace(world.config, **config), environ=world.environ, poll=POLL)
    assert builder is not None
    return list(builder.build(asked))


def only_run(world: AzureWorld) -> Any:
    (run,) = world.azure.runs.values()
    return run


def words(error: DeployError) -> str:
    return f"{error!r} {error} {error.problem}"


def test_a_build_ends_with_the_digest_that_the_registry_has(world: AzureWorld, tree: Path) -> None:
    events = build(world, order(world, tree))
    result = events[-1]
    facts = make_registry(world.config, environ=world.environ).resolve(world.image("v1"))
    assert facts is not None
    assert isinstance(result, BuildResult)
    assert (result.facts, result.run_id) == (facts.image, only_run(world).id)
    assert result.context.startswith("sha256:")
    states = [event.state for event in events if isinstance(event, BuildState)]
    passing = ("Queued", "Started", "Running")  # which of them a look meets is chance
    ours = [state for state in dict.fromkeys(states) if state not in passing]
    assert ours == ["packing", "uploading", "uploaded", "Succeeded"]
    log = [event.text for event in events if isinstance(event, BuildLog)]
    assert "Step 3/5 : COPY app.py /app/" in log
    assert not any(line.endswith("\r") for line in log)


def test_the_seven_calls_are_made_and_no_other(world: AzureWorld, tree: Path) -> None:
    build(world, order(world, tree))
    calls = {one.rpartition("/")[2] for one in world.requests if "/registries/example" in one}
    assert calls == {"example", "listBuildSourceUploadUrl", "scheduleRun", "cb1", "listLogSasUrl"}
    assert world.count("POST", "/scheduleRun") == 1


def test_what_the_ignore_file_names_is_not_uploaded(world: AzureWorld, tree: Path) -> None:
    build(world, order(world, tree))
    (archive,) = world.azure.uploads.blobs.values()
    content = gzip.decompress(archive)
    assert b"app.py" in content
    assert b"do not upload" not in content


def test_the_request_carries_target_platform_arguments_pool_and_timeout(world: AzureWorld, tree: Path) -> None:
    (tree / "Dockerfile").write_text("FROM scratch AS production\nARG A\nARG B\n")
    arguments = (BuildArgument("A", "one"), BuildArgument("B", "two-is-secret", secret=True))
    asked = order(world, tree, target="production", platform="linux/arm64", arguments=arguments)
    events = build(world, asked, agent_pool="pool")
    request = only_run(world).request
    running = next(event for event in events if isinstance(event, BuildState) and event.state == "Running")
    assert re.fullmatch(r"run cb1, after \d+ s in the queue, on agent pool pool", running.detail)
    assert (request.target, request.os, request.architecture, request.timeout) == ("production", "linux", "arm64", 600)
    assert request.arguments == {"A": "one", "B": "two-is-secret"}
    assert request.secret == {"B"}


def test_the_registry_is_found_without_subscription_and_resource_group(world: AzureWorld, tree: Path) -> None:
    events = build(world, order(world, tree), subscription="", resource_group="", name="EXAMPLE")
    assert isinstance(events[-1], BuildResult)


def test_a_registry_on_the_second_page_is_found() -> None:
    """Duck for an Arm: the sandbox has one page."""
    found = {"name": "Example", "id": "/subscriptions/s/x"}
    pages: dict[str, Json] = {
        "/subscriptions": {"value": [{"subscriptionId": "s"}]},
        "/subscriptions/s/resources": {"value": [], "nextLink": "https://elsewhere.test/more?$skiptoken=2"},
        "/more": {"value": [found]},
        "/subscriptions/s/x": {"properties": {"loginServer": "example.azurecr.io"}},
    }

    class Pages:
        def call(self, call: Call) -> Json:
            return pages[call.path]

    config = RegistryConfig(login_server="example.azurecr.io", kind="acr")
    assert find_registry(cast(Arm, Pages()), config).id == "/subscriptions/s/x"


def test_a_registry_that_nobody_sees_is_said_before_anything_is_packed_up(world: AzureWorld, tree: Path) -> None:
    with pytest.raises(Unavailable, match="no registry named other is visible"):
        build(world, order(world, tree), resource_group="", name="other")
    assert world.azure.uploads.blobs == {}


def test_an_abac_registry_is_asked_to_act_as_its_caller(tmp_path: Path, tree: Path) -> None:
    folder = tmp_path / "abac"
    folder.mkdir()
    with azure_world(folder, abac=True) as world:
        assert isinstance(build(world, order(world, tree))[-1], BuildResult)
        assert only_run(world).request.identity == "[caller]"


def test_a_subscription_without_tasks_is_explained(tmp_path: Path, tree: Path) -> None:
    folder = tmp_path / "free"
    folder.mkdir()
    with azure_world(folder, tasks_allowed=False) as world, pytest.raises(Unavailable) as caught:
        build(world, order(world, tree))
    assert caught.value.problem.what == "Azure answered HTTP 400 TasksOperationsNotAllowed"
    assert "not open to this subscription" in caught.value.problem.action


def test_a_missing_role_is_explained(world: AzureWorld, tree: Path) -> None:
    text = "The client 'x' does not have authorization to perform action 'scheduleRun/action' over scope '/'"
    world.faults.add(
        "arm-error", {"status": 403, "code": "AuthorizationFailed", "message": text, "path": "*scheduleRun"}
    )
    with pytest.raises(Unavailable) as caught:
        build(world, order(world, tree))
    assert "Container Registry Tasks Contributor" in caught.value.problem.action
    assert caught.value.problem.evidence == (text, "asked with the identity: service principal with a secret")


def test_a_failing_step_is_named_with_its_last_lines(world: AzureWorld, tree: Path) -> None:
    (tree / "Dockerfile").write_text("FROM scratch\nCOPY missing.txt /\n")
    with pytest.raises(ReleaseFailed) as caught:
        build(world, order(world, tree))
    problem = caught.value.problem
    assert problem.what == "the build cb1 failed at step 2/3: COPY missing.txt /"
    assert problem.where == "example.azurecr.io/team/backend:v1"
    assert any("missing.txt" in line for line in problem.evidence)
    assert ".dockerignore" in problem.action


@pytest.mark.parametrize(
    ("status", "what"),
    [
        ("Failed", "the build cb1 failed at step 4/5: RUN pip install $TOKEN fastapi"),
        ("Canceled", "the build cb1 was cancelled in Azure at step 4/5: RUN pip install $TOKEN fastapi"),
        ("Error", "the build cb1 failed inside Azure at step 4/5: RUN pip install $TOKEN fastapi"),
        ("Timeout", "the build cb1 took longer than its timeout at step 4/5: RUN pip install $TOKEN fastapi"),
    ],
)
def test_every_other_end_is_a_failure(world: AzureWorld, tree: Path, status: str, what: str) -> None:
    world.faults.add("build-run", {"status": status, "error": "failed during run, err: exit status 1"})
    with pytest.raises(ReleaseFailed) as caught:
        build(world, order(world, tree))
    assert caught.value.problem.what == what


def test_a_rate_limit_of_docker_hub_is_explained(world: AzureWorld, tree: Path) -> None:
    said = "toomanyrequests: You have reached your pull rate limit."
    world.faults.add("build-run", {"status": "Failed", "log": said, "error": "failed to run"})
    with pytest.raises(ReleaseFailed) as caught:
        build(world, order(world, tree))
    assert "az acr import" in caught.value.problem.action
    assert said in caught.value.problem.evidence


@pytest.mark.parametrize(
    "log",
    [{"missing": True}, {"late": 8.0}, {"complete": "something-new"}, {"late": 1000.0}],
    ids=["missing", "late", "unknown-complete", "never"],
)
@pytest.mark.parametrize("status", ["Succeeded", "Failed"])
def test_whatever_the_log_does_the_run_is_the_truth(
    world: AzureWorld, tree: Path, log: dict[str, Any], status: str
) -> None:
    world.faults.add("build-log", log)
    if status == "Succeeded":
        assert isinstance(build(world, order(world, tree))[-1], BuildResult)
        return
    world.faults.add("build-run", {"status": status, "error": "failed"})
    builder = make_builder(world.config, environ=world.environ, poll=POLL, clock=HurriedClock())
    assert builder is not None
    with pytest.raises(ReleaseFailed):
        list(builder.build(order(world, tree, timeout=1e9)))


@pytest.mark.parametrize("call", ["example", "listBuildSourceUploadUrl", "runs/*", "*listLogSasUrl"])
@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("arm-error", {"status": 429, "retry_after": 0}),
        ("arm-error", {"status": 500}),
        ("arm-error", {"status": 503}),
        ("arm-drop", {}),
    ],
    ids=["429", "500", "503", "drop"],
)
def test_a_passing_fault_of_any_repeatable_call_is_survived(
    world: AzureWorld, tree: Path, call: str, kind: str, fault: dict[str, Any]
) -> None:
    world.faults.add(kind, {**fault, "path": f"*/{call}", "times": 2})
    builder = make_builder(world.config, environ=world.environ, poll=POLL, clock=Brisk())
    assert builder is not None
    assert isinstance(list(builder.build(order(world, tree)))[-1], BuildResult)
    assert world.count("POST", "/scheduleRun") == 1


class Brisk(HurriedClock):
    """Polls in real time, long waits for retries not."""

    def sleep(self, seconds: float) -> None:
        if seconds <= POLL:
            time.sleep(seconds)
        else:
            super().sleep(seconds)


@pytest.mark.parametrize(("kind", "fault"), [("arm-error", {"status": 500}), ("arm-drop", {})], ids=["500", "drop"])
def test_a_lost_answer_to_the_start_does_not_start_it_twice(
    world: AzureWorld, tree: Path, kind: str, fault: dict[str, Any]
) -> None:
    """The fault comes before the run is made, so the run may be started again, once."""
    world.faults.add(kind, {**fault, "path": "*/scheduleRun", "times": 1})
    assert isinstance(build(world, order(world, tree))[-1], BuildResult)
    assert len(world.azure.runs) == 1


def test_a_start_whose_answer_is_lost_while_another_run_is_new_is_not_repeated(world: AzureWorld, tree: Path) -> None:
    build(world, order(world, tree))
    world.faults.add("arm-drop", {"path": "*/scheduleRun", "times": 1})
    with pytest.raises(Unavailable) as caught:
        build(world, order(world, tree))
    assert "runs: cb1" in caught.value.problem.evidence
    assert len(world.azure.runs) == 1


def test_a_throttled_start_is_tried_again(world: AzureWorld, tree: Path) -> None:
    world.faults.add("arm-error", {"status": 429, "path": "*/scheduleRun", "times": 2, "retry_after": 0})
    builder = make_builder(world.config, environ=world.environ, poll=POLL, clock=Brisk())
    assert builder is not None
    assert isinstance(list(builder.build(order(world, tree)))[-1], BuildResult)
    assert len(world.azure.runs) == 1


def test_leaving_the_build_cancels_the_run_in_azure(world: AzureWorld, tree: Path) -> None:
    builder = make_builder(world.config, environ=world.environ, poll=POLL)
    assert builder is not None
    events = builder.build(order(world, tree))
    for event in events:
        if isinstance(event, BuildState) and event.state == "Running":
            break
    events.close()
    assert only_run(world).status == "Canceled"
    assert world.count("POST", "/cancel") == 1


@contextmanager
def ctrl_c_when(ready: Callable[[], bool]) -> Iterator[None]:
    """Presses Ctrl-C as soon as something is so."""

    def press() -> None:
        end = time.monotonic() + 60
        while not ready() and time.monotonic() < end:
            time.sleep(0.005)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press, daemon=True)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        yield
    thread.join()


@pytest.mark.parametrize(
    ("moment", "runs"),
    [("listBuildSourceUploadUrl", 0), ("scheduleRun", 1), ("runs/cb1", 1), ("listLogSasUrl", 1)],
)
def test_ctrl_c_at_any_moment_leaves_no_run_behind(world: AzureWorld, tree: Path, moment: str, runs: int) -> None:
    world.faults.add("arm-latency", {"seconds": 0.3, "path": f"*{moment}"})
    with ctrl_c_when(lambda: any(one.endswith(moment) for one in world.requests)):
        build(world, order(world, tree))
    assert [run.status for run in world.azure.runs.values()] == ["Canceled"] * runs
    world.faults.clear()
    assert isinstance(build(world, order(world, tree))[-1], BuildResult)


def test_leaving_during_the_upload_starts_no_run(world: AzureWorld, tree: Path) -> None:
    builder = make_builder(world.config, environ=world.environ, poll=POLL)
    assert builder is not None
    events = builder.build(order(world, tree))
    for event in events:
        if isinstance(event, BuildState) and event.state == "uploading":
            break
    events.close()
    assert world.azure.runs == {}
    assert isinstance(build(world, order(world, tree))[-1], BuildResult)


def test_a_build_past_its_deadline_is_cancelled_and_fails(tmp_path: Path, tree: Path) -> None:
    folder = tmp_path / "slow"
    folder.mkdir()
    with azure_world(folder, pace=Pace(1.0, 1200.0, 1 << 20, {})) as world:
        with pytest.raises(ReleaseFailed, match=r"was still Running after 0\.5 s; it was cancelled"):
            build(world, order(world, tree, timeout=0.5))
        assert only_run(world).status == "Canceled"


def test_secret_arguments_are_nowhere(world: AzureWorld, tree: Path) -> None:
    secret = "s3cret-token-value"
    (tree / "Dockerfile").write_text("FROM scratch\nARG TOKEN\nRUN echo $TOKEN\nCOPY nothing /\n")
    world.faults.add("build-run", {"status": "Failed", "log": f"leaked {secret} here", "error": f"err {secret}"})
    asked = order(world, tree, arguments=(BuildArgument("TOKEN", secret, secret=True),))
    builder = make_builder(world.config, environ=world.environ, poll=POLL)
    assert builder is not None
    seen = [repr(asked)]
    with pytest.raises(ReleaseFailed) as caught:
        seen.extend(repr(event) for event in builder.build(asked))
    assert secret not in " ".join(seen) + words(caught.value)
    assert any("leaked *** here" in line for line in seen)


def test_a_signature_is_in_no_error_and_no_event(world: AzureWorld, tree: Path) -> None:
    world.faults.add("arm-error", {"status": 400, "path": "/storage/*"})
    with pytest.raises(Unavailable) as caught:
        build(world, order(world, tree))
    assert "sig=" not in words(caught.value)
    assert "HTTP 400" in caught.value.problem.what


def test_a_link_that_has_expired_is_replaced(world: AzureWorld, tree: Path) -> None:
    world.faults.add("sas-expired", {"purpose": "upload", "times": 1})
    world.faults.add("sas-expired", {"purpose": "log", "times": 1})
    events = build(world, order(world, tree))
    assert isinstance(events[-1], BuildResult)
    assert any(isinstance(event, BuildLog) for event in events)
    assert world.count("POST", "/listBuildSourceUploadUrl") == 2


def test_an_argument_whose_variable_is_not_set_is_refused_before_anything(world: AzureWorld, tree: Path) -> None:
    with pytest.raises(Refused) as caught:
        build(world, order(world, tree, arguments=(BuildArgument("TOKEN", secret=True, unset="NPM_TOKEN"),)))
    assert caught.value.problem.action == "set NPM_TOKEN"
    assert world.requests == []


def test_a_digest_that_differs_from_the_registrys_is_passed_on_as_it_is(world: AzureWorld, tree: Path) -> None:
    world.faults.add("build-digest", {"digest": ""})
    builder = make_builder(world.config, environ=world.environ, poll=POLL)
    assert builder is not None
    result = list(builder.build(order(world, tree)))[-1]
    facts = make_registry(world.config, environ=world.environ).resolve(world.image("v1"))
    assert isinstance(result, BuildResult)
    assert facts is not None
    assert not facts.answers(result.facts.digest)  # the engine compares, and refuses


def test_no_builder_is_made_where_images_are_built_elsewhere(world: AzureWorld) -> None:
    assert make_builder(replace(world.config, builder="none"), environ={}) is None


def test_without_an_identity_the_error_names_what_was_tried(world: AzureWorld, tree: Path) -> None:
    builder = make_builder(world.config, environ={"AZURE_TOKEN_CREDENTIALS": "prod"}, poll=POLL)
    assert builder is not None
    with pytest.raises(Unavailable) as caught:
        list(builder.build(order(world, tree)))
    problem = caught.value.problem
    assert problem.what == "there is no Azure identity to use"
    assert problem.evidence[0] == (
        "service principal with a secret: AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET not set"
    )
