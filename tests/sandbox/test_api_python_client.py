"""The kubernetes Python client, unmodified: typed, dynamic, watching."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client, config, dynamic, watch
from served_api import ServedApi, config_map, deployment, pod, served_api

DYNAMIC: Any = dynamic.DynamicClient
WATCH: Any = watch.Watch
"""The client has no types here."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApi]:
    with served_api(tmp_path_factory.mktemp("api")) as served:
        yield served


@pytest.fixture(scope="module")
def connection(api: ServedApi) -> Iterator[Any]:
    configuration = client.Configuration()
    load_kube_config: Any = config.load_kube_config
    load_kube_config(str(api.kubeconfig()), client_configuration=configuration)
    with client.ApiClient(configuration) as made:
        yield made


def test_typed_objects_are_created_patched_listed_and_deleted(connection: Any) -> None:
    apps: Any = client.AppsV1Api(connection)
    made = apps.create_namespaced_deployment("default", deployment("typed", 2))
    assert (made.spec.replicas, made.metadata.generation) == (2, 1)
    patched = apps.patch_namespaced_deployment("typed", "default", {"spec": {"replicas": 3}})
    assert patched.spec.replicas == 3
    scaled = apps.patch_namespaced_deployment_scale("typed", "default", {"spec": {"replicas": 1}})
    assert scaled.spec.replicas == 1
    assert [d.metadata.name for d in apps.list_namespaced_deployment("default").items] == ["typed"]
    apps.delete_namespaced_deployment("typed", "default")
    with pytest.raises(client.ApiException) as refused:
        apps.read_namespaced_deployment("typed", "default")
    assert refused.value.status == 404


def test_the_dynamic_client_discovers_and_applies(connection: Any, api: ServedApi) -> None:
    found = DYNAMIC(connection, cache_file=str(api.folder / "discovery.json"))
    deployments = found.resources.get(api_version="apps/v1", kind="Deployment")
    body = deployment("dynamic")
    made = deployments.server_side_apply(body=body, name="dynamic", namespace="default", field_manager="deployctl")
    assert [(f.manager, f.operation) for f in made.metadata.managedFields] == [("deployctl", "Apply")]
    dry = deployments.server_side_apply(
        body={**body, "spec": {**body["spec"], "replicas": 7}}, name="dynamic", namespace="default",
        field_manager="deployctl", dry_run="All",
    )  # fmt: skip
    live = deployments.get(name="dynamic", namespace="default")
    assert (dry.spec.replicas, live.spec.replicas) == (7, 1)
    custom = found.resources.search(kind="Nothing")
    assert custom == []


def test_a_watch_follows_what_happens(connection: Any) -> None:
    core: Any = client.CoreV1Api(connection)
    version = core.list_namespaced_config_map("default").metadata.resource_version

    def change() -> None:
        core.create_namespaced_config_map("default", config_map("watched"))
        core.patch_namespaced_config_map("watched", "default", {"data": {"k": "v"}})
        core.delete_namespaced_config_map("watched", "default")

    writer = threading.Thread(target=change)
    writer.start()
    seen = []
    stream = WATCH().stream(
        core.list_namespaced_config_map, "default", resource_version=version, timeout_seconds=10,
        field_selector="metadata.name=watched",
    )  # fmt: skip
    for event in stream:
        seen.append((event["type"], event["object"].metadata.name))
        if event["type"] == "DELETED":
            break
    writer.join()
    assert seen == [("ADDED", "watched"), ("MODIFIED", "watched"), ("DELETED", "watched")]


def test_a_pods_delete_and_a_conflict_come_back_as_the_client_expects(connection: Any) -> None:
    core: Any = client.CoreV1Api(connection)
    core.create_namespaced_pod("default", pod("typed-pod", nodeName="n"))
    going = core.delete_namespaced_pod("typed-pod", "default", grace_period_seconds=4)
    metadata = going["metadata"] if isinstance(going, dict) else going.metadata.to_dict()
    assert metadata.get("deletionGracePeriodSeconds", metadata.get("deletion_grace_period_seconds")) == 4
    stale = {**config_map("c"), "metadata": {"name": "c", "resourceVersion": "1"}}
    core.create_namespaced_config_map("default", config_map("c"))
    with pytest.raises(client.ApiException) as refused:
        core.replace_namespaced_config_map("c", "default", stale)
    assert (refused.value.status, refused.value.reason) == (409, "Conflict")
