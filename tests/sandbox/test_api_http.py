"""The API over https: discovery, forms of answers, lists in pages, versions of the past, the four patches."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import yaml
from served_api import (
    TABLE,
    ServedApi,
    config_map,
    served_api,
)

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApi]:
    with served_api(tmp_path_factory.mktemp("api")) as served:
        yield served


@pytest.fixture
def maps(api: ServedApi, request: pytest.FixtureRequest) -> str:
    """A namespace of the test's own, and the path of its ConfigMaps."""
    name = f"ns-{abs(hash(request.node.name)) % 10**8}"
    assert api.call("POST", "/api/v1/namespaces", {"metadata": {"name": name}}).status == 201
    return f"/api/v1/namespaces/{name}/configmaps"


def put_in(api: ServedApi, maps: str, *names: str, **labels: str) -> None:
    for name in names:
        body = config_map(name, labels, x="1")
        del body["metadata"]["namespace"]
        assert api.call("POST", maps, body).status == 201


def test_aggregated_and_classic_discovery_name_the_same_resources(api: ServedApi) -> None:
    core, named = (api.get(f"/{root}", accept=AGGREGATED) for root in ("api", "apis"))
    groups = [item["metadata"].get("name", "") for item in (*core["items"], *named["items"])]
    assert groups[:4] == ["", "apiregistration.k8s.io", "apps", "events.k8s.io"]
    assert [g["name"] for g in api.get("/apis")["groups"]] == groups[1:]
    apps = next(i for i in named["items"] if i["metadata"]["name"] == "apps")["versions"][0]["resources"]
    classic = [r["name"] for r in api.get("/apis/apps/v1")["resources"] if "/" not in r["name"]]
    assert [r["resource"] for r in apps] == classic


def test_discovery_that_has_not_changed_is_not_sent_again(api: ServedApi) -> None:
    tag = api.call("GET", "/apis", accept=AGGREGATED).headers["ETag"]
    headers = {"Authorization": "Bearer admin-token", "Accept": AGGREGATED, "If-None-Match": tag}
    answer = api.http.request("GET", f"{api.url}/apis", headers=headers)
    assert (answer.status, answer.data) == (304, b"")


def test_autoscaling_prefers_its_newest_version(api: ServedApi) -> None:
    assert api.get("/apis/autoscaling")["preferredVersion"] == {"groupVersion": "autoscaling/v2", "version": "v2"}


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/version", 200, "application/json"),
        ("/healthz", 200, "text/plain; charset=utf-8"),
        ("/readyz", 200, "text/plain; charset=utf-8"),
        ("/livez?verbose", 200, "text/plain; charset=utf-8"),
        ("/", 200, "application/json"),
        ("/openapi/v3", 200, "application/json"),
        ("/openapi/v3/apis/apps/v1", 200, "application/json"),
        ("/openapi/v3/apis/nope/v1", 404, "application/json"),
        ("/api/v1/nothings", 404, "application/json"),
        ("/apis/nope/v1/things", 404, "text/plain; charset=utf-8"),
        ("/nope", 404, "text/plain; charset=utf-8"),
    ],
)
def test_paths_that_are_no_resources(api: ServedApi, path: str, status: int, kind: str) -> None:
    got = api.call("GET", path)
    assert (got.status, got.headers["Content-Type"]) == (status, kind)


def test_lists_leave_out_the_type_of_built_in_items(api: ServedApi, maps: str) -> None:
    put_in(api, maps, "a")
    listed = api.get(maps)
    assert (listed["kind"], listed["apiVersion"], {"kind", "apiVersion"} & set(listed["items"][0])) == (
        "ConfigMapList",
        "v1",
        set(),
    )


