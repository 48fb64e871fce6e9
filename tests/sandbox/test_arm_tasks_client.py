"""The sandbox's Resource Manager as Microsoft's own client sees it, and our requests as that client would make them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.mgmt.containerregistrytasks import ContainerRegistryTasksMgmtClient
from azure.mgmt.containerregistrytasks.models import DockerBuildRequest, PlatformProperties, Run
from served_azure import SUBSCRIPTION, AzureClient, R, archive, served_azure

from deployctl.adapters.builds import calls
from deployctl.model.image import Image
from deployctl.model.service import BuildArgument, BuildSource
from deployctl.ports import BuildOrder

WHERE = ("group", "example")


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[AzureClient]:
    with served_azure(tmp_path) as client:
        yield client


class Token:
    """A TokenCredential."""

    def __init__(self, azure: AzureClient) -> None:
        self._azure = azure

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        tenant = self._azure.azure.subscription.tenant
        token = tenant.issue(self._azure.principal, scopes[0].removesuffix(".default"))
        return AccessToken(token, int(time.time()) + 3600)


def client_of(azure: AzureClient) -> ContainerRegistryTasksMgmtClient:
    return ContainerRegistryTasksMgmtClient(
        Token(azure),
        SUBSCRIPTION,
        base_url=azure.url,
        credential_scopes=["https://management.azure.com/.default"],
        connection_verify=str(azure.ca_file),
    )


def uploaded(azure: AzureClient, client: ContainerRegistryTasksMgmtClient, files: dict[str, str]) -> str:
    place = client.registries.get_build_source_upload_url(*WHERE)
    assert place.upload_url
    put = azure.http.request("PUT", place.upload_url, body=archive(files), headers={"x-ms-blob-type": "BlockBlob"})
    assert put.status == 201
    return str(place.relative_path)


def request_for(source: str) -> DockerBuildRequest:
    return DockerBuildRequest(
        image_names=["team/backend:v1"],
        is_push_enabled=True,
        source_location=source,
        docker_file_path="Dockerfile",
        platform=PlatformProperties(os="Linux", architecture="amd64"),
        timeout=3600,
    )


def ended(client: ContainerRegistryTasksMgmtClient, run: str) -> Run:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        found = client.runs.get(*WHERE, run)
        if found.properties and found.properties.finish_time:
            return found
        time.sleep(0.02)
    raise TimeoutError(run)


def test_microsofts_client_builds_from_the_upload_to_the_digest_and_the_log(azure: AzureClient) -> None:
    with closing(client_of(azure)) as client:
        source = uploaded(azure, client, {"Dockerfile": "FROM scratch\nCOPY a /\n", "a": "1"})
        begun = client.registries.schedule_run(*WHERE, request_for(source))
        assert begun.properties
        assert (begun.properties.status, begun.properties.run_type) == ("Queued", "QuickBuild")
        run = ended(client, str(begun.properties.run_id))
        link = client.runs.get_log_sas_url(*WHERE, str(begun.properties.run_id)).log_link
        listed = [one.name for one in client.runs.list(*WHERE)]
    done = run.properties
    assert done
    assert done.create_time
    assert done.start_time
    assert done.finish_time
    assert done.create_time <= done.start_time <= done.finish_time
    assert (done.status, run.type) == ("Succeeded", "Microsoft.ContainerRegistry/registries/runs")
    assert [(image.repository, image.tag) for image in done.output_images or []] == [("team/backend", "v1")]
    assert (done.output_images or [])[0].digest == azure.registry.storage.repository("team/backend").tags["v1"].digest
    assert link
    assert b"Step 2/2 : COPY a /\r\n" in azure.http.request("GET", link).data
    assert listed == [run.name]


def test_microsofts_client_cancels_a_run(azure: AzureClient) -> None:
    azure.registry.faults.add("build-run", {"seconds": 100_000.0})
    with closing(client_of(azure)) as client:
        source = uploaded(azure, client, {"Dockerfile": "FROM scratch\n"})
        begun = client.registries.schedule_run(*WHERE, request_for(source))
        assert begun.properties
        client.runs.cancel(*WHERE, str(begun.properties.run_id))
        run = ended(client, str(begun.properties.run_id))
    assert run.properties
    assert run.properties.status == "Canceled"


def test_microsofts_client_understands_a_refusal(tmp_path: Path) -> None:
    with served_azure(tmp_path, tasks_allowed=False) as azure, closing(client_of(azure)) as client:
        with pytest.raises(HttpResponseError) as caught:
            client.registries.get_build_source_upload_url(*WHERE)
        assert caught.value.status_code == 400
        assert caught.value.error is not None
        assert caught.value.error.code == "TasksOperationsNotAllowed"


def keys(model: Any, body: Any) -> dict[str, Any]:
    """A body with only what the model knows: its attributes, back under their names on the wire."""
    known = {field._rest_name for field in type(model)._attr_to_rest_field.values()}
    return {name: value for name, value in body.items() if name in known}


def test_what_deployctl_asks_for_has_no_word_that_microsofts_client_does_not_know() -> None:
    arguments = (BuildArgument("A", "1"), BuildArgument("TOKEN", "value", secret=True))
    source = BuildSource(Path(), Path("Dockerfile"), "production", "linux/arm64/v8", arguments, no_cache=True)
    order = BuildOrder(Image("example.azurecr.io", "team/backend", "v1"), source, 600)
    body = calls.build_request(
        order, source="source/x.tar.gz", dockerfile="Dockerfile", timeout=900, agent_pool="pool", abac=True
    )
    model = DockerBuildRequest(body)
    assert keys(model, body) == body
    assert keys(model.platform, body["platform"]) == body["platform"]
    assert model.arguments
    assert [keys(model.arguments[0], one) for one in body["arguments"]] == body["arguments"]
    assert [(one.name, one.value, one.is_secret) for one in model.arguments] == [
        ("A", "1", False),
        ("TOKEN", "value", True),
    ]
    assert (model.image_names, model.no_cache, model.agent_pool_name) == (["team/backend:v1"], True, "pool")
    assert model.credentials
    assert model.credentials.source_registry
    assert model.credentials.source_registry.identity == "[caller]"


def test_the_api_version_is_that_of_microsofts_client(azure: AzureClient) -> None:
    with closing(client_of(azure)) as client:
        assert client._config.api_version == calls.TASKS
    assert calls.get_run(R, "cb1").path == f"{R}/runs/cb1"
