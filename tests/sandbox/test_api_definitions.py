"""CustomResourceDefinitions: a kind is served at once and goes with its definition."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from served_api import MERGE, STRATEGIC, TABLE, ServedApi, served_api

from deployctl.sandbox.api.cluster import Cluster
from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.clock import ManualClock
from deployctl.sandbox.contracts import Object

DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io"
NAME = "certificates.example.com"
SCHEMA = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "required": ["secretName"],
            "properties": {
                "secretName": {"type": "string"},
                "days": {"type": "integer", "default": 90, "minimum": 1},
                "replicas": {"type": "integer"},
            },
        },
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}
COLUMNS = [
    {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
    {"name": "Days", "type": "integer", "jsonPath": ".spec.days", "priority": 1},
]


def definition(scope: str = "Namespaced") -> Object:
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": SCHEMA},
        "subresources": {
            "status": {},
            "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"},
        },
        "additionalPrinterColumns": COLUMNS,
    }
    old = {"name": "v1beta1", "served": True, "storage": False, "schema": {"openAPIV3Schema": SCHEMA}}
    names = {"kind": "Certificate", "plural": "certificates", "shortNames": ["cert"]}
    spec = {"group": "example.com", "names": names, "scope": scope, "versions": [version, old]}
    head = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    return {**head, "metadata": {"name": NAME}, "spec": spec}


def certificate(name: str = "c", version: str = "v1", **spec: object) -> Object:
    metadata = {"name": name, "namespace": "default"}
    body = {"secretName": "s", **spec}
    return {"apiVersion": f"example.com/{version}", "kind": "Certificate", "metadata": metadata, "spec": body}


@pytest.fixture
def cluster() -> Cluster:
    made = Cluster(ManualClock())
    made.create(DEFINITIONS, definition(), manager="me")
    return made


def test_a_definition_is_established_and_its_objects_are_defaulted_and_pruned(cluster: Cluster) -> None:
    crd = cluster.get(DEFINITIONS, None, NAME)
    assert crd is not None
    conditions = {c["type"]: c["status"] for c in crd["status"]["conditions"]}
    assert (conditions, crd["status"]["storedVersions"]) == ({"NamesAccepted": "True", "Established": "True"}, ["v1"])
    made = cluster.create(NAME, certificate(unknown=1), manager="me")
    assert made["spec"] == {"secretName": "s", "days": 90}


def test_an_object_that_breaks_the_schema_is_refused(cluster: Cluster) -> None:
    with pytest.raises(ApiError) as refused:
        cluster.create(NAME, certificate(days=0), manager="me")
    assert refused.value.status()["message"] == (
        'Certificate.example.com "c" is invalid: spec.days: Invalid value: 0: spec.days in body should be greater '
        "than or equal to 1"
    )


def test_generation_counts_everything_but_status_and_metadata(cluster: Cluster) -> None:
    made = cluster.create(NAME, certificate(), manager="me")
    made = cluster.update(NAME, {**made, "status": {"replicas": 1}}, manager="me", subresource="status")
    assert made["metadata"]["generation"] == 1
    made = cluster.update(NAME, {**made, "spec": {"secretName": "t"}}, manager="me")
    assert (made["metadata"]["generation"], made["status"]) == (2, {"replicas": 1})


def test_deleting_a_definition_deletes_its_objects_and_the_kind(cluster: Cluster) -> None:
    cluster.create(NAME, certificate(), manager="me")
    cluster.delete(DEFINITIONS, None, NAME)
    assert cluster.get(DEFINITIONS, None, NAME) is None
    with pytest.raises(ApiError, match="could not find the requested resource"):
        cluster.list(NAME)


def test_an_object_with_a_finalizer_holds_its_definition_back(cluster: Cluster) -> None:
    body = certificate()
    body["metadata"]["finalizers"] = ["example.com/keep"]
    cluster.create(NAME, body, manager="me")
    cluster.delete(DEFINITIONS, None, NAME)
    assert cluster.get(DEFINITIONS, None, NAME)
    freed: Object = copy.deepcopy(cluster.list(NAME)[0])
    del freed["metadata"]["finalizers"]
    cluster.update(NAME, freed, manager="me")
    assert cluster.get(DEFINITIONS, None, NAME) is None


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> object:
    with served_api(tmp_path_factory.mktemp("api")) as served:
        served.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition())
        yield served


PATH = "/apis/example.com/v1/namespaces/default/certificates"


def test_every_version_serves_the_same_object(api: ServedApi) -> None:
    api.call("POST", PATH.replace("v1", "v1beta1"), certificate("versions", "v1beta1"))
    seen = api.get(f"{PATH}/versions")
    old = api.get(f"{PATH.replace('v1', 'v1beta1')}/versions")
    assert (seen["apiVersion"], old["apiVersion"]) == ("example.com/v1", "example.com/v1beta1")
    assert {**seen, "apiVersion": ""} == {**old, "apiVersion": ""}


def test_columns_of_the_definition_are_printed(api: ServedApi) -> None:
    api.call("POST", PATH, certificate("printed"))
    status = {"status": {"conditions": [{"type": "Issuing", "status": "True"}, {"type": "Ready", "status": "False"}]}}
    assert api.call("PATCH", f"{PATH}/printed/status", status, content_type=MERGE).status == 200
    table = api.get(f"{PATH}/printed", accept=TABLE)
    columns = [(c["name"], c["type"], c["priority"]) for c in table["columnDefinitions"]]
    assert columns == [("Name", "string", 0), ("Ready", "string", 0), ("Days", "integer", 1)]
    assert table["rows"][0]["cells"] == ["printed", "False", 90]


def test_scale_is_found_where_the_definition_says(api: ServedApi) -> None:
    api.call("POST", PATH, certificate("scaled", replicas=2))
    scaled = api.call("PATCH", f"{PATH}/scaled/scale", {"spec": {"replicas": 5}}, content_type=MERGE).body
    assert (scaled["spec"], api.get(f"{PATH}/scaled")["spec"]["replicas"]) == ({"replicas": 5}, 5)


def test_there_is_no_strategic_merge_for_custom_kinds(api: ServedApi) -> None:
    api.call("POST", PATH, certificate("plain"))
    got = api.call("PATCH", f"{PATH}/plain", {"spec": {}}, content_type=STRATEGIC)
    assert (got.status, got.body["message"]) == (
        415,
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
    )


def test_a_custom_object_says_what_it_is(api: ServedApi) -> None:
    got = api.call("POST", PATH, {"metadata": {"name": "x"}})
    assert (got.status, got.body["message"]) == (
        400,
        "the object provided is unrecognized (must be of type Certificate): Object 'Kind' is missing in "
        """'{"metadata": {"name": "x"}}' ({"metadata": {"name": "x"}})""",
    )


def test_an_unknown_field_is_refused_warned_of_or_dropped_as_asked(api: ServedApi) -> None:
    body = certificate("strict", extra=1)
    strict = api.call("POST", f"{PATH}?fieldValidation=Strict", body)
    assert (strict.status, strict.body["message"]) == (
        400,
        'Certificate in version "v1" cannot be handled as a Certificate: strict decoding error: unknown field '
        '"spec.extra"',
    )
    warned = api.call("POST", f"{PATH}?dryRun=All", body)
    assert (warned.status, warned.warnings) == (201, ['299 - "unknown field \\"spec.extra\\""'])
    assert api.call("POST", f"{PATH}?dryRun=All&fieldValidation=Ignore", body).warnings == []


def test_watchers_of_a_kind_end_when_it_goes(tmp_path: Path) -> None:
    with served_api(tmp_path) as served:
        crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        served.call("POST", crds, definition())
        stream = served.http.request(
            "GET",
            f"{served.url}{PATH}?watch=true",
            headers={"Authorization": "Bearer admin-token"},
            preload_content=False,
        )
        served.call("DELETE", f"{crds}/{NAME}")
        assert stream.read() == b""
        assert served.call("GET", "/apis/example.com/v1").status == 404
