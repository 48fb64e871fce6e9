"""What the texts of failed pulls mean. Recorded on containerd 1.6 and 2.x, or as their sources write them."""

from __future__ import annotations

import pytest

from deployctl.model.rules.pull_errors import classify_pull_error

REF = "r.azurecr.io/shop/backend:prod-v0.8.8"
OLD = f'failed to pull and unpack image "{REF}": failed to resolve reference "{REF}": '
NEW = "unexpected status from HEAD request to https://r.azurecr.io/v2/shop/backend/manifests/prod-v0.8.8: "
DO = OLD + "failed to do request: Head https://r.azurecr.io/v2/: "
HOST = OLD + "pulling from host r.azurecr.io failed with status code [manifests v1]: "
AUTH = OLD + "failed to authorize: "

TEXTS = (
    (
        f'failed to pull and unpack image "{REF}": no match for platform in manifest: not found',
        "pull-wrong-architecture",
    ),
    (
        DO + "dial tcp 1.2.3.4:443: i/o timeout",
        "registry-unreachable",
    ),
    (
        DO + "net/http: TLS handshake timeout",
        "registry-unreachable",
    ),
    (DO + "dial tcp: lookup r.azurecr.io: no such host", "registry-unreachable"),
    (DO + "x509: certificate signed by unknown authority", "pull-tls-trust"),
    (OLD + "http: server gave HTTP response to HTTPS client", "pull-plain-http"),
    (
        HOST + "429 Too Many Requests",
        "pull-throttled",
    ),
    ("toomanyrequests: You have reached your pull rate limit.", "pull-throttled"),
    (OLD + NEW + "503 Service Unavailable", "registry-error"),
    (
        HOST + "500 Internal Server Error",
        "registry-error",
    ),
    (
        AUTH + "failed to fetch anonymous token: unexpected status from GET request to "
        "https://r.azurecr.io/oauth2/token?scope=repository%3Ashop%2Fbackend%3Apull&service=x: 401 Unauthorized",
        "pull-secret-missing",
    ),
    (
        AUTH + "failed to fetch oauth token: unexpected status from POST request to "
        "https://r.azurecr.io/oauth2/token: 401 Unauthorized",
        "pull-credentials-wrong",
    ),
    (
        AUTH + "failed to fetch anonymous token: unexpected status: 401 Unauthorized",
        "pull-secret-missing",
    ),
    (
        HOST + "401 Unauthorized",
        "pull-unauthorized",
    ),
    (OLD + NEW + "401 Unauthorized", "pull-unauthorized"),
    (OLD + NEW + "403 Forbidden", "pull-forbidden"),
    (
        OLD + "pull access denied, repository does not exist or may require authorization: server message: "
        "insufficient_scope: authorization failed",
        "pull-forbidden",
    ),
    (OLD + f"{REF}: not found", "image-absent"),
    (OLD + NEW + "404 Not Found", "image-absent"),
    ("manifest unknown: manifest tagged by prod-v0.8.8 is not found", "image-absent"),
    ("write /var/lib/containerd/x: no space left on device", "node-disk-full"),
    ("pull QPS exceeded", "pull-throttled"),
    ("something that nobody has seen before", "pull-failed"),
)


@pytest.mark.parametrize(("text", "cause"), TEXTS, ids=[f"{cause}-{i}" for i, (_, cause) in enumerate(TEXTS)])
def test_a_text_has_one_meaning(text: str, cause: str) -> None:
    assert classify_pull_error(text, REF).cause == cause


@pytest.mark.parametrize("number", ["401", "403", "429", "500", "503"])
@pytest.mark.parametrize(
    "reference", ["r.example:5{n}/shop/backend:v1", "r.example/shop/backend:v1.{n}", "r.example/shop/b{n}:v1"]
)
def test_numbers_in_an_images_own_name_mean_nothing(number: str, reference: str) -> None:
    ref = reference.format(n=number)
    assert classify_pull_error(f'failed to resolve reference "{ref}": {ref}: not found', ref).cause == "image-absent"


def test_credentials_are_fatal_on_repetition_and_the_network_is_given_time() -> None:
    patience = {cause: classify_pull_error(text, REF).patience for text, cause in TEXTS}
    assert {cause for cause, how in patience.items() if how == "network"} == {
        "registry-unreachable",
        "pull-tls-trust",
        "pull-throttled",
        "registry-error",
        "node-disk-full",
        "pull-failed",
    }


def test_the_host_that_the_pull_secret_must_name_is_in_the_command() -> None:
    error = classify_pull_error(OLD + NEW + "401 Unauthorized", REF)
    assert "--docker-server=r.azurecr.io " in error.action
    assert error.incident == "ARCH001"


@pytest.mark.parametrize("reference", ["redis:7", "library/redis:7", "docker.io/library/redis:7"])
def test_docker_hub_out_of_reach_is_an_incident_of_its_own(reference: str) -> None:
    error = classify_pull_error("dial tcp: lookup registry-1.docker.io: i/o timeout", reference)
    assert (error.cause, error.incident) == ("docker-hub-unreachable", "K8S-001")
