"""Creating and updating through the cluster in process: what the server adds, keeps, counts and refuses."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from served_api import config_map, deployment, pod

from deployctl.sandbox.api.cluster import Cluster
from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.api.writer import Writer
from deployctl.sandbox.api.writing import create
from deployctl.sandbox.clock import ManualClock
from deployctl.sandbox.contracts import Object


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(ManualClock(datetime(2026, 5, 1, 12, tzinfo=UTC)))


def refusal(action: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(ApiError) as refused:
        action()
    return refused.value.code, refused.value.message


def changed(obj: Object, **spec: Any) -> Object:
    updated: Object = copy.deepcopy(obj)
    updated["spec"] |= spec
    return updated


def test_a_created_object_has_identity_time_version_and_a_manager(cluster: Cluster) -> None:
    before = cluster.store.revision
    made = cluster.create("configmaps", config_map("a", x="1"), manager="me")
    metadata = made["metadata"]
    fields: Object = {"f:data": {".": {}, "f:x": {}}}
    assert metadata == {
        "name": "a",
        "namespace": "default",
        "uid": metadata["uid"],
        "resourceVersion": str(before + 1),
        "creationTimestamp": "2026-05-01T12:00:00Z",
        "managedFields": [
            {
                "manager": "me",
                "operation": "Update",
                "apiVersion": "v1",
                "time": "2026-05-01T12:00:00Z",
                "fieldsType": "FieldsV1",
                "fieldsV1": fields,
            }
        ],
    }


def test_a_name_is_generated_from_its_prefix(cluster: Cluster) -> None:
    body = {"metadata": {"generateName": "x-" * 40, "namespace": "default"}}
    name = cluster.create("configmaps", body, manager="me")["metadata"]["name"]
    assert (len(name), name.startswith("x-x-")) == (63, True)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (config_map("a"), (409, 'configmaps "a" already exists')),
        ({"metadata": {"name": "b", "namespace": "no"}}, (404, 'namespaces "no" not found')),
        (
            {"metadata": {"namespace": "default"}},
            (422, 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required'),
        ),
        (
            {"apiVersion": "v2", "kind": "ConfigMap", "metadata": {"name": "b"}},
            (
                400,
                'ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for '
                'version "v2" in scheme "pkg/runtime/scheme.go:111"',
            ),
        ),
        (
            {"metadata": {"name": "b", "resourceVersion": "1"}},
            (500, "resourceVersion should not be set on objects to be created"),
        ),
        (
            {"metadata": {"name": "b"}, "data": {"n": 5}},
            (
                400,
                'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go '
                "struct field ConfigMap.data of type string",
            ),
        ),
    ],
)
def test_a_create_is_refused_in_the_real_words(cluster: Cluster, body: Object, expected: tuple[int, str]) -> None:
    cluster.create("configmaps", config_map("a"), manager="me")
    assert refusal(lambda: cluster.create("configmaps", body, manager="me")) == expected


def test_a_dry_run_answers_and_stores_nothing(cluster: Cluster) -> None:
    revision = cluster.store.revision
    made = create(cluster, cluster.kind("configmaps"), "default", config_map("dry"), Writer("me", dry_run=True))
    assert made["metadata"]["uid"]
    assert (cluster.get("configmaps", "default", "dry"), cluster.store.revision) == (None, revision)


def test_a_write_that_changes_nothing_is_no_write(cluster: Cluster) -> None:
    made = cluster.create("configmaps", config_map("a", x="1"), manager="me")
    assert cluster.update("configmaps", copy.deepcopy(made), manager="me") is made
    assert cluster.update("configmaps", config_map("a", x="2"), manager="me")["data"] == {"x": "2"}


def test_a_stale_version_and_another_uid_are_conflicts(cluster: Cluster) -> None:
    old = cluster.create("configmaps", config_map("a", x="1"), manager="me")
    cluster.update("configmaps", config_map("a", x="2"), manager="me")
    message = (
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to '
        "the latest version and try again"
    )
    assert refusal(lambda: cluster.update("configmaps", old, manager="me")) == (409, message)
    other = config_map("a")
    other["metadata"]["uid"] = "00000000-0000-0000-0000-000000000000"
    assert refusal(lambda: cluster.update("configmaps", other, manager="me"))[0] == 409


def test_generation_counts_what_is_wanted_not_what_is(cluster: Cluster) -> None:
    made = cluster.create("deployments.apps", deployment("d"), manager="me")
    seen = [made["metadata"]["generation"]]
    labelled: Object = copy.deepcopy(made)
    labelled["metadata"]["labels"] = {"a": "b"}
    made = cluster.update("deployments.apps", labelled, manager="me")
    seen.append(made["metadata"]["generation"])
    with_status = {**made, "status": {"replicas": 1, "observedGeneration": 1}}
    made = cluster.update("deployments.apps", with_status, manager="c", subresource="status")
    seen.append(made["metadata"]["generation"])
    annotated: Object = copy.deepcopy(made)
    annotated["metadata"]["annotations"] = {"a": "b"}
    made = cluster.update("deployments.apps", annotated, manager="me")
    seen.append(made["metadata"]["generation"])
    made = cluster.update("deployments.apps", changed(made, replicas=3), manager="me")
    assert [*seen, made["metadata"]["generation"]] == [1, 1, 1, 2, 3]


def test_a_status_write_writes_the_status_only_and_an_update_anything_but(cluster: Cluster) -> None:
    made = cluster.create("deployments.apps", deployment("d"), manager="me")
    status = {"observedGeneration": 1, "replicas": 1}
    written = cluster.update(
        "deployments.apps", {**changed(made, replicas=9), "status": status}, manager="controller", subresource="status"
    )
    assert (written["spec"]["replicas"], written["status"]) == (1, status)
    written = cluster.update("deployments.apps", {**changed(written, replicas=2), "status": {}}, manager="me")
    assert (written["spec"]["replicas"], written["status"]) == (2, status)
    entries = [(e["manager"], e.get("subresource", "")) for e in written["metadata"]["managedFields"]]
    assert sorted(entries) == [("controller", "status"), ("me", "")]


def test_what_the_server_owns_cannot_be_written(cluster: Cluster) -> None:
    made = cluster.create("pods", pod("p"), manager="me")
    forged: Object = copy.deepcopy(made)
    forged["metadata"] |= {"generation": 99, "creationTimestamp": "2001-01-01T00:00:00Z", "labels": {"x": "y"}}
    written = cluster.update("pods", forged, manager="me")["metadata"]
    kept = {key: written[key] for key in ("generation", "creationTimestamp", "uid")}
    assert kept == {key: made["metadata"][key] for key in kept}


def test_a_lease_needs_a_version_to_be_updated_and_is_not_created_by_it(cluster: Cluster) -> None:
    lease = {"metadata": {"name": "l", "namespace": "default"}, "spec": {"holderIdentity": "me"}}
    resource = "leases.coordination.k8s.io"
    made = cluster.create(resource, lease, manager="me")
    message = (
        'leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for '
        "an update"
    )
    assert refusal(lambda: cluster.update(resource, lease, manager="me")) == (422, message)
    taken = {**made, "spec": {"holderIdentity": "you"}}
    assert cluster.update(resource, taken, manager="me")["spec"] == {"holderIdentity": "you"}


def test_a_jobs_pods_carry_its_uid(cluster: Cluster) -> None:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x:1"}]}}
    job = {"metadata": {"name": "j", "namespace": "default"}, "spec": {"template": template}}
    made = cluster.create("jobs.batch", job, manager="me")
    uid = made["metadata"]["uid"]
    labels = {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": "j",
        "controller-uid": uid,
        "job-name": "j",
    }
    assert made["spec"]["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    assert (made["metadata"]["labels"], made["spec"]["template"]["metadata"]["labels"]) == (labels, labels)


def test_the_callers_object_stays_the_callers(cluster: Cluster) -> None:
    body = deployment("d")
    before = copy.deepcopy(body)
    made = cluster.create("deployments.apps", body, manager="me")
    assert body == before
    body["spec"]["template"]["spec"]["containers"].clear()
    assert len(made["spec"]["template"]["spec"]["containers"]) == 1


def test_views_of_one_object_in_two_groups(cluster: Cluster) -> None:
    event = {
        "metadata": {"name": "e", "namespace": "default"},
        "involvedObject": {"kind": "Pod", "name": "p", "namespace": "default"},
        "reason": "Why",
        "message": "because",
        "type": "Normal",
        "count": 2,
        "firstTimestamp": "2026-01-01T00:00:00Z",
        "lastTimestamp": "2026-01-01T00:00:00Z",
        "source": {"component": "me"},
    }
    cluster.create("events", event, manager="me")
    seen = cluster.get("events.events.k8s.io", "default", "e")
    assert seen is not None
    shown = {key: value for key, value in seen.items() if key != "metadata"}
    assert shown == {
        "kind": "Event",
        "apiVersion": "events.k8s.io/v1",
        "regarding": {"kind": "Pod", "name": "p", "namespace": "default"},
        "reason": "Why",
        "note": "because",
        "type": "Normal",
        "eventTime": None,
        "deprecatedCount": 2,
        "deprecatedFirstTimestamp": "2026-01-01T00:00:00Z",
        "deprecatedLastTimestamp": "2026-01-01T00:00:00Z",
        "deprecatedSource": {"component": "me"},
    }
