"""`deployctl build` and `promote` as processes against the sandbox's Azure."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from rehearsal import HOST, Rehearsal, rehearsal
from released_tree import Result
from terminal import in_terminal

from deployctl.adapters.builds import calls
from deployctl.adapters.builds.arm import Arm
from deployctl.adapters.clock import SystemClock
from deployctl.adapters.identity.chain import make_identity
from deployctl.adapters.transport import Transport
from deployctl.config import load
from deployctl.sandbox.process.control_client import ControlClient

BACKEND = f"{HOST}/klinecubic/backend"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """One for all tests here: each builds versions of its own."""
    with rehearsal(tmp_path_factory.mktemp("builds"), change=promotable) as subject:
        yield subject


def promotable(tree: Any) -> None:
    """The test environment's images lie in the same registry."""
    tree.replace("deployctl.toml", 'kubeconfig = "~/.kube/config-aks-test"\n', "")


def ran(shop: Rehearsal) -> list[tuple[str, str]]:
    """Images and statuses of all runs in Azure, newest first."""
    environ = {**os.environ, **shop.tree.environment}
    registry = load(shop.tree.folder, None, environ, environment="prod").environment("prod").registry
    clock = SystemClock()
    transport = Transport(clock, ca_file=registry.ca_file, timeout=10, environ=environ)
    identity = make_identity(
        authority=registry.authority, ca_file=registry.ca_file, transport=transport, environ=environ
    )
    with closing(Arm(registry.arm_endpoint, identity, clock, ca_file=registry.ca_file, timeout=10)) as arm:
        group = calls.resource_id(registry.subscription, registry.resource_group, registry.name)
        found = arm.call(calls.list_runs(group))["value"]
    return [(run["properties"]["runId"], run["properties"]["status"]) for run in found]


def skipped(result: Result) -> list[str]:
    return [event["reason"] for event in result.named("step-skipped")]


def test_a_tag_that_exists_is_reused_refused_or_replaced_by_the_digest_of_its_context(shop: Rehearsal) -> None:
    first = shop.tree.json("build", "backend", "--version", "1.0.0")
    assert first.code == 0, first
    again = shop.tree.json("build", "backend", "--version", "1.0.0")
    digest = first.named("step-finished")[0]["detail"]
    assert (again.code, skipped(again)) == (0, [f"it exists, made of this very tree: {digest}"])

    (shop.tree.folder / "backend" / "app" / "new.py").write_text("print('new')\n")
    try:
        refused = shop.tree.json("build", "backend", "--version", "1.0.0")
        assert (refused.code, refused.outcome["problem"]["what"]) == (
            3,
            f"{BACKEND}:1.0.0 exists, and was made of another tree than the one here".replace(":1.0.0", ":prod-v1.0.0"),
        )
        assert "--rebuild" in refused.outcome["problem"]["action"]
        replaced = shop.tree.json("build", "backend", "--version", "1.0.0", "--rebuild")
        told = {w["finding"]["id"]: w["finding"] for w in replaced.named("warned")}
        assert replaced.code == 0, replaced
        assert set(told) == {"tag-replaced", "tree-dirty"}
        assert digest in told["tag-replaced"]["evidence"][0]
        assert told["tree-dirty"]["evidence"] == ["app/new.py"]
        unclean = shop.tree.json("build", "backend", "--version", "1.0.1", "--git-clean")
        assert (unclean.code, unclean.outcome["problem"]["evidence"]) == (3, ["app/new.py"])
        ci = type(shop.tree)(shop.tree.folder, {**shop.tree.environment, "CI": "true"})
        assert ci.json("build", "backend", "--version", "1.0.1").code == 3
    finally:
        (shop.tree.folder / "backend" / "app" / "new.py").unlink()


def test_an_image_that_does_not_say_its_context_is_reused_and_that_is_said(shop: Rehearsal) -> None:
    result = shop.tree.json("build", "backend", "--version", "0.8.7")
    assert result.code == 0
    assert skipped(result)[0].endswith("it does not say of which tree it was made")


