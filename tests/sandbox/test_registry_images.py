"""Nodes that pull: what a kubelet is told, with which credential, for which host."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from served_registry import ADMIN, HOST, PULLER, make_registry

from deployctl.sandbox.contracts import DockerAuth, ImageConfig, PullError
from deployctl.sandbox.faults import FaultBoard
from deployctl.sandbox.registry.access import Account
from deployctl.sandbox.registry.containerd import ERRORS
from deployctl.sandbox.registry.images import SandboxImages
from deployctl.sandbox.registry.make import ImageSpec, make_image
from deployctl.sandbox.registry.registry import Challenge, Registry

REFERENCE = f"{HOST}/team/backend:v1"
PULL = DockerAuth(HOST, PULLER.username, PULLER.password)
WRONG = DockerAuth(HOST, PULLER.username, "wrong")
TOKEN_URL = f"https://{HOST}/oauth2/token?scope=repository%3Ateam%2Fbackend%3Apull&service={HOST}"
SPEC = ImageSpec(size=1 << 20, env={"A": "b=c"}, labels={"sandbox.version": "1"}, cmd=("serve",))


def images_of(registry: Registry, **unreachable: str) -> SandboxImages:
    return SandboxImages({HOST: registry}, registry.faults, unreachable)


def filled(challenge: Challenge = "bearer", anonymous_pull: bool = False) -> Registry:
    registry = make_registry(challenge, anonymous_pull)
    make_image(registry.storage, "team/backend", "v1", SPEC)
    return registry


def pull(images: SandboxImages, reference: str, *auths: DockerAuth, architecture: str = "amd64") -> ImageConfig:
    return asyncio.run(images.resolve(reference, auths, architecture))


def refusal(images: SandboxImages, reference: str, *auths: DockerAuth, architecture: str = "amd64") -> str:
    with pytest.raises(PullError) as caught:
        pull(images, reference, *auths, architecture=architecture)
    return str(caught.value)


def resolving(reference: str, cause: str) -> str:
    return f'failed to pull and unpack image "{reference}": failed to resolve reference "{reference}": {cause}'


def test_a_pulled_image_tells_digest_size_environment_and_behaviour() -> None:
    registry = filled()
    manifest = registry.storage.repository("team/backend").manifest("v1")

    assert pull(images_of(registry), REFERENCE, PULL) == ImageConfig(
        repository=f"{HOST}/team/backend",
        digest=manifest.digest,
        size=sum(layer.size for layer in manifest.parsed.layers),
        env={"A": "b=c"},
        labels={"sandbox.version": "1"},
        entrypoint=("/app",),
        cmd=("serve",),
    )


def test_a_declared_size_is_what_the_layers_have_to_the_tar_block() -> None:
    assert pull(images_of(filled()), REFERENCE, PULL).size == pytest.approx(SPEC.size, abs=1536)


def test_a_digest_reference_pulls_what_the_tag_did() -> None:
    registry = filled()
    digest = registry.storage.repository("team/backend").tags["v1"].digest
    by_tag = pull(images_of(registry), REFERENCE, PULL)
    assert pull(images_of(registry), f"{HOST}/team/backend@{digest}", PULL) == by_tag


@pytest.mark.parametrize(
    ("challenge", "auths", "cause"),
    [
        (
            "bearer",
            (),
            "failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized",
        ),
        (
            "bearer",
            (WRONG,),
            "failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized",
        ),
        ("basic", (), f"pulling from host {HOST} failed with status code [manifests v1]: 401 Unauthorized"),
        ("basic", (WRONG,), f"pulling from host {HOST} failed with status code [manifests v1]: 401 Unauthorized"),
    ],
)
def test_without_or_with_a_wrong_credential(challenge: Challenge, auths: tuple[DockerAuth, ...], cause: str) -> None:
    assert refusal(images_of(filled(challenge)), REFERENCE, *auths) == resolving(REFERENCE, cause)


@pytest.mark.parametrize(
    ("challenge", "auths", "cause"),
    [
        (
            "bearer",
            (),
            "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to "
            f"{TOKEN_URL}: 401 Unauthorized",
        ),
        (
            "bearer",
            (WRONG,),
            "failed to authorize: failed to fetch oauth token: unexpected status from GET request to "
            f"{TOKEN_URL}: 401 Unauthorized",
        ),
        (
            "basic",
            (),
            f"unexpected status from HEAD request to https://{HOST}/v2/team/backend/manifests/v1: 401 Unauthorized",
        ),
    ],
)
def test_a_newer_containerd_names_the_request(challenge: Challenge, auths: tuple[DockerAuth, ...], cause: str) -> None:
    images = replace(images_of(filled(challenge)), containerd="2")
    assert refusal(images, REFERENCE, *auths) == resolving(REFERENCE, cause)


def test_a_missing_tag_is_not_found() -> None:
    reference = f"{HOST}/team/backend:nope"
    told = refusal(images_of(filled()), reference, PULL)
    assert told == "rpc error: code = NotFound desc = " + resolving(reference, f"{reference}: not found")


def test_a_repository_outside_the_credential_is_denied() -> None:
    registry = filled()
    make_image(registry.storage, "secret/x", "v1", SPEC)
    told = refusal(images_of(registry), f"{HOST}/secret/x:v1", PULL)
    assert told.endswith("server message: insufficient_scope: authorization failed")


def test_an_index_without_the_nodes_architecture_does_not_match() -> None:
    registry = filled()
    spec = ImageSpec(size=4096, platforms=("linux/arm64", "linux/s390x"))
    make_image(registry.storage, "team/backend", "other", spec)
    reference = f"{HOST}/team/backend:other"
    assert refusal(images_of(registry), reference, PULL) == (
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{reference}": '
        "no match for platform in manifest: not found"
    )


def test_an_index_gives_the_nodes_platform_under_the_digest_of_the_index() -> None:
    registry = filled()
    spec = ImageSpec(size=4096, platforms=("linux/amd64", "linux/arm64"))
    index = make_image(registry.storage, "team/backend", "both", spec)
    found = pull(images_of(registry), f"{HOST}/team/backend:both", PULL, architecture="arm64")
    assert (found.digest, found.architecture) == (index.digest, "arm64")


def test_a_lone_manifest_of_another_architecture_is_pulled() -> None:
    """containerd checks platforms of indexes only; the program then cannot start."""
    registry = filled()
    make_image(registry.storage, "team/backend", "arm", ImageSpec(size=4096, platforms=("linux/arm64",)))
    assert pull(images_of(registry), f"{HOST}/team/backend:arm", PULL).architecture == "arm64"


@pytest.mark.parametrize("error", sorted(ERRORS))
def test_every_named_error_of_a_pull_fault_has_its_words(error: str) -> None:
    registry = filled()
    registry.faults.add("image-pull", {"error": error})
    told = refusal(images_of(registry), REFERENCE, PULL)
    assert f'failed to pull and unpack image "{REFERENCE}": ' in told
    assert "{" not in told


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("timeout", "dial tcp 20.205.69.80:443: i/o timeout"),
        ("refused", "dial tcp 20.205.69.80:443: connect: connection refused"),
        ("tls", "x509: certificate signed by unknown authority"),
    ],
)
def test_hosts_that_cannot_be_reached(error: str, cause: str) -> None:
    images = SandboxImages({}, FaultBoard(), {"docker.io": error})
    head = 'failed to do request: Head "https://registry-1.docker.io/v2/library/redis/manifests/7": '
    assert refusal(images, "redis:7") == resolving("docker.io/library/redis:7", head + cause)


def test_a_host_that_nobody_knows_has_no_address() -> None:
    told = refusal(images_of(filled()), "nowhere.example.com/x:1")
    assert told.endswith("dial tcp: lookup nowhere.example.com on 10.96.0.10:53: no such host")


def test_an_expired_password_is_a_wrong_one() -> None:
    registry = filled()
    now = registry.clock.now()
    registry.accounts = (Account("puller", PULLER.password, expires=now + timedelta(hours=1)),)
    pull(images_of(registry), REFERENCE, PULL)
    registry.accounts = (Account("puller", PULLER.password, expires=now - timedelta(hours=1)),)
    assert "failed to fetch oauth token" in refusal(images_of(registry), REFERENCE, PULL)


def test_the_second_credential_is_tried_when_the_first_is_refused() -> None:
    assert pull(images_of(filled()), REFERENCE, WRONG, PULL).repository == f"{HOST}/team/backend"


def test_refusals_of_several_credentials_are_told_together() -> None:
    admin_wrong = DockerAuth(HOST, ADMIN.username, "wrong")
    registry = filled()
    make_image(registry.storage, "secret/x", "v1", SPEC)
    told = refusal(images_of(registry), f"{HOST}/secret/x:v1", PULL, admin_wrong)
    assert (told[0], told[-1]) == ("[", "]")
    assert "insufficient_scope" in told
    assert "failed to fetch oauth token" in told


@pytest.mark.parametrize(
    ("entry", "used"),
    [
        (HOST, True),
        (f"https://{HOST}", True),
        (f"https://{HOST}/v2/", True),
        ("*.azurecr.io", True),
        (f"{HOST}/team", True),
        (f"{HOST}/other", False),
        ("example.com", False),
        ("*.io", False),
    ],
)
def test_which_entries_of_a_docker_config_are_for_the_image(entry: str, used: bool) -> None:
    auth = DockerAuth(entry, PULLER.username, PULLER.password)
    images = images_of(filled())
    if used:
        pull(images, REFERENCE, auth)
    else:
        assert "anonymous token" in refusal(images, REFERENCE, auth)


def test_anonymous_pull_needs_no_credential() -> None:
    assert pull(images_of(filled(anonymous_pull=True)), REFERENCE).architecture == "amd64"


def test_a_pull_fault_strikes_its_image_as_often_as_it_says() -> None:
    registry = filled()
    registry.faults.add("image-pull", {"image": "*/team/backend:*", "error": "throttled", "times": 1})
    images = images_of(registry)
    assert refusal(images, REFERENCE, PULL).endswith("429 Too Many Requests")
    assert pull(images, REFERENCE, PULL).architecture == "amd64"
