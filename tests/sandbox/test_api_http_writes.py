"""Writing over https: the four patches, deletes, subresources, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml
from served_api import APPLY, JSON_PATCH, MERGE, STRATEGIC, Got, ServedApi, config_map, deployment, pod, served_api


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


def test_the_four_patches(api: ServedApi, maps: str) -> None:
    put_in(api, maps, "a")
    patches = [
        (MERGE, {"data": {"m": "1", "x": None}}),
        (JSON_PATCH, [{"op": "add", "path": "/data/j", "value": "2"}]),
        (STRATEGIC, {"data": {"s": "3"}}),
    ]
    for content_type, body in patches:
        assert api.call("PATCH", f"{maps}/a", body, content_type=content_type).status == 200
    applied = config_map("a", a="4")
    del applied["metadata"]["namespace"]
    got = api.call("PATCH", f"{maps}/a?fieldManager=me", yaml.safe_dump(applied).encode(), content_type=APPLY)
    assert (got.status, got.body["data"]) == (200, {"m": "1", "j": "2", "s": "3", "a": "4"})
    managers = [(f["manager"], f["operation"]) for f in got.body["metadata"]["managedFields"]]
    assert managers == [("me", "Apply"), ("tests", "Update")]


def test_an_apply_creates_owns_and_conflicts(api: ServedApi) -> None:
    path = "/apis/apps/v1/namespaces/default/deployments/applied"
    body = deployment("applied", 2)
    assert api.call("PATCH", f"{path}?fieldManager=one", body, content_type=APPLY).status == 201
    body["spec"]["replicas"] = 5
    refused = api.call("PATCH", f"{path}?fieldManager=two", body, content_type=APPLY)
    assert (refused.status, refused.body["message"], refused.body["details"]["causes"]) == (
        409,
        'Apply failed with 1 conflict: conflict with "one": .spec.replicas',
        [{"reason": "FieldManagerConflict", "message": 'conflict with "one"', "field": ".spec.replicas"}],
    )
    forced = api.call("PATCH", f"{path}?fieldManager=two&force=true", body, content_type=APPLY)
    assert (forced.status, forced.body["spec"]["replicas"], forced.body["metadata"]["generation"]) == (200, 5, 2)


@pytest.mark.parametrize(
    ("sent", "status", "message"),
    [
        (("PATCH", "/a", {}, "application/json"), 415, "415: Unsupported Media Type"),
        (("PATCH", "/a", b"{bad", MERGE), 400, "invalid JSON patch"),
        (
            ("PATCH", "/a", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}, APPLY),
            422,
            'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
        ),
        (
            ("POST", "/a", {}, "application/json"),
            405,
            "the server does not allow this method on the requested resource",
        ),
        (("PUT", "", {}, "application/json"), 405, "the server does not allow this method on the requested resource"),
        (
            ("PUT", "/a", {"metadata": {"name": "b"}}, "application/json"),
            400,
            "the name of the object (b) does not match the name on the URL (a)",
        ),
        (
            ("POST", "", b"not json", "application/json"),
            400,
            "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json "
            "parse error: invalid character 'o' in literal null (expecting 'u') (6e6f74206a736f6e)",
        ),
        (
            ("POST", "", {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}, "application/json"),
            400,
            'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): '
            "unknown conversion",
        ),
        (
            ("POST", "?dryRun=Some", {"metadata": {"name": "s"}}, "application/json"),
            422,
            'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
        ),
        (("GET", "/b", None, "application/json"), 404, 'configmaps "b" not found'),
    ],
)
def test_a_bad_request_is_refused_in_the_real_words(
    api: ServedApi, maps: str, sent: tuple[str, str, object, str], status: int, message: str
) -> None:
    put_in(api, maps, "a")
    method, suffix, body, content_type = sent
    got = api.call(method, maps + suffix, body, content_type=content_type)
    assert (got.status, got.body["message"]) == (status, message)


def test_a_delete_answers_with_a_status_or_the_object_that_lingers(api: ServedApi) -> None:
    maps, pods = "/api/v1/namespaces/default/configmaps", "/api/v1/namespaces/default/pods"
    uid = api.call("POST", maps, config_map("gone")).body["metadata"]["uid"]
    deleted = api.call("DELETE", f"{maps}/gone", {"propagationPolicy": "Background"}).body
    details = {"name": "gone", "kind": "configmaps", "uid": uid}
    assert (deleted["status"], deleted["details"]) == ("Success", details)
    api.call("POST", pods, pod("lingers", nodeName="n"))
    lingering = api.call("DELETE", f"{pods}/lingers?gracePeriodSeconds=3").body
    assert (lingering["kind"], lingering["metadata"]["deletionGracePeriodSeconds"]) == ("Pod", 3)


def test_a_whole_selection_is_deleted(api: ServedApi, maps: str) -> None:
    put_in(api, maps, "a", "b", tier="x")
    put_in(api, maps, "c")
    gone = api.call("DELETE", f"{maps}?labelSelector=tier").body
    assert [m["metadata"]["name"] for m in gone["items"]] == ["a", "b"]
    assert [m["metadata"]["name"] for m in api.get(maps)["items"]] == ["c", "kube-root-ca.crt"]


def test_scale_is_a_view_of_replicas(api: ServedApi) -> None:
    path = "/apis/apps/v1/namespaces/default/deployments"
    api.call("POST", path, deployment("scaled", 2))
    scaled = api.call("PATCH", f"{path}/scaled/scale", {"spec": {"replicas": 0}}, content_type=MERGE).body
    assert (scaled["kind"], scaled["spec"], scaled["status"]) == (
        "Scale",
        {},
        {"replicas": 0, "selector": "app=scaled"},
    )
    assert api.get(f"{path}/scaled")["spec"]["replicas"] == 0
    stale = {"metadata": {"name": "scaled", "resourceVersion": "1"}, "spec": {"replicas": 1}}
    assert api.call("PUT", f"{path}/scaled/scale", stale).status == 409


def test_resources_of_a_pod_change_in_place_and_its_class_does_not(api: ServedApi) -> None:
    pods = "/api/v1/namespaces/default/pods"
    resources = {"requests": {"memory": "512Mi"}}
    api.call("POST", pods, pod("small", containers=[{"name": "app", "image": "a:1", "resources": resources}]))

    def resize(name: str, **needs: str) -> Got:
        body = {"spec": {"containers": [{"name": "app", "resources": {"requests": needs}}]}}
        return api.call("PATCH", f"{pods}/{name}/resize", body, content_type=STRATEGIC)

    assert resize("small", memory="128Mi").body["spec"]["containers"][0]["resources"] == {
        "requests": {"memory": "128Mi"}
    }
    api.call("POST", pods, pod("none"))
    refused = resize("none", memory="128Mi")
    assert (refused.status, refused.body["message"]) == (
        422,
        'Pod "none" is invalid: spec: Invalid value: "BestEffort": Pod QOS Class may not change as a result of '
        "resizing",
    )


def test_an_eviction_asks_the_budget(api: ServedApi) -> None:
    pods = "/api/v1/namespaces/default/pods"
    api.call("POST", pods, pod("guarded", nodeName="n"))
    status = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
    api.call("PATCH", f"{pods}/guarded/status", status, content_type=MERGE)
    budget = {"metadata": {"name": "b"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "guarded"}}}}
    budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
    api.call("POST", budgets, budget)
    counted = {
        "observedGeneration": 1,
        "currentHealthy": 1,
        "desiredHealthy": 1,
        "disruptionsAllowed": 0,
        "expectedPods": 1,
    }
    api.call("PATCH", f"{budgets}/b/status", {"status": counted}, content_type=MERGE)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "guarded", "namespace": "default"}}
    refused = api.call("POST", f"{pods}/guarded/eviction", eviction)
    assert (refused.status, refused.body["message"], refused.body["details"]["causes"]) == (
        429,
        "Cannot evict pod as it would violate the pod's disruption budget.",
        [{"reason": "DisruptionBudget", "message": "The disruption budget b needs 1 healthy pods and has 1 currently"}],
    )
    api.call("PATCH", f"{budgets}/b/status", {"status": {**counted, "disruptionsAllowed": 1}}, content_type=MERGE)
    assert api.call("POST", f"{pods}/guarded/eviction", eviction).status == 201
    gone = api.get(f"{pods}/guarded")
    assert [c["reason"] for c in gone["status"]["conditions"] if c["type"] == "DisruptionTarget"] == [
        "EvictionByEvictionAPI"
    ]
    assert gone["metadata"]["deletionTimestamp"]
