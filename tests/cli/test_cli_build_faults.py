"""`deployctl build` while Azure fails, row by row: the right ending, the right exit code, never a false success."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from rehearsal import HOST, Rehearsal, rehearsal

from deployctl.sandbox.process.control_client import ControlClient

IMAGE = f"{HOST}/klinecubic/backend"
VERSIONS = map("5.0.{}".format, itertools.count())
CALLS = {
    "registry": "*/registries/*Agent",
    "upload-url": "*/listBuildSourceUploadUrl",
    "upload": "/storage/*",
    "schedule": "*/scheduleRun",
    "run": "*/runs/*",
    "log-url": "*/listLogSasUrl",
    "log": "/logs/*",
}
"""What a build asks of Azure, as patterns of paths; `cancel` is asked by Ctrl-C alone, and tried elsewhere."""
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "429": ("arm-error", {"status": 429, "retry_after": 0}),
    "500": ("arm-error", {"status": 500}),
    "403": ("arm-error", {"status": 403, "code": "AuthorizationFailed", "message": "no authorization to perform"}),
    "dropped": ("arm-drop", {}),
}
Fault = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    with rehearsal(tmp_path_factory.mktemp("faults")) as subject:
        yield subject


def at(call: str, kind: str, times: int = 0) -> Fault:
    name, parameters = KINDS[kind]
    return name, {"path": CALLS[call], **parameters, **({"times": times} if times else {})}


def run(status: str, **more: Any) -> Fault:
    return "build-run", {"status": status, "error": "failed during run, err: exit status 1", **more}


def outcome(shop: Rehearsal, *faults: Fault) -> tuple[int, str, str]:
    """Exit code, outcome and what it says, with `V` for the version. A success is believed when the registry has an
    image of this very tree, asked once Azure is well again."""
    version = next(VERSIONS)
    for kind, parameters in faults:
        shop.fault(kind, **parameters)
    try:
        result = shop.tree.json("build", "backend", "--version", version)
    finally:
        ControlClient(shop.sandbox).clear_faults()
    ended = result.outcome
    if result.code == 0:
        (again,) = shop.tree.json("build", "backend", "--version", version).named("step-skipped")
        assert again["reason"].startswith("it exists, made of this very tree"), again
    return result.code, ended["outcome"], (ended.get("problem") or {"what": ""})["what"].replace(version, "V")


@pytest.mark.parametrize("kind", ["429", "500", "dropped"])
def test_what_passes_is_survived_at_every_call_of_one_build(shop: Rehearsal, kind: str) -> None:
    """All seven fail in the same build; only the start, which must not be made twice, is throttled alone."""
    passing = [at(call, "429" if call == "schedule" else kind, times=2) for call in CALLS]
    assert outcome(shop, *passing) == (0, "done", "")


def test_the_log_goes_on_where_the_connection_was_lost(shop: Rehearsal) -> None:
    version = next(VERSIONS)
    shop.fault("build-run", seconds=6, times=1)
    shop.fault("arm-drop", path=CALLS["log"], probability=0.5, times=3)
    try:
        result = shop.tree.json("build", "backend", "--version", version)
    finally:
        ControlClient(shop.sandbox).clear_faults()
    told = [event["text"] for event in result.named("log-line")]
    steps = [line for line in told if line.startswith("Step ")]
    assert result.code == 0
    assert len(steps) == len(set(steps)), told
    first, *_, last = steps
    assert first.startswith("Step 1/"), told
    assert last.split()[1].split("/")[0] == last.split()[1].split("/")[1], told


def test_an_identity_that_azure_refuses_is_said_once_without_a_librarys_noise(shop: Rehearsal) -> None:
    tree = type(shop.tree)(shop.tree.folder, {**shop.tree.environment, "AZURE_CLIENT_SECRET": "wrong-secret-value"})
    result = tree.json("build", "backend", "--version", next(VERSIONS))
    problem = result.outcome["problem"]
    assert (result.code, result.err) == (3, "")
    assert problem["what"] == "Azure refused the service principal with a secret"
    assert "AADSTS7000215" in problem["evidence"][0]
    assert "wrong-secret-value" not in result.out


def test_ctrl_c_that_azure_does_not_hear_says_so_and_how_to_cancel(shop: Rehearsal) -> None:
    shop.fault("build-run", seconds=600, times=1)
    shop.fault("arm-error", path="*/cancel", status=500)
    command = [sys.executable, "-m", "deployctl", "build", "backend", "--version", next(VERSIONS), "-o", "json"]
    environment = {**os.environ, **shop.tree.environment}
    with subprocess.Popen(command, cwd=shop.tree.folder, env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        next(line for line in running.stdout if '"Running ' in line)
        running.send_signal(signal.SIGINT)
        ended = json.loads(running.stdout.readlines()[-1])
    ControlClient(shop.sandbox).clear_faults()
    assert (running.returncode, ended["outcome"]) == (130, "interrupted")
    assert "could not be cancelled: it may go on in Azure" in ended["problem"]["what"]
    assert ended["problem"]["action"].startswith("az acr task cancel-run --registry financialAgent --run-id ")


LASTING = [
    (at("registry", "500"), "Azure answered HTTP 500 InternalServerError"),
    (at("registry", "dropped"), "no answer: "),
    (at("registry", "403"), "Azure answered HTTP 403 AuthorizationFailed"),
    (at("upload-url", "429"), "Azure answered HTTP 429 TooManyRequests"),
    (at("upload-url", "403"), "Azure answered HTTP 403 AuthorizationFailed"),
    (at("upload", "500"), "the build context could not be uploaded: HTTP 500"),
    (at("upload", "dropped"), "the build context could not be uploaded: no answer: "),
    (("sas-expired", {"purpose": "upload"}), "the storage for build contexts refuses the link"),
    (at("schedule", "429"), "Azure answered HTTP 429 TooManyRequests"),
    (at("schedule", "403"), "Azure answered HTTP 403 AuthorizationFailed"),
    (at("run", "403"), "Azure answered HTTP 403 AuthorizationFailed"),
    (run("Failed"), "failed at step"),
    (run("Canceled"), "was cancelled in Azure at step"),
    (run("Error"), "failed inside Azure at step"),
    (run("Timeout"), "took longer than its timeout at step"),
    (("build-digest", {}), "the registry's digest is not the one that the build pushed"),
    (("registry-error", {"status": 503, "path": "/v2/*/manifests/*"}), "503"),
]


@pytest.mark.parametrize(("fault", "says"), LASTING, ids=[f"{f[0]}-{says[-24:]}" for f, says in LASTING])
def test_what_lasts_is_refused_in_plain_words_and_never_done(shop: Rehearsal, fault: Fault, says: str) -> None:
    code, ended, what = outcome(shop, fault)
    assert (code, ended) == (3, "refused"), what
    assert says in what


LOGS: list[Fault] = [
    ("build-log", {"missing": True}),
    ("build-log", {"late": 2.0}),
    ("build-log", {"complete": "something-new"}),
    ("sas-expired", {"purpose": "log", "times": 1}),
    at("log-url", "403"),
    at("log", "500"),
    at("log", "dropped"),
]
"""The log is best effort: none of these may change how a build ends."""


@pytest.mark.parametrize("log", LOGS, ids=["missing", "late", "unknown", "expired", "no-link", "500", "dropped"])
def test_whatever_the_log_does_the_run_decides(shop: Rehearsal, log: Fault) -> None:
    assert outcome(shop, log) == (0, "done", "")
    code, ended, what = outcome(shop, log, run("Failed"))
    assert (code, ended) == (3, "refused")
    assert " failed" in what