def test_a_list_comes_in_pages_that_belong_together(api: ServedApi, maps: str) -> None:
    put_in(api, maps, "a", "b", "c")
    first = api.get(f"{maps}?limit=2")
    put_in(api, maps, "bb")
    rest = api.get(f"{maps}?limit=2&continue={first['metadata']['continue']}")
    names = [[m["metadata"]["name"] for m in page["items"]] for page in (first, rest)]
    assert (names, first["metadata"]["remainingItemCount"]) == ([["a", "b"], ["c", "kube-root-ca.crt"]], 2)
    assert first["metadata"]["resourceVersion"] == rest["metadata"]["resourceVersion"]


def test_the_past_can_be_listed_until_it_is_forgotten(api: ServedApi, maps: str) -> None:
    put_in(api, maps, "a")
    version = api.get(maps)["metadata"]["resourceVersion"]
    put_in(api, maps, "b")
    exact = f"{maps}?resourceVersion={version}&resourceVersionMatch=Exact"
    assert [m["metadata"]["name"] for m in api.get(exact)["items"]] == ["a", "kube-root-ca.crt"]
    token = api.get(f"{maps}?limit=1")["metadata"]["continue"]
    put_in(api, maps, "c")
    api.inside(api.cluster.store.compact)
    gone, expired = api.call("GET", exact), api.call("GET", f"{maps}?continue={token}")
    assert [(g.status, g.body["reason"]) for g in (gone, expired)] == [(410, "Expired")] * 2
    assert gone.body["message"] == "The resourceVersion for the provided list is too old."
    again = api.get(f"{maps}?continue={expired.body['metadata']['continue']}")
    assert [m["metadata"]["name"] for m in again["items"]] == ["b", "c", "kube-root-ca.crt"]


def test_selectors_choose(api: ServedApi, maps: str) -> None:
    put_in(api, maps, "a", "b", tier="x")
    put_in(api, maps, "c", tier="y")
    chosen = [
        [m["metadata"]["name"] for m in api.get(f"{maps}?{query}")["items"]]
        for query in ("labelSelector=tier+in+(x)", "labelSelector=tier!%3Dx,tier", "fieldSelector=metadata.name%3Db")
    ]
    assert chosen == [["a", "b"], ["c"], ["b"]]


def test_an_object_in_every_form(api: ServedApi, maps: str) -> None:
    put_in(api, maps, "a")
    plain = api.get(f"{maps}/a")
    asked_protobuf = api.call("GET", f"{maps}/a", accept="application/vnd.kubernetes.protobuf,application/json")
    assert (asked_protobuf.headers["Content-Type"], asked_protobuf.body) == ("application/json", plain)
    assert yaml.safe_load(api.call("GET", f"{maps}/a", accept="application/yaml").data) == plain
    partial = api.get(f"{maps}/a", accept="application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1")
    assert partial == {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": plain["metadata"]}
    assert api.get(f"{maps}/a", accept=f"{TABLE},application/json")["rows"][0]["cells"][:2] == ["a", 1]
    assert api.call("GET", f"{maps}/a", accept="application/xml").status == 406
    pretty = api.call("GET", f"{maps}/a", agent="curl/8").data
    assert (b'\n  "kind"' in pretty, json.loads(pretty)) == (True, plain)


def test_every_request_is_logged_with_what_it_meant(api: ServedApi) -> None:
    mark = api.log.count
    api.call("GET", "/apis/apps/v1/namespaces/default/deployments/nothing/scale", agent="someone/1")
    api.call("GET", "/api/v1/pods", token="bad")
    seen = [
        (r.user, r.verb, r.resource, r.namespace, r.name, r.subresource, r.status, r.user_agent)
        for r in api.log.since(mark)
    ]
    assert seen == [
        ("admin", "get", "deployments.apps", "default", "nothing", "scale", 404, "someone/1"),
        ("system:anonymous", "list", "pods", "", "", "", 401, "tests/1.0"),
    ]


def test_a_body_that_is_too_large_is_refused(api: ServedApi, maps: str) -> None:
    got = api.call("POST", maps, config_map("big", x="y" * 4_000_000))
    assert (got.status, got.body["reason"]) == (413, "RequestEntityTooLarge")
