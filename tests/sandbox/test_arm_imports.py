"""importImage: promoting an image without building it again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from served_azure import AzureClient, R, served_azure

from deployctl.sandbox.registry.make import ImageSpec, make_image


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[AzureClient]:
    with served_azure(tmp_path) as found:
        spec = ImageSpec(size=4096, platforms=("linux/amd64", "linux/arm64"))
        make_image(found.registry.storage, "test/backend", "v1", spec)
        yield found


def wanted(image: str, *targets: str, mode: str = "NoForce") -> dict[str, object]:
    return {"source": {"resourceId": R, "sourceImage": image}, "targetTags": list(targets), "mode": mode}


def import_image(azure: AzureClient, body: dict[str, object]) -> tuple[int, str]:
    answer = azure.call("POST", f"{R}/importImage?api-version=2025-11-01", body)
    return answer.status, json.loads(answer.data)["error"]["code"] if answer.data else ""


def digest(azure: AzureClient, repository: str, tag: str) -> str:
    return azure.registry.storage.repository(repository).tags[tag].digest


def test_an_image_keeps_its_digest_under_its_new_name(azure: AzureClient) -> None:
    source = digest(azure, "test/backend", "v1")
    assert import_image(azure, wanted(f"test/backend@{source}", "prod/backend:v1")) == (202, "")
    assert digest(azure, "prod/backend", "v1") == source
    assert set(azure.registry.storage.repository("prod/backend").manifests) == set(
        azure.registry.storage.repository("test/backend").manifests
    )


def test_the_location_says_202_until_it_is_done(azure: AzureClient) -> None:
    answer = azure.call("POST", f"{R}/importImage?api-version=2025-11-01", wanted("test/backend:v1", "prod/x:v1"))
    place = answer.headers["Location"]
    first = azure.call("GET", place).status
    time.sleep(0.2)  # four seconds of the sandbox
    assert (first, azure.call("GET", place).status) == (202, 200)


def test_a_tag_that_exists_is_replaced_only_by_force(azure: AzureClient) -> None:
    made = make_image(azure.registry.storage, "prod/backend", "v1", ImageSpec(size=2048))
    assert import_image(azure, wanted("test/backend:v1", "prod/backend:v1")) == (409, "Conflict")
    assert digest(azure, "prod/backend", "v1") == made.digest
    assert import_image(azure, wanted("test/backend:v1", "prod/backend:v1", mode="Force")) == (202, "")
    assert digest(azure, "prod/backend", "v1") == digest(azure, "test/backend", "v1")


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (wanted("test/backend:none", "prod/x:v1"), (404, "ImageNotFound")),
        (wanted("none/backend:v1", "prod/x:v1"), (404, "ImageNotFound")),
        (wanted("test/backend:v1", "prod/x:v1", mode="Perhaps"), (400, "InvalidParameter")),
        ({"source": {"resourceId": "/elsewhere", "sourceImage": "a:b"}}, (400, "InvalidParameters")),
        ({"targetTags": ["a:b"]}, (400, "InvalidRequestContent")),
        (wanted("untagged", "prod/x:v1"), (400, "InvalidParameters")),
    ],
)
def test_what_cannot_be_imported(azure: AzureClient, body: dict[str, object], refusal: tuple[int, str]) -> None:
    assert import_image(azure, body) == refusal
    assert azure.registry.storage.names() == ["test/backend"]