def test_the_context_is_listed_and_nothing_is_contacted(shop: Rehearsal, tmp_path: Path) -> None:
    tree = type(shop.tree)(shop.tree.folder, {"PATH": os.environ["PATH"], "HTTPS_PROXY": "http://127.0.0.1:9"})
    secret = shop.tree.folder / "backend" / "app" / ".env"
    secret.write_text("PASSWORD=x\n")
    try:
        result = tree.json("build", "backend", "--list-context")
        text = tree.deployctl("build", "backend", "--list-context")
    finally:
        secret.unlink()
    (listed,) = result.named("context-listed")
    context = listed["context"]
    assert (listed["service"], context["dockerfile"]) == ("backend", "Dockerfile")
    assert [file["name"] for file in context["files"]] == [
        ".dockerignore",
        "Dockerfile",
        "app/.env",
        "app/__init__.py",
        "app/jobs.py",
        "app/main.py",
        "pyproject.toml",
    ]
    assert context["suspects"] == [{"name": "app/.env", "why": "environment variables, often passwords"}]
    assert listed["size"] == sum(file["size"] for file in context["files"])
    assert listed["largest"][0]["name"] == "app/main.py"
    assert "secret?   app/.env: environment variables, often passwords" in text.out
    assert text.code == 0


def test_arguments_reach_the_build_and_secret_ones_no_output(shop: Rehearsal) -> None:
    environment = {**shop.tree.environment, "NPM_TOKEN": "s3cret-npm-token", "PLAIN": "from-outside"}
    tree = type(shop.tree)(shop.tree.folder, environment)
    tree.replace(
        "backend/Dockerfile", "COPY app ./app\n", "ARG NPM_TOKEN\nARG PLAIN\nRUN $PLAIN $NPM_TOKEN\nCOPY app ./app\n"
    )
    options = (
        "--secret-arg",
        "NPM_TOKEN",
        "--build-arg",
        "PLAIN",
        "--build-arg",
        "PLIAN=x",
        "--platform",
        "linux/arm64",
        "--no-cache",
    )
    try:
        result = tree.json("build", "backend", "--version", "1.1.0", *options)
    finally:
        tree.run("git", "checkout", "backend/Dockerfile", check=True)
    assert result.code == 0, result
    told = result.out + result.err
    logs = (shop.sandbox.state / "requests.jsonl").read_text()
    for secret in ("s3cret-npm-token", environment["AZURE_CLIENT_SECRET"], "Bearer "):
        assert secret not in told + logs, secret
    assert "scheduleRun" in logs
    assert set(re.findall(r"\bsig=([^&\"]*)", told + logs)) == {"***"}
    findings = {w["finding"]["id"]: w["finding"] for w in result.named("warned")}
    assert "takes the build argument PLIAN" in findings["build-argument-unused"]["what"]
    assert findings["image-architecture"]["evidence"][0].endswith("linux/amd64"), findings
    assert shop.tree.json("build", "backend", "--secret-arg", "A=b").code == 2
    assert shop.tree.json("build", "backend", "--secret-arg", "NOT_SET_ANYWHERE").code == 2
    assert shop.tree.json("build", "backend", "--platform", "windows").code == 2


def test_two_images_are_built_side_by_side_and_both_logs_can_be_read(shop: Rehearsal) -> None:
    result = shop.tree.deployctl("build", "backend", "frontend", "--version", "1.2.0")
    assert result.code == 0, result
    lines = [line[10:] for line in result.out.splitlines()]
    began = [line for line in lines if line.startswith("… build")]
    assert len(began) == 2
    ended = min(lines.index(line) for line in lines if line.startswith("✓ build"))
    assert all(lines.index(line) < ended for line in began), "the second begins before the first has ended"
    for service, step in (("backend", "EXPOSE 8000"), ("frontend", "EXPOSE 80")):
        assert any(line.startswith(f"    {service} | Step ") and line.endswith(step) for line in lines), service
    spread = [line.split(" | ")[0].strip() for line in lines if " | " in line]
    assert spread != sorted(spread), "their lines are mixed, each with its service"

    code, seen = in_terminal(
        f"{sys.executable} -m deployctl build backend frontend --version 1.2.1", shop.tree.folder, shop.tree.environment
    )
    assert code == 0, seen
    assert "backend | " in seen
    assert "frontend | " in seen


