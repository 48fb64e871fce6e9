"""What deployctl makes of the words of Azure, docker and registries: hints, failing steps, masked secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployctl.adapters.builds.failure import failing_step
from deployctl.adapters.builds.hints import hint
from deployctl.adapters.builds.masking import masker
from deployctl.adapters.builds.refusals import ArmRefused
from deployctl.model.rules.build_log import unused_arguments
from deployctl.model.service import BuildArgument, BuildSource

SAID = [
    ("TasksOperationsNotAllowed", "not open to this subscription"),
    ("toomanyrequests: You have reached your unauthenticated pull rate limit.", "Docker Hub limits"),
    ("client with IP '10.1.2.3' is not allowed access. Refer https://aka.ms/acr/firewall", "firewall keeps the agent"),
    ("AuthorizationFailed", "Container Registry Tasks Contributor"),
    ("pull access denied for nginxx, repository does not exist or may require 'docker login'", "name and tag in FROM"),
    ("manifest for python:3.99 not found: manifest unknown: manifest unknown", "name and tag in FROM"),
    ("unauthorized: authentication required", "permissions of the identity"),
    ("Operation could not be completed as it results in exceeding approved Total Cores quota.", "limit of the"),
    ("QuotaExceeded", "limit of the subscription"),
    ("write /var/lib/docker/tmp: no space left on device", "disk is full"),
    ("COPY failed: file not found in build context or excluded by .dockerignore: stat a: no file", ".dockerignore"),
    ("the --mount option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/", "without BuildKit"),
    ("exec /bin/sh: exec format error", "another architecture"),
    ("The command '/bin/sh -c npm run build' returned a non-zero code: 137", "larger agents"),
    ("npm error code EAI_AGAIN", "try again"),
    ("Get https://registry-1.docker.io/v2/: net/http: i/o timeout", "try again"),
]


@pytest.mark.parametrize(("said", "helps"), SAID, ids=[said[:30] for said, _ in SAID])
def test_a_known_message_has_what_helps(said: str, helps: str) -> None:
    assert helps in hint("Step 3/4", said)


@pytest.mark.parametrize(
    "said",
    [
        "test_quota_is_shown FAILED",
        "Setting up firewalld (1.3.0)",
        "warning: unused variable: `limit`",
        "AssertionError: 136 != 137",
        "src/manifest.json: unknown key",
    ],
)
def test_what_only_looks_like_one_has_none(said: str) -> None:
    assert hint(said) == ""


def test_the_failing_step_is_told_with_its_last_lines_without_colours_and_rewritten_bars() -> None:
    lines = (
        "Step 1/3 : FROM scratch",
        "Step 2/3 : RUN npm ci",
        " ---> Running in 0123",
        "10 %\r50 %\r100 %",
        "\x1b[31mnpm error\x1b[0m broken",
        "Removing intermediate container 0123",
        " ---> 4567",
        'Step 3/3 : LABEL dev.deployctl.context="sha256:1"',
        "2026/11/27 02:00:00 Container failed during run: build. No retries remaining.",
    )
    assert failing_step(lines) == ("step 2/3: RUN npm ci", ("100 %", "npm error broken"))


def test_what_is_built_and_not_pushed_failed_at_no_step() -> None:
    lines = (
        "Step 1/1 : FROM scratch",
        " ---> 0123",
        "Successfully built 0123",
        "Successfully tagged shop.azurecr.io/api:v1",
        "2026/11/27 02:00:00 Pushing image: shop.azurecr.io/api:v1, attempt 1",
        "unauthorized: authentication required",
    )
    step = "its push, after the last step of the Dockerfile"
    assert failing_step(lines) == (step, ("unauthorized: authentication required",))


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("[Warning] One or more build-args [TYPO] were not consumed", ["TYPO"]),
        ("[Warning] One or more build-args [A B] were not consumed\r", ["A, B"]),
        ("Step 3/9 : ARG TYPO", []),
        ("echo '[Warning] One or more build-args'", []),
    ],
)
def test_a_build_argument_that_nothing_takes_is_told(line: str, names: list[str]) -> None:
    told = [finding.what for finding in unused_arguments("api", line)]
    whats = [f"no ARG of api's Dockerfile takes the build argument {n}: the image was built without it" for n in names]
    assert told == whats


def test_every_line_of_a_secret_is_masked_but_not_its_brackets() -> None:
    key = '{\n  "private_key": "abcdef0123456789",\n}\n'
    source = BuildSource(Path(), Path("Dockerfile"), arguments=(BuildArgument("KEY", key, secret=True),))
    mask = masker(source)
    assert mask('+ echo {"private_key": "abcdef0123456789",}') == "+ echo {***}"
    assert mask(f"all: {key}") == "all: ***"
    assert mask("{ }") == "{ }"


def test_copying_asks_for_another_role_than_building() -> None:
    denied = ("AuthorizationFailed", "no authorization to perform action")
    build, copy = (ArmRefused(403, *denied, f"/r/{call}", "az login") for call in ("scheduleRun", "importImage"))
    assert "Tasks Contributor" in build.problem.action
    assert "Data Importer and Data Reader" in copy.problem.action
    assert build.problem.evidence[-1] == "asked with the identity: az login"
