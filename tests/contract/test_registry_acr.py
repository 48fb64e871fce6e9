"""ACR's data plane: by its own SDK with an Azure identity, and as docker does with passwords and tokens."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from azure_world import LIMITED, AzureWorld, azure_world
from hurried_clock import HurriedClock

from deployctl.adapters.registry.chain import RegistryChain
from deployctl.adapters.registry.factory import make_registry
from deployctl.model.errors import Unavailable
from deployctl.model.image import ImageFacts, Platform
from deployctl.sandbox.registry.jwt import Signer

CREATED = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[AzureWorld]:
    with azure_world(tmp_path) as opened:
        yield opened


def by_azure(world: AzureWorld) -> RegistryChain:
    return make_registry(replace(world.config, credentials="azure"), environ=world.environ, clock=HurriedClock())


def by_login(world: AzureWorld, username: str, password: str) -> RegistryChain:
    environ = {"DEPLOYCTL_REGISTRY_USERNAME": username, "DEPLOYCTL_REGISTRY_PASSWORD": password}
    return make_registry(replace(world.config, credentials="environment"), environ=environ, clock=HurriedClock())


def layers(world: AzureWorld, digest: str) -> list[dict[str, int]]:
    manifest = world.registry.storage.repository("team/backend").manifest(digest)
    found: list[dict[str, int]] = json.loads(manifest.body)["layers"]
    return found


def test_both_ways_in_say_the_same_of_an_image(world: AzureWorld) -> None:
    digest = world.make("v1", size=4 << 20)
    size = sum(layer["size"] for layer in layers(world, digest))
    expected = ImageFacts(
        replace(world.image("v1"), digest=digest), size, (Platform("linux", "amd64"),), created=CREATED
    )
    assert by_azure(world).resolve(world.image("v1")) == expected
    assert by_login(world, "admin", "admin-secret").resolve(world.image("v1")) == expected


def test_both_ways_in_say_the_same_of_an_index(world: AzureWorld) -> None:
    digest = world.make("v1", platforms=("linux/amd64", "linux/arm64"), docker=True)
    found = by_azure(world).resolve(world.image("v1"))
    assert found is not None
    assert found.digest == digest
    assert found.platforms == (Platform("linux", "amd64"), Platform("linux", "arm64"))
    assert len(found.platform_digests) == 2
    assert found.answers(f"{world.image('').name}@{found.platform_digests[1]}")
    assert by_login(world, "admin", "admin-secret").resolve(world.image("v1")) == found


@pytest.mark.parametrize("repository", ["team/backend", "team/never-pushed"])
def test_what_is_missing_is_none(world: AzureWorld, repository: str) -> None:
    world.make("v1")
    for registry in (by_azure(world), by_login(world, "admin", "admin-secret")):
        assert registry.resolve(world.image("v2", repository)) is None
        assert registry.resolve(replace(world.image("", repository), digest=f"sha256:{'0' * 64}")) is None


def test_an_image_is_found_by_its_digest(world: AzureWorld) -> None:
    image = replace(world.image(""), digest=world.make("v1"))
    for registry in (by_azure(world), by_login(world, "admin", "admin-secret")):
        found = registry.resolve(image)
        assert found is not None
        assert found.image == image


def test_a_tag_that_moves_is_seen_by_the_same_adapter(world: AzureWorld) -> None:
    for registry in (by_azure(world), by_login(world, "admin", "admin-secret")):
        before, first = world.make("v1", salt="before"), registry.resolve(world.image("v1"))
        after, second = world.make("v1", salt="after"), registry.resolve(world.image("v1"))
        assert (first and first.digest, second and second.digest) == (before, after)


def test_tags_are_put_with_the_very_same_bytes(world: AzureWorld) -> None:
    digest = world.make("v1")
    by_azure(world).tag(world.image("v1"), digest, ("prod-latest", "prod-abc"))
    by_login(world, "admin", "admin-secret").tag(world.image("v1"), digest, ("by-login",))
    tags = world.registry.storage.repository("team/backend").tags
    assert {name: tag.digest for name, tag in tags.items()} == dict.fromkeys(
        ("v1", "prod-latest", "prod-abc", "by-login"), digest
    )


def test_the_refresh_token_that_az_acr_login_leaves_opens_the_registry(world: AzureWorld, tmp_path: Path) -> None:
    digest = world.make("v1")
    token = world.registry.refresh_token(world.registry.azure["builder-id"])
    null_user = base64.b64encode(b"00000000-0000-0000-0000-000000000000:").decode()
    entry = {"auth": null_user, "identitytoken": token}
    (tmp_path / "config.json").write_text(json.dumps({"auths": {world.config.login_server: entry}}))
    config = replace(world.config, credentials="docker")
    registry = make_registry(config, environ={"DOCKER_CONFIG": str(tmp_path)}, clock=HurriedClock())
    found = registry.resolve(world.image("v1"))
    assert found is not None
    assert found.digest == digest


def test_a_token_for_another_repository_says_that_the_credential_is_good(world: AzureWorld) -> None:
    world.make("v1")
    registry = by_login(world, LIMITED.username, LIMITED.password)
    assert registry.resolve(world.image("v1")) is not None
    with pytest.raises(Unavailable) as caught:
        registry.resolve(world.image("v1", "team/frontend"))
    problem = caught.value.problem
    assert problem.what == "the registry knows the credential but does not open this repository with it"
    assert "the credential itself is accepted" in problem.evidence[0]
    assert "AcrPull" in problem.action


def test_a_password_that_has_expired_is_arch001_and_names_no_secret(world: AzureWorld) -> None:
    world.make("v1")
    world.faults.add("credential-expired", {"username": "admin"})
    with pytest.raises(Unavailable) as caught:
        by_login(world, "admin", "admin-secret").resolve(world.image("v1"))
    problem = caught.value.problem
    assert problem.what == "the registry refused every credential"
    assert problem.incident == "ARCH001"
    assert problem.action == "az acr login --name example"
    assert problem.evidence[0].startswith("environment (DEPLOYCTL_REGISTRY_USERNAME): HTTP 401 (UNAUTHORIZED: ")
    assert "admin-secret" not in f"{problem} {caught.value!r}"


def test_without_an_azure_identity_the_pull_secret_opens_the_registry(world: AzureWorld) -> None:
    digest = world.make("v1")
    secret = {"auths": {"*.azurecr.io": {"auth": base64.b64encode(b"admin:admin-secret").decode()}}}
    registry = make_registry(
        world.config,
        environ={"HOME": "/nowhere", "AZURE_TOKEN_CREDENTIALS": "prod", "AZURE_TENANT_ID": "t"},
        read_pull_secrets=lambda: {"acr-secret": json.dumps(secret).encode()},
        clock=HurriedClock(),
    )
    found = registry.resolve(world.image("v1"))
    assert found is not None
    assert found.digest == digest


def test_a_refused_service_principal_is_named_with_entras_words(world: AzureWorld) -> None:
    environ = {**world.environ, "AZURE_CLIENT_SECRET": "wrong-secret"}
    registry = make_registry(replace(world.config, credentials="azure"), environ=environ, clock=HurriedClock())
    with pytest.raises(Unavailable) as caught:
        registry.resolve(world.image("v1"))
    evidence = "\n".join(caught.value.problem.evidence)
    assert "service principal with a secret" in evidence
    assert "AADSTS7000215: Invalid client secret provided" in evidence
    assert "wrong-secret" not in f"{caught.value.problem} {caught.value!r}"


def test_content_that_is_not_what_its_digest_says_is_refused(world: AzureWorld) -> None:
    world.make("v1")
    for registry in (by_azure(world), by_login(world, "admin", "admin-secret")):
        world.faults.add("registry-digest", {"digest": f"sha256:{'e' * 64}"})
        with pytest.raises(Unavailable):
            registry.resolve(world.image("v1"))
        world.faults.clear()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_error_of_the_registry_is_tried_again(world: AzureWorld, status: int) -> None:
    world.make("v1")
    world.faults.add("registry-error", {"status": status, "times": 2, "path": "/v2/*"})
    assert by_login(world, "admin", "admin-secret").resolve(world.image("v1")) is not None


def test_dropped_connections_are_tried_again_and_then_said(world: AzureWorld) -> None:
    world.make("v1")
    registry = by_login(world, "admin", "admin-secret")
    world.faults.add("registry-drop", {"times": 2})
    assert registry.resolve(world.image("v1")) is not None
    world.faults.add("registry-drop", {})
    with pytest.raises(Unavailable) as caught:
        registry.resolve(world.image("v1"))
    assert caught.value.problem.what.startswith("no answer: ")


def test_a_registry_that_throttles_for_long_is_named_as_such(world: AzureWorld) -> None:
    world.make("v1")
    world.faults.add("registry-error", {"status": 429, "retry_after": 600})
    with pytest.raises(Unavailable) as caught:
        by_login(world, "admin", "admin-secret").resolve(world.image("v1"))
    assert "HTTP 429" in caught.value.problem.what
    assert "wait" in caught.value.problem.action


def test_a_certificate_of_an_unknown_authority_asks_for_ca_file(world: AzureWorld) -> None:
    config = replace(world.config, ca_file=None, credentials="anonymous")
    with pytest.raises(Unavailable) as caught:
        make_registry(config, environ={}, clock=HurriedClock()).resolve(world.image("v1"))
    assert "certificate" in caught.value.problem.what
    assert "ca_file" in caught.value.problem.action


def test_the_sdks_tokens_are_kept_so_that_a_second_look_is_one_request(world: AzureWorld) -> None:
    world.make("v1")
    registry = by_azure(world)
    counts = []
    for _ in range(3):
        world.data.clear()
        registry.resolve(world.image("v1"))
        counts.append(len(world.data))
    assert counts == [5, 1, 1]


def test_a_kept_token_that_the_registry_no_longer_knows_is_replaced(world: AzureWorld) -> None:
    digest = world.make("v1")
    registry = by_azure(world)
    registry.resolve(world.image("v1"))
    world.registry.signer = Signer()
    found = registry.resolve(world.image("v1"))
    assert found is not None
    assert found.digest == digest