def test_a_failing_image_fails_the_build_and_the_other_one_is_there(shop: Rehearsal) -> None:
    shop.fault("build-run", image="*frontend*", status="Failed", log="npm ERR! broken", error="exit status 1", times=1)
    result = shop.tree.json("build", "backend", "frontend", "--version", "1.3.0")
    assert (result.code, result.outcome["outcome"]) == (3, "refused"), result
    assert "npm ERR! broken" in result.outcome["problem"]["evidence"]
    assert [event["step"] for event in result.named("step-finished")] == ["build"]
    again = shop.tree.json("build", "backend", "frontend", "--version", "1.3.0")
    assert (again.code, len(skipped(again))) == (0, 1), again


@pytest.mark.parametrize(
    ("services", "fault", "moment", "runs"),
    [
        (("backend",), ("arm-latency", {"path": "/storage/*", "seconds": 3, "times": 2}), '"packing ', 0),
        (("backend", "frontend"), ("build-run", {"queued": 600, "times": 2}), '"Queued ', 2),
        (("backend", "frontend"), ("build-run", {"seconds": 600, "times": 2}), '"Running ', 2),
    ],
    ids=["upload", "queue", "run"],
)
def test_ctrl_c_cancels_every_run_and_the_next_build_works(
    shop: Rehearsal, services: tuple[str, ...], fault: tuple[str, dict[str, Any]], moment: str, runs: int,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    kind, parameters = fault
    shop.fault(kind, **parameters)
    before = len(ran(shop))
    version = f"2.0.{abs(hash(request.node.name)) % 100000}"
    code, seen = interrupted(shop, (*services, "--version", version), lambda text: text.count(moment) == len(services))
    assert code == 130, seen
    assert '"outcome": "interrupted"' in seen.splitlines()[-1]
    new = ran(shop)[: len(ran(shop)) - before]
    assert [status for _, status in new] == ["Canceled"] * runs, seen
    ControlClient(shop.sandbox).clear_faults()
    assert shop.tree.json("build", *services, "--version", version).code == 0


@pytest.mark.parametrize(
    ("answer", "code", "status"), [("n", 0, "Succeeded"), ("y", 130, "Canceled")], ids=["go on", "cancel"]
)
def test_on_a_terminal_ctrl_c_asks_whether_to_cancel(shop: Rehearsal, answer: str, code: int, status: str) -> None:
    shop.fault("build-run", seconds=8 if answer == "n" else 600, times=1)
    command = f"{sys.executable} -m deployctl build backend --version 2.1.{code}"
    ended, seen = in_terminal(command, shop.tree.folder, shop.tree.environment, answer, interrupt_at="Running run")
    ControlClient(shop.sandbox).clear_faults()
    assert (ended, ran(shop)[0][1]) == (code, status), seen
    assert seen.count("Cancel what is being built? [y/N]: ") == 1


def interrupted(shop: Rehearsal, arguments: tuple[str, ...], when: Callable[[str], bool]) -> tuple[int, str]:
    """Ctrl-C as soon as the output is so; the exit code and the whole output."""
    command = [sys.executable, "-m", "deployctl", "build", *arguments, "--output", "json"]
    with subprocess.Popen(
        command, cwd=shop.tree.folder, env=dict(shop.tree.environment), stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        seen = ""
        for line in running.stdout:
            seen += line
            if when(seen):
                time.sleep(0.3)  # into the call that follows
                running.send_signal(signal.SIGINT)
                break
        seen += running.stdout.read()
        return running.wait(timeout=240), seen


def test_what_was_tested_is_what_is_promoted(shop: Rehearsal) -> None:
    built = shop.tree.json("build", "backend", "--env", "test", "--version", "3.0.0")
    assert built.code == 0, built
    digest = built.named("step-finished")[0]["detail"]
    promoted = shop.tree.json("promote", "backend", "--from", "test", "--to", "prod", "--version", "3.0.0")
    assert promoted.code == 0, promoted
    assert promoted.named("step-finished")[0]["detail"] == f"verified: {digest}"
    again = shop.tree.json("promote", "backend", "--from", "test", "--to", "prod", "--version", "3.0.0")
    assert (again.code, skipped(again)) == (0, [f"it is there already: {digest}"])
    other = shop.tree.json("promote", "backend", "--from", "test", "--to", "prod", "--version", "0.8.7")
    assert (other.code, other.outcome["problem"]["what"]) == (
        3,
        f"test has no {HOST}/klinematrix/backend:test-v0.8.7",
    )
    assert shop.tree.json("promote", "backend", "--from", "prod", "--to", "prod").code == 2
