"""The OCI client against a real docker-registry into which a real skopeo has pushed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from docker_registry import PASSWORD, USER, docker_registry, push
from hurried_clock import HurriedClock
from registry_images import Layout

from deployctl.adapters.registry.factory import make_registry
from deployctl.model.environment import RegistryConfig
from deployctl.model.errors import Unavailable
from deployctl.model.image import Image, ImageFacts, Platform

CREATED = datetime(2025, 12, 13, 8, 9, 10, 123456, UTC)


@pytest.fixture(scope="module")
def open_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with docker_registry(tmp_path_factory.mktemp("open"), htpasswd=False) as host:
        yield host


@pytest.fixture(scope="module")
def closed_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("closed")
    with docker_registry(folder, htpasswd=True) as host:
        layout = Layout()
        push(layout.write(folder / "layout", layout.image("private")), f"{host}/shop/backend:v1", login=True)
        yield host


def config(host: str, **changes: object) -> RegistryConfig:
    return RegistryConfig(login_server=host, kind="oci", **changes)  # type: ignore[arg-type] # test shorthand


def test_an_image_is_resolved_to_its_digest_size_platform_and_time(open_registry: str, tmp_path: Path) -> None:
    layout = Layout()
    top = layout.image("one platform")
    push(layout.write(tmp_path / "layout", top), f"{open_registry}/shop/backend:v1")
    facts = make_registry(config(open_registry), environ={}).resolve(Image(open_registry, "shop/backend", "v1"))
    assert facts == ImageFacts(
        image=Image(open_registry, "shop/backend", "v1", top["digest"]),
        size=layout.layers_size(top),
        platforms=(Platform("linux", "amd64"),),
        created=CREATED,
    )


def test_an_index_keeps_its_own_digest_and_names_those_of_its_platforms(open_registry: str, tmp_path: Path) -> None:
    layout = Layout()
    amd, arm = layout.image("intel"), layout.image("a longer text for arm", "arm64")
    top = layout.index(("amd64", amd), ("arm64", arm))
    push(layout.write(tmp_path / "layout", top), f"{open_registry}/shop/multi:v1")
    facts = make_registry(config(open_registry), environ={}).resolve(Image(open_registry, "shop/multi", "v1"))
    assert facts == ImageFacts(
        image=Image(open_registry, "shop/multi", "v1", top["digest"]),
        size=layout.layers_size(amd),
        platforms=(Platform("linux", "amd64"), Platform("linux", "arm64")),
        created=CREATED,
        platform_digests=(amd["digest"], arm["digest"]),
    )


@pytest.mark.parametrize("repository", ["shop/backend", "nobody/pushed-here"])
def test_a_missing_tag_or_repository_is_none_and_no_error(open_registry: str, repository: str) -> None:
    registry = make_registry(config(open_registry), environ={})
    assert registry.resolve(Image(open_registry, repository, "absent")) is None
    assert registry.resolve(Image(open_registry, repository, "", f"sha256:{'0' * 64}")) is None


def test_more_tags_are_pointed_at_the_very_same_bytes(open_registry: str, tmp_path: Path) -> None:
    layout = Layout()
    top = layout.image("to be tagged")
    push(layout.write(tmp_path / "layout", top), f"{open_registry}/shop/tagged:v1")
    registry = make_registry(config(open_registry), environ={})
    registry.tag(Image(open_registry, "shop/tagged", "v1"), top["digest"], ("latest", "prod-abc123"))
    found = [registry.resolve(Image(open_registry, "shop/tagged", tag)) for tag in ("latest", "prod-abc123")]
    assert [facts and facts.digest for facts in found] == [top["digest"], top["digest"]]


def test_basic_login_comes_from_the_environment(closed_registry: str) -> None:
    environ = {"DEPLOYCTL_REGISTRY_USERNAME": USER, "DEPLOYCTL_REGISTRY_PASSWORD": PASSWORD}
    registry = make_registry(config(closed_registry), environ=environ)
    assert registry.resolve(Image(closed_registry, "shop/backend", "v1")) is not None
    assert registry.resolve(Image(closed_registry, "shop/backend", "v2")) is None


def test_a_stale_login_gives_way_to_the_clusters_pull_secret(closed_registry: str, tmp_path: Path) -> None:
    stale = base64.b64encode(b"puller:last year").decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {f"https://{closed_registry}/v1/": {"auth": stale}}}))
    secret = json.dumps({"auths": {closed_registry: {"username": USER, "password": PASSWORD}}}).encode()
    registry = make_registry(
        config(closed_registry),
        environ={"DOCKER_CONFIG": str(tmp_path)},
        read_pull_secrets=lambda: {"acr-secret": secret},
    )
    assert registry.resolve(Image(closed_registry, "shop/backend", "v1")) is not None


def test_when_every_credential_is_refused_the_error_lists_them_all(closed_registry: str, tmp_path: Path) -> None:
    secret = json.dumps({"auths": {closed_registry: {"username": USER, "password": "hunter2"}}}).encode()
    registry = make_registry(
        config(closed_registry),
        environ={"DOCKER_CONFIG": str(tmp_path)},
        read_pull_secrets=lambda: {"acr-secret": secret},
    )
    with pytest.raises(Unavailable) as caught:
        registry.resolve(Image(closed_registry, "shop/backend", "v1"))
    problem = caught.value.problem
    refused = "HTTP 401 (UNAUTHORIZED: authentication required)"
    assert problem.what == "the registry refused every credential"
    assert problem.where == f"{closed_registry}/shop/backend"
    assert problem.evidence == (
        "environment: DEPLOYCTL_REGISTRY_USERNAME and DEPLOYCTL_REGISTRY_PASSWORD not set",
        f"docker: {tmp_path / 'config.json'} does not exist",
        f"Secret/acr-secret: {refused}",
        f"anonymous: {refused}",
    )
    assert "kubectl create secret docker-registry acr-secret" in problem.action
    assert problem.incident == "ARCH001"
    assert "hunter2" not in repr(caught.value) + str(problem)


def test_a_registry_that_is_not_there_is_tried_again_and_said() -> None:
    clock = HurriedClock()
    registry = make_registry(config("127.0.0.1:1"), environ={}, clock=clock)
    with pytest.raises(Unavailable) as caught:
        registry.resolve(Image("127.0.0.1:1", "shop/backend", "v1"))
    assert caught.value.problem.what == "no answer: Connection refused"
    assert caught.value.problem.where == "127.0.0.1:1"
    assert len(clock.sleeps) >= 3
