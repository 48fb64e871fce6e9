"""importImage on the wire: what was tested gets another tag, verified."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from azure_world import AzureWorld, azure_world
from hurried_clock import HurriedClock

from deployctl.adapters.builds.factory import make_copier
from deployctl.adapters.registry.factory import make_registry
from deployctl.model.errors import DeployError, Refused, Unavailable
from deployctl.model.image import Image


@pytest.fixture
def world(tmp_path: Path) -> Iterator[AzureWorld]:
    with azure_world(tmp_path) as opened:
        yield opened


def copy(world: AzureWorld, source: Image, target: Image) -> None:
    copier = make_copier(world.config, (), environ=world.environ, clock=HurriedClock(), poll=0.02)
    assert copier is not None
    copier.copy(source, target)


def digest_there(world: AzureWorld, image: Image) -> str:
    found = make_registry(world.config, environ=world.environ).resolve(image)
    return found.digest if found else ""


def test_an_image_arrives_under_its_new_name_with_its_digest(world: AzureWorld) -> None:
    digest = world.make("test-v1", size=2048)
    target = world.image("prod-v1", "team/prod")
    copy(world, world.image("test-v1").with_digest(digest), target)
    assert digest_there(world, target) == digest
    assert world.count("POST", "/importImage") == 1
    assert any("/operations/" in one for one in world.requests), "202 is followed to its Location"


def test_a_tag_that_is_taken_is_left_alone(world: AzureWorld) -> None:
    digest, other = world.make("test-v1", size=2048), world.make("prod-v1", size=4096)
    with pytest.raises(Refused, match="backend:prod-v1 exists already"):
        copy(world, world.image("test-v1").with_digest(digest), world.image("prod-v1"))
    assert digest_there(world, world.image("prod-v1")) == other


@pytest.mark.parametrize(
    ("fault", "kind", "status"),
    [("arm-error", {"status": 429, "retry_after": 0}, ""), ("arm-error", {"status": 503}, "")],
)
def test_a_throttled_import_is_tried_again(world: AzureWorld, fault: str, kind: dict[str, Any], status: str) -> None:
    world.faults.add(fault, {**kind, "path": "*/importImage", "times": 2})
    digest = world.make("test-v1", size=2048)
    copy(world, world.image("test-v1").with_digest(digest), world.image("prod-v1"))
    assert digest_there(world, world.image("prod-v1")) == digest


@pytest.mark.parametrize("kind", ["arm-drop", "arm-error"])
def test_an_import_whose_answer_is_lost_is_not_repeated(world: AzureWorld, kind: str) -> None:
    world.faults.add(kind, {"path": "*/importImage", "times": 1, **({"status": 500} if kind == "arm-error" else {})})
    digest = world.make("test-v1", size=2048)
    with pytest.raises(Unavailable):
        copy(world, world.image("test-v1").with_digest(digest), world.image("prod-v1"))
    assert world.count("POST", "/importImage") == 1


def test_an_image_that_is_not_there_is_said_in_azures_words(world: AzureWorld) -> None:
    with pytest.raises(DeployError) as caught:
        copy(world, world.image("v1").with_digest("sha256:" + "0" * 64), world.image("prod-v1"))
    assert "ImageNotFound" in str(caught.value)


def test_a_registry_that_azure_does_not_know_is_refused_before_anything(world: AzureWorld) -> None:
    with pytest.raises(Refused, match="Azure imports from Azure registries"):
        copy(world, Image("registry.example.com", "a/b", "v1", "sha256:" + "0" * 64), world.image("prod-v1"))
    assert world.requests == []
    assert make_copier(replace(world.config, kind="oci"), (), environ={}, clock=HurriedClock()) is None


def test_a_locked_tag_cannot_be_overwritten_and_others_still_move(world: AzureWorld) -> None:
    registry = make_registry(world.config, environ=world.environ)
    digest = world.make("v1", size=2048)
    other = world.make("v2", size=4096)
    registry.lock(world.image("v1"))
    with pytest.raises(Unavailable, match="locked in the registry"):
        registry.tag(world.image("v2"), other, ("v1",))
    registry.tag(world.image("v1"), digest, ("latest",))
    assert digest_there(world, world.image("v1")) == digest
    assert digest_there(world, world.image("latest")) == digest


def test_the_admin_user_locks_as_well(world: AzureWorld) -> None:
    user, password = "DEPLOYCTL_REGISTRY_USERNAME", "DEPLOYCTL_REGISTRY_PASSWORD"
    account = next(one for one in world.registry.accounts if "admin" in one.roles)
    environ = {user: account.username, password: account.password}
    registry = make_registry(replace(world.config, credentials="environment"), environ=environ)
    digest = world.make("v1", size=2048)
    registry.lock(world.image("v1"))
    assert world.registry.storage.repository("team/backend").tags["v1"].attributes.write is False
    assert digest_there(world, world.image("v1")) == digest
