"""Builds by the calls that `az acr build` makes, against the sandbox's Resource Manager."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from served_azure import READER, SUBSCRIPTION, AzureClient, R, archive, request_body, served_azure

from deployctl.sandbox.arm.agent import Pace
from deployctl.sandbox.clock import ScaledClock
from deployctl.sandbox.contracts import ImageConfig
from deployctl.sandbox.registry.images import SandboxImages

DOCKERFILE = """\
# syntax is not looked at
ARG BASE=python:3.12-slim
FROM ${BASE} AS base
ENV PYTHONUNBUFFERED=1 \\
    MODE="a b"

FROM base AS production
ARG COLOUR=blue
LABEL sandbox.ports="8000" colour=$COLOUR
COPY pyproject.toml ./
COPY app/ ./app
RUN pip install .
CMD ["python", "-m", "app"]

FROM production AS test
COPY tests ./tests
"""
FILES = {
    "Dockerfile": DOCKERFILE,
    "pyproject.toml": '[project]\nname = "x"\nversion = "1.2.3"\n',
    "app/main.py": "print()\n",
}


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[AzureClient]:
    with served_azure(tmp_path) as found:
        yield found


def pulled(azure: AzureClient, tag: str = "v1") -> ImageConfig:
    images = SandboxImages({azure.registry.host: azure.registry}, azure.registry.faults)
    return images.inspect(f"{azure.registry.host}/team/backend:{tag}", "amd64")


def test_a_build_makes_the_image_whose_digest_the_run_names(azure: AzureClient) -> None:
    run, log = azure.build(FILES, target="production", arguments=[{"name": "COLOUR", "value": "red"}])

    image = pulled(azure)
    assert (run["status"], run["outputImages"]) == (
        "Succeeded",
        [
            {
                "registry": azure.registry.host,
                "repository": "team/backend",
                "tag": "v1",
                "digest": image.digest,
            }
        ],
    )
    assert image.env == {"PYTHONUNBUFFERED": "1", "MODE": "a b"}
    assert {**image.labels, "sandbox.context": ""} == {
        "sandbox.ports": "8000",
        "colour": "red",
        "sandbox.version": "1.2.3",
        "sandbox.salt": image.labels["sandbox.salt"],
        "sandbox.context": "",
    }
    assert image.cmd == ("python", "-m", "app")
    assert 'Step 5/9 : LABEL sandbox.ports="8000" colour=$COLOUR\r\n' in log
    assert re.search(r"\r\n\r\nRun ID: cb1 was successful after \d+s\r\n$", log)
    assert log.count("\n") == log.count("\r\n")


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"package.json": '{"version": "0.11.4"}'}, "0.11.4"),
        ({"pyproject.toml": '[tool.poetry]\nversion = "3.0"'}, "3.0"),
        ({"pyproject.toml": '[project]\nversion = "1"', "Dockerfile": "FROM x\nENV APP_VERSION=2"}, "2"),
        ({"Dockerfile": 'FROM x\nLABEL org.opencontainers.image.version="5"\nLABEL a=b'}, "5"),
        ({"Dockerfile": "FROM x\nLABEL sandbox.version=7"}, "7"),
        ({}, ""),
    ],
)
def test_where_the_version_of_the_health_document_comes_from(
    azure: AzureClient, files: dict[str, str], version: str
) -> None:
    azure.build({"Dockerfile": "FROM x", **files})
    assert pulled(azure).labels["sandbox.version"] == version


def test_a_second_build_of_the_same_context_has_another_digest_and_the_same_context(azure: AzureClient) -> None:
    azure.build(FILES, target="production")
    first = pulled(azure)
    azure.build(FILES, target="production")
    second = pulled(azure)
    assert first.digest != second.digest
    assert first.labels["sandbox.context"] == second.labels["sandbox.context"]


def failing(dockerfile: str, *told: str, **more: Any) -> Any:
    return pytest.param(dockerfile, told, more, id=told[0][:40])


@pytest.mark.parametrize(
    ("dockerfile", "told", "more"),
    [
        failing(
            "FROM x\nCOPY missing.txt .",
            "COPY failed: file not found in build context or excluded by .dockerignore: stat missing.txt: "
            "file does not exist",
        ),
        failing("FROM x\nADD nothing/*.py .", "ADD failed: file not found in build context"),
        failing("FROM x\nCOPY --from=7 /a /b", "invalid from flag value 7"),
        failing("FROM x\nCOPY alone", "COPY requires at least two arguments"),
        failing("FROM x\nCOPPY a b", "dockerfile parse error: unknown instruction: COPPY"),
        failing("RUN before", "no build stage in current context"),
        failing("# nothing", "cannot be empty"),
        failing("FROM x y", "FROM requires either one or three arguments"),
        failing("FROM ${NONE}", "should not be blank"),
        failing("FROM x\nRUN --mount=type=cache,target=/x true", "the --mount option requires BuildKit"),
        failing("FROM x", "failed to reach build target nope in Dockerfile", target="nope"),
    ],
)
def test_a_dockerfile_that_cannot_be_built_fails_the_run_with_its_step_in_the_log(
    azure: AzureClient, dockerfile: str, told: tuple[str, ...], more: dict[str, Any]
) -> None:
    run, log = azure.build({"Dockerfile": dockerfile, "app/main.py": ""}, **more)
    assert (run["status"], run["runErrorMessage"]) == ("Failed", "failed during run, err: exit status 1")
    assert "outputImages" not in run
    assert [text for text in told if text not in log] == []
    assert azure.registry.storage.names() == []


def test_a_missing_dockerfile_fails_the_run(azure: AzureClient) -> None:
    run, log = azure.build({"a": "b"}, dockerFilePath="docker/Dockerfile")
    assert run["status"] == "Failed"
    assert "lstat docker/Dockerfile: no such file or directory" in log


def test_a_source_that_is_no_archive_fails_the_run(azure: AzureClient) -> None:
    assert azure.finished(azure.schedule(b"not gzip"))["status"] == "Failed"


def test_copied_patterns_folders_and_stages_are_found(azure: AzureClient) -> None:
    dockerfile = (
        "FROM x AS one\nFROM y\nCOPY --from=one /a /b\nCOPY --from=0 /a /b\nCOPY app/*.py .\n"
        'COPY --chown=1:1 ["app", "./app"]\nADD https://example.com/x /x\nCOPY . .\nCOPY ./app/../Dockerfile .'
    )
    run, log = azure.build({"Dockerfile": dockerfile, "app/main.py": ""})
    assert run["status"] == "Succeeded", log


def test_the_run_goes_through_its_states_in_order_with_growing_times(azure: AzureClient) -> None:
    run = azure.schedule(archive(FILES), target="production")
    seen: list[str] = []
    while not seen or seen[-1] not in {"Succeeded", "Failed"}:
        status = azure.get(f"{R}/runs/{run}")["properties"]["status"]
        if not seen or seen[-1] != status:
            seen.append(status)
        time.sleep(0.005)
    assert seen == ["Queued", "Started", "Running", "Succeeded"]
    ended = azure.get(f"{R}/runs/{run}")["properties"]
    assert ended["createTime"] < ended["startTime"] < ended["finishTime"]


def test_the_log_is_missing_at_first_then_grows_and_is_complete_at_the_end(azure: AzureClient) -> None:
    run = azure.schedule(archive(FILES), target="production")
    link = azure.log_link(run)
    early = azure.http.request("HEAD", link)
    sizes, complete = set(), None
    while complete is None:
        head = azure.http.request("HEAD", link)
        complete = head.headers.get("x-ms-meta-Complete")
        if head.status == 200:
            sizes.add(int(head.headers["Content-Length"]))
        time.sleep(0.01)

    assert (early.status, complete) == (404, "successful")
    assert len(sizes) > 3
    part = azure.http.request("GET", link, headers={"x-ms-range": f"bytes=10-{min(sizes) + 9}"})
    whole = azure.http.request("GET", link)
    assert (part.status, part.data) == (206, whole.data[10 : min(sizes) + 10])
    past = azure.http.request("GET", link, headers={"x-ms-range": f"bytes={len(whole.data)}-"})
    assert (past.status, past.headers["x-ms-error-code"]) == (416, "InvalidRange")


def test_blocks_are_joined_in_the_order_of_their_list(azure: AzureClient) -> None:
    content = archive(FILES)
    place = json.loads(azure.call("POST", f"{R}/listBuildSourceUploadUrl", b"").data)
    names = [base64.b64encode(f"block-{n}".encode()).decode() for n in range(3)]
    third = len(content) // 3 + 1
    for number in (2, 0, 1):
        url = f"{place['uploadUrl']}&comp=block&blockid={names[number]}"
        assert azure.http.request("PUT", url, body=content[number * third : (number + 1) * third]).status == 201
    listed = "".join(f"<Latest>{name}</Latest>" for name in names)
    url = f"{place['uploadUrl']}&comp=blocklist"
    assert azure.http.request("PUT", url, body=f"<BlockList>{listed}</BlockList>").status == 201

    body = request_body(place["relativePath"], target="production")
    run = json.loads(azure.call("POST", f"{R}/scheduleRun", body).data)["properties"]["runId"]
    assert azure.finished(run)["status"] == "Succeeded"


def test_a_list_with_an_unknown_block_and_a_put_without_a_type_are_refused(azure: AzureClient) -> None:
    url = json.loads(azure.call("POST", f"{R}/listBuildSourceUploadUrl", b"").data)["uploadUrl"]
    listed = azure.http.request("PUT", f"{url}&comp=blocklist", body="<BlockList><Latest>eA==</Latest></BlockList>")
    plain = azure.http.request("PUT", url, body=b"x")
    codes = [(r.status, r.headers["x-ms-error-code"]) for r in (listed, plain)]
    assert codes == [(400, "InvalidBlockList"), (400, "MissingRequiredHeader")]


def test_links_end_and_cannot_be_made_up(azure: AzureClient) -> None:
    azure.registry.faults.add("sas-expired", {"purpose": "upload", "times": 1})
    expired = json.loads(azure.call("POST", f"{R}/listBuildSourceUploadUrl", b"").data)["uploadUrl"]
    fresh = json.loads(azure.call("POST", f"{R}/listBuildSourceUploadUrl", b"").data)["uploadUrl"]
    forged = fresh.replace("sig=", "sig=0")
    other = fresh.replace("/storage/example/", "/storage/other/")
    headers = {"x-ms-blob-type": "BlockBlob"}
    found = [
        azure.http.request("PUT", url, body=b"x", headers=headers).status for url in (expired, forged, other, fresh)
    ]
    assert found == [403, 403, 403, 201]


def test_a_cancelled_run_stays_cancelled_and_pushes_nothing(azure: AzureClient) -> None:
    run = azure.schedule(archive(FILES), target="production")
    while azure.get(f"{R}/runs/{run}")["properties"]["status"] != "Running":
        time.sleep(0.01)
    assert azure.call("POST", f"{R}/runs/{run}/cancel", b"").status == 200
    assert azure.finished(run)["status"] == "Canceled"
    time.sleep(0.4)  # longer than the build would have taken
    assert azure.finished(run)["status"] == "Canceled"
    assert azure.registry.storage.names() == []
    head = azure.http.request("HEAD", azure.log_link(run))
    assert head.headers["x-ms-meta-Complete"] == "canceled"


def test_secret_arguments_do_not_reach_the_log(azure: AzureClient) -> None:
    files = {"Dockerfile": "FROM x\nARG TOKEN\nLABEL a=1\nCOPY hunter2 ."}
    _, log = azure.build(files, arguments=[{"name": "TOKEN", "value": "hunter2", "isSecret": True}])
    assert "hunter2" not in log.replace("stat hunter2", "")
    assert "COPY ***" in log


@pytest.mark.parametrize("status", ["Failed", "Canceled", "Error", "Timeout"])
def test_a_run_ends_as_a_fault_says(azure: AzureClient, status: str) -> None:
    azure.registry.faults.add("build-run", {"status": status, "error": "because", "log": "toomanyrequests: slow down"})
    run, log = azure.build(FILES, target="production")
    assert (run["status"], run["runErrorMessage"]) == (status, "because")
    assert "toomanyrequests: slow down\r\n" in log
    assert azure.registry.storage.names() == []


def test_a_build_longer_than_its_timeout_is_a_timeout(azure: AzureClient) -> None:
    azure.azure.builds.pace = Pace(0.1, 301.0)
    azure.azure.builds.clock = ScaledClock(2000.0)
    run, _ = azure.build(FILES, target="production", timeout=300)
    assert run["status"] == "Timeout"


def test_faults_of_the_log_leave_the_run_true(azure: AzureClient) -> None:
    azure.registry.faults.add("build-log", {"complete": "quixotic", "times": 1})
    azure.registry.faults.add("build-log", {"missing": True, "times": 1})
    for expected in (("Succeeded", 200, "quixotic"), ("Succeeded", 404, None)):
        run = azure.schedule(archive(FILES), target="production")
        status = azure.finished(run)["status"]
        time.sleep(0.05)
        head = azure.http.request("HEAD", azure.log_link(run))
        assert (status, head.status, head.headers.get("x-ms-meta-Complete")) == expected


def test_a_run_can_name_another_digest_than_the_registry_has(azure: AzureClient) -> None:
    azure.registry.faults.add("build-digest", {"digest": f"sha256:{'1' * 64}"})
    run, _ = azure.build(FILES, target="production")
    assert run["outputImages"][0]["digest"] == f"sha256:{'1' * 64}" != pulled(azure).digest


def refused(answer: urllib3.BaseHTTPResponse) -> tuple[int, str]:
    return answer.status, json.loads(answer.data)["error"]["code"]


def test_free_subscriptions_may_not_build(tmp_path: Path) -> None:
    with served_azure(tmp_path, tasks_allowed=False) as azure:
        answer = azure.call("POST", f"{R}/listBuildSourceUploadUrl", b"")
        assert refused(answer) == (400, "TasksOperationsNotAllowed")


def test_an_identity_without_the_role_may_read_and_not_build(azure: AzureClient) -> None:
    azure.principal = READER
    assert azure.call("GET", R).status == 200
    assert refused(azure.call("POST", f"{R}/scheduleRun", request_body("x"))) == (403, "AuthorizationFailed")


def test_an_abac_registry_wants_the_callers_identity(tmp_path: Path) -> None:
    caller = {"sourceRegistry": {"identity": "[caller]"}}
    with served_azure(tmp_path, abac=True) as azure:
        without = azure.call("POST", f"{R}/scheduleRun", request_body("x"))
        given = azure.call("POST", f"{R}/scheduleRun", request_body("x", credentials=caller))
        assert azure.get(R)["properties"]["roleAssignmentMode"] == "AbacRepositoryPermissions"
        assert (refused(without), given.status) == ((400, "InvalidRequest"), 200)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "FileTaskRunRequest"},
        {"timeout": 10},
        {"sourceLocation": ""},
        {"dockerFilePath": ""},
        {"imageNames": ["Not Valid"]},
    ],
)
def test_a_request_that_cannot_be_is_refused(azure: AzureClient, change: dict[str, Any]) -> None:
    answer = azure.call("POST", f"{R}/scheduleRun", request_body("x", **change))
    assert refused(answer) == (400, "InvalidRequest")


def test_faults_of_the_management_calls(azure: AzureClient) -> None:
    azure.registry.faults.add("arm-error", {"status": 429, "path": "*/scheduleRun", "retry_after": 3, "times": 1})
    azure.registry.faults.add("arm-drop", {"path": f"{R}/runs/*", "times": 1})
    throttled = azure.call("POST", f"{R}/scheduleRun", request_body("x"))
    assert (refused(throttled), throttled.headers["Retry-After"]) == ((429, "TooManyRequests"), "3")
    with pytest.raises(urllib3.exceptions.ProtocolError):
        azure.call("GET", f"{R}/runs/cb1")
    assert refused(azure.call("GET", f"{R}/runs/cb1")) == (404, "RunNotFound")


def test_resources_are_found_by_type_and_names_without_regard_to_case(azure: AzureClient) -> None:
    asked = "resourceType%20eq%20'Microsoft.ContainerRegistry/registries'"
    found = azure.get(f"/subscriptions/{SUBSCRIPTION}/resources?$filter={asked}&api-version=2024-11-01")["value"]
    other = azure.get(f"/subscriptions/{SUBSCRIPTION}/resources?$filter=resourceType%20eq%20'Other/things'")["value"]
    assert ([r["id"] for r in found], other) == ([R], [])
    shouted = R.replace("resourceGroups/group", "resourcegroups/GROUP").replace(
        "registries/example", "registries/EXAMPLE"
    )
    assert azure.get(shouted)["properties"]["loginServer"] == azure.registry.host
    assert refused(azure.call("GET", R.replace("group", "nogroup"))) == (404, "ResourceGroupNotFound")
