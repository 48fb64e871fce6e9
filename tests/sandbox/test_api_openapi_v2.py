"""`/openapi/v2` on the wire, and kubectl's own check of a `kind: List`, which reads it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubectls import kubectls, minor
from served_api import ADMIN, Ran, ServedApi, deployment, served_api

from deployctl.sandbox.api.http.openapi_v2 import JSON, PROTOBUF, media

ASKED = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
REFUSED = 'error: error validating "STDIN": error validating data: {}; if you choose to ignore these errors, turn '
REFUSED += "validation off with --validate=false\n"
CRD: Any = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "gadgets.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "gadgets", "singular": "gadget", "kind": "Gadget"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}},
                    }
                },
            }
        ],
    },
}


@pytest.fixture(params=kubectls(), ids=minor)
def kubectl(request: pytest.FixtureRequest) -> str:
    binary: str = request.param
    return binary


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ServedApi]:
    with served_api(tmp_path) as served:
        yield served


def listed(*objects: Any) -> str:
    return yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": objects})


def config_map(**data: Any) -> Any:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data}


def changed(**spec: Any) -> Any:
    made: Any = deployment("web")
    made["spec"].update(spec)
    return made


def apply(api: ServedApi, kubectl: str, text: str, *arguments: str, verb: str = "apply") -> Ran:
    return api.kubectl(kubectl, verb, "-f", "-", *arguments, stdin=text)


@pytest.mark.parametrize(
    ("verb", "arguments", "done"),
    [
        ("apply", (), "created"),
        ("apply", ("--validate=strict",), "created"),
        ("apply", ("--server-side",), "serverside-applied"),
        ("apply", ("--dry-run=server",), "created (server dry run)"),
        ("create", (), "created"),
    ],
)
def test_a_list_is_carried_out_object_by_object(
    api: ServedApi, kubectl: str, verb: str, arguments: tuple[str, ...], done: str
) -> None:
    ran = apply(api, kubectl, listed(config_map(a="b"), deployment("web")), *arguments, verb=verb)
    assert ran == Ran(0, f"configmap/c {done}\ndeployment.apps/web {done}\n", "")


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (
            {"replica": 1},
            'ValidationError(Deployment.spec): unknown field "replica" in io.k8s.api.apps.v1.DeploymentSpec',
        ),
        (
            {"replicas": "x"},
            "ValidationError(Deployment.spec.replicas): invalid type for io.k8s.api.apps.v1.DeploymentSpec.replicas: "
            'got "string", expected "integer"',
        ),
        (
            {"selector": None},
            'ValidationError(Deployment.spec): missing required field "selector" in io.k8s.api.apps.v1.DeploymentSpec',
        ),
    ],
)
def test_a_fault_in_a_list_is_told_in_a_real_clusters_words_before_anything_is_written(
    api: ServedApi, kubectl: str, spec: Any, problem: str
) -> None:
    before = api.cluster.store.revision
    text = listed(config_map(a="b"), changed(**spec))
    ran = [apply(api, kubectl, text, verb=verb) for verb in ("apply", "create")]
    assert ran == [Ran(1, "", REFUSED.format(problem))] * 2
    assert api.cluster.store.revision == before


def test_who_asks_for_warnings_gets_the_servers(api: ServedApi, kubectl: str) -> None:
    ran = apply(api, kubectl, listed(changed(replica=1)), "--validate=warn")
    assert (ran.code, ran.out) == (0, "deployment.apps/web created\n")
    assert ran.err.splitlines()[1:] == ['Warning: unknown field "spec.replica"']


def test_who_asks_for_no_check_gets_none(api: ServedApi, kubectl: str) -> None:
    ran = apply(api, kubectl, listed(changed(replica=1)), "--validate=ignore")
    assert ran == Ran(0, "deployment.apps/web created\n", "")


def test_objects_of_a_custom_kind_are_checked_as_soon_as_it_is_served(api: ServedApi, kubectl: str) -> None:
    assert apply(api, kubectl, listed(config_map(a="b"))).code == 0
    assert apply(api, kubectl, yaml.safe_dump(CRD)).code == 0
    gadget = {"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": "g"}}
    refused = apply(api, kubectl, listed({**gadget, "spec": {"sise": 1}}))
    problem = 'ValidationError(Gadget.spec): unknown field "sise" in com.example.v1.Gadget.spec'
    assert refused == Ran(1, "", REFUSED.format(problem))
    applied = apply(api, kubectl, listed({**gadget, "spec": {"size": 1}}))
    assert applied == Ran(0, "gadget.example.com/g created\n", "")


@pytest.mark.parametrize(
    ("accept", "served"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("text/html, application/*;q=0.2", JSON),
        (ASKED, PROTOBUF),
        (PROTOBUF, PROTOBUF),
        (f"application/json;q=0.1, {ASKED};q=0.9", PROTOBUF),
        (f"{ASKED};q=0.5,application/json;q=0.5", PROTOBUF),
        ("application/vnd.kubernetes.protobuf,application/json", JSON),
        ("application/yaml", None),
        ("text/*", None),
        ("APPLICATION/JSON", None),
    ],
)
def test_the_form_is_the_one_that_a_real_server_chooses(accept: str, served: str | None) -> None:
    assert media(accept) == served


def test_a_form_that_there_is_not_is_refused_without_a_word(api: ServedApi) -> None:
    got = api.call("GET", "/openapi/v2", accept="application/yaml")
    assert (got.status, got.data, got.headers["Vary"]) == (406, b"", "Accept")


def test_the_document_is_sent_once_to_who_keeps_it(api: ServedApi) -> None:
    first = api.call("GET", "/openapi/v2", accept=ASKED)
    assert (first.status, first.headers["Content-Type"]) == (200, PROTOBUF)
    asked = {"Authorization": f"Bearer {ADMIN}", "If-None-Match": first.headers["ETag"]}
    again = [
        api.http.request("GET", f"{api.url}/openapi/v2", headers={**asked, "Accept": accept}).status
        for accept in (ASKED, JSON)
    ]
    assert again == [304, 200]
