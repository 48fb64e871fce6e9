"""The unmodified azure-containerregistry client against the sandbox's registry."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.containerregistry import ArtifactTagOrder, ContainerRegistryClient
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from served_registry import APPLICATION, Served, served_registry

from deployctl.sandbox.registry.access import Account
from deployctl.sandbox.registry.make import ImageSpec, make_image

REPOSITORY = "team/backend"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_registry(tmp_path) as found:
        yield found


@pytest.fixture
def client(served: Served) -> Iterator[ContainerRegistryClient]:
    with connect(served) as found:
        yield found


def connect(served: Served) -> ContainerRegistryClient:
    audience = "https://containerregistry.azure.net"
    return ContainerRegistryClient(
        f"https://{served.host}", served, audience=audience, connection_verify=str(served.ca_file), retry_total=0
    )


def test_names_tags_and_manifests_are_listed(served: Served, client: ContainerRegistryClient) -> None:
    first = make_image(served.registry.storage, REPOSITORY, "v1", ImageSpec(size=4096))
    second = make_image(served.registry.storage, REPOSITORY, "v2", ImageSpec(size=8192, env={"A": "b"}))
    make_image(served.registry.storage, "other", "v1", ImageSpec(size=4096))

    assert list(client.list_repository_names()) == ["other", REPOSITORY]
    assert [t.name for t in client.list_tag_properties(REPOSITORY)] == ["v1", "v2"]
    newest = client.list_tag_properties(REPOSITORY, order_by=ArtifactTagOrder.LAST_UPDATED_ON_DESCENDING)
    assert [t.name for t in newest] == ["v2", "v1"]
    assert {m.digest: m.tags for m in client.list_manifest_properties(REPOSITORY)} == {
        first.digest: ["v1"],
        second.digest: ["v2"],
    }


def test_every_page_is_followed(served: Served, client: ContainerRegistryClient) -> None:
    for number in range(7):
        make_image(served.registry.storage, REPOSITORY, f"v{number}", ImageSpec(size=2048, salt=str(number)))

    pages = list(client.list_tag_properties(REPOSITORY, results_per_page=3).by_page())
    assert [[tag.name for tag in page] for page in pages] == [["v0", "v1", "v2"], ["v3", "v4", "v5"], ["v6"]]
    by_time = client.list_tag_properties(
        REPOSITORY, results_per_page=2, order_by=ArtifactTagOrder.LAST_UPDATED_ON_DESCENDING
    )
    assert [tag.name for tag in by_time] == ["v6", "v5", "v4", "v3", "v2", "v1", "v0"]


def test_properties_of_a_tag_say_size_platform_and_digest(served: Served, client: ContainerRegistryClient) -> None:
    made = make_image(served.registry.storage, REPOSITORY, "v1", ImageSpec(size=1 << 20, platforms=("linux/arm64",)))

    found = client.get_manifest_properties(REPOSITORY, "v1")
    assert (found.digest, found.architecture, found.operating_system) == (made.digest, "arm64", "linux")
    layers = sum(layer["size"] for layer in json.loads(made.body)["layers"])
    assert found.size_in_bytes == layers + made.parsed.config.size  # type: ignore[union-attr]  # it has a config
    assert client.get_tag_properties(REPOSITORY, "v1").digest == made.digest
    assert client.get_repository_properties(REPOSITORY).tag_count == 1


def test_a_locked_tag_can_be_neither_moved_nor_deleted(served: Served, client: ContainerRegistryClient) -> None:
    make_image(served.registry.storage, REPOSITORY, "v1", ImageSpec(size=4096))
    other = make_image(served.registry.storage, REPOSITORY, "v2", ImageSpec(size=4096, env={"A": "b"}))
    client.update_tag_properties(REPOSITORY, "v1", can_write=False, can_delete=False)

    with pytest.raises(HttpResponseError) as delete:
        client.delete_tag(REPOSITORY, "v1")
    with pytest.raises(HttpResponseError) as write:
        client.set_manifest(REPOSITORY, json.loads(other.body), tag="v1")
    assert (delete.value.status_code, write.value.status_code) == (405, 405)

    client.update_tag_properties(REPOSITORY, "v1", can_write=True, can_delete=True)
    client.delete_tag(REPOSITORY, "v1")
    assert [t.name for t in client.list_tag_properties(REPOSITORY)] == ["v2"]


def test_a_locked_manifest_survives_the_deletion_of_its_repository(
    served: Served, client: ContainerRegistryClient
) -> None:
    made = make_image(served.registry.storage, REPOSITORY, "v1", ImageSpec(size=4096))
    client.update_manifest_properties(REPOSITORY, made.digest, can_delete=False)

    with pytest.raises(HttpResponseError) as refused:
        client.delete_repository(REPOSITORY)
    assert refused.value.status_code == 405
    assert client.get_manifest(REPOSITORY, "v1").digest == made.digest


def test_blobs_and_manifests_go_up_and_come_back_the_same(client: ContainerRegistryClient) -> None:
    layer = bytes(range(256)) * 40_000  # more than two of the client's chunks
    config = b'{"architecture":"amd64","os":"linux"}'
    layer_digest, layer_size = client.upload_blob(REPOSITORY, io.BytesIO(layer))
    config_digest, config_size = client.upload_blob(REPOSITORY, io.BytesIO(config))
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": config_digest,
            "size": config_size,
        },
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer_digest, "size": layer_size}],
    }
    digest = client.set_manifest(REPOSITORY, manifest, tag="pushed")

    assert b"".join(client.download_blob(REPOSITORY, layer_digest)) == layer
    found = client.get_manifest(REPOSITORY, "pushed")
    assert (found.digest, found.manifest) == (digest, manifest)


def test_what_is_missing_is_not_found(client: ContainerRegistryClient) -> None:
    with pytest.raises(ResourceNotFoundError):
        client.get_tag_properties("no/such", "v1")


def test_an_identity_without_the_right_is_refused(served: Served) -> None:
    make_image(served.registry.storage, "private/x", "v1", ImageSpec(size=4096))
    served.registry.azure = {APPLICATION: Account(APPLICATION, "", ("pull",), ("team/*",))}
    with connect(served) as client, pytest.raises(ClientAuthenticationError):
        client.get_tag_properties("private/x", "v1")


def test_throttling_shows_as_429_until_it_is_over(served: Served, client: ContainerRegistryClient) -> None:
    made = make_image(served.registry.storage, REPOSITORY, "v1", ImageSpec(size=4096))
    served.registry.faults.add("registry-error", {"status": 429, "path": "/acr/v1/*", "times": 1})

    with pytest.raises(HttpResponseError) as throttled:
        client.get_tag_properties(REPOSITORY, "v1")
    assert throttled.value.status_code == 429
    assert client.get_tag_properties(REPOSITORY, "v1").digest == made.digest
