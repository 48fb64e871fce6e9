"""kubectl, unmodified, old and new."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from kubectls import kubectls, minor
from served_api import JANE, MERGE, Ran, ServedApi, deployment, pod, served_api

from deployctl.sandbox.contracts import Object


@pytest.fixture(params=kubectls(), ids=minor)
def kubectl(request: pytest.FixtureRequest) -> str:
    binary: str = request.param
    return binary


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ServedApi]:
    with served_api(tmp_path) as served:
        yield served


def ok(ran: Ran) -> str:
    assert ran.code == 0, ran.err
    return ran.out


def document(*objects: Object) -> str:
    return yaml.safe_dump_all(objects)


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def progress(api: ServedApi, name: str, **status: object) -> None:
    """What a Deployment's controller would report."""
    path = f"/apis/apps/v1/namespaces/default/deployments/{name}/status"
    assert api.call("PATCH", path, {"status": status}, content_type=MERGE).status == 200


def test_client_side_apply_creates_changes_and_leaves_alone(api: ServedApi, kubectl: str) -> None:
    first, second = deployment("web", 1), deployment("web", 2)
    said = [
        ok(api.kubectl(kubectl, "apply", "-f", "-", stdin=document(obj))).strip() for obj in (first, second, second)
    ]
    assert said == [f"deployment.apps/web {what}" for what in ("created", "configured", "unchanged")]
    live = api.get("/apis/apps/v1/namespaces/default/deployments/web")
    managers = [(f["manager"], f["operation"]) for f in live["metadata"]["managedFields"]]
    assert managers == [("kubectl-client-side-apply", "Update")]
    remembered = json.loads(live["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"])
    assert remembered["spec"]["replicas"] == 2


def test_server_side_apply_conflicts_and_is_forced(api: ServedApi, kubectl: str) -> None:
    ok(
        api.kubectl(
            kubectl, "apply", "--server-side", "--field-manager=one", "-f", "-", stdin=document(deployment("web"))
        )
    )
    other = document(deployment("web", 4))
    refused = api.kubectl(kubectl, "apply", "--server-side", "--field-manager=two", "-f", "-", stdin=other)
    assert (refused.code, 'conflict with "one": .spec.replicas' in refused.err) == (1, True)
    forced = api.kubectl(
        kubectl, "apply", "--server-side", "--force-conflicts", "--field-manager=two", "-f", "-", stdin=other
    )
    assert ok(forced) == "deployment.apps/web serverside-applied\n"


def test_dry_runs_and_diffs_write_nothing(api: ServedApi, kubectl: str) -> None:
    ok(api.kubectl(kubectl, "create", "-f", "-", stdin=document(deployment("web", 1))))
    revision = api.cluster.store.revision
    changed = document(deployment("web", 5))
    assert "(server dry run)" in ok(api.kubectl(kubectl, "apply", "--dry-run=server", "-f", "-", stdin=changed))
    differs = api.kubectl(kubectl, "diff", "--server-side", "--force-conflicts", "-f", "-", stdin=changed)
    assert (differs.code, "-  replicas: 1" in differs.out, "+  replicas: 5" in differs.out) == (1, True, True)
    assert api.cluster.store.revision == revision


def test_an_unknown_field_is_refused_before_anything_is_written(api: ServedApi, kubectl: str) -> None:
    body = deployment("web")
    body["spec"]["replica"] = 3
    refused = api.kubectl(kubectl, "create", "-f", "-", stdin=document(body))
    assert (refused.code, 'strict decoding error: unknown field "spec.replica"' in refused.err) == (1, True)


def test_get_shows_tables_documents_and_paths(api: ServedApi, kubectl: str) -> None:
    ok(api.kubectl(kubectl, "create", "deployment", "web", "--image=nginx:1", "--replicas=2"))
    header, row = lines(ok(api.kubectl(kubectl, "get", "deployments", "-o", "wide")))
    assert header == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"]
    assert [*row[:4], *row[5:]] == ["web", "0/2", "0", "0", "nginx", "nginx:1", "app=web"]
    shown = yaml.safe_load(ok(api.kubectl(kubectl, "get", "deploy/web", "-o", "yaml")))
    assert (shown["kind"], shown["apiVersion"], shown["spec"]["replicas"]) == ("Deployment", "apps/v1", 2)
    path = "jsonpath={.items[0].spec.template.spec.containers[0].image}"
    assert ok(api.kubectl(kubectl, "get", "deploy", "-o", path)) == "nginx:1"
    assert "No resources found" in api.kubectl(kubectl, "get", "pods").err
    missing = api.kubectl(kubectl, "get", "deploy", "nothing")
    assert missing.err == 'Error from server (NotFound): deployments.apps "nothing" not found\n'


def test_objects_of_all_kinds_are_created_by_name(api: ServedApi, kubectl: str) -> None:
    commands = [
        ("namespace", "team"),
        ("configmap", "c", "--from-literal=a=b"),
        ("secret", "generic", "s", "--from-literal=password=hidden"),
        (
            "secret",
            "docker-registry",
            "pull",
            "--docker-server=r.example.com",
            "--docker-username=u",
            "--docker-password=p",
        ),
        ("serviceaccount", "bot"),
        ("role", "reader", "--verb=get", "--resource=pods"),
        ("rolebinding", "reading", "--role=reader", "--serviceaccount=default:bot"),
        ("clusterrole", "watcher", "--verb=list,watch", "--resource=nodes"),
        ("service", "clusterip", "svc", "--tcp=80:8080"),
        ("job", "once", "--image=busybox:1"),
        ("cronjob", "often", "--image=busybox:1", "--schedule=*/5 * * * *"),
        ("ingress", "in", "--rule=example.com/*=svc:80"),
        ("quota", "q", "--hard=pods=9"),
        ("poddisruptionbudget", "pdb", "--selector=app=x", "--min-available=1"),
        ("priorityclass", "high", "--value=5"),
    ]
    for command in commands:
        assert ok(api.kubectl(kubectl, "create", *command)).endswith(" created\n")
    assert ok(api.kubectl(kubectl, "run", "p", "--image=busybox:1")) == "pod/p created\n"
    assert len(ok(api.kubectl(kubectl, "create", "token", "bot")).split(".")) == 3
    assert api.get("/api/v1/namespaces/default/secrets/s")["data"] == {"password": "aGlkZGVu"}


def test_objects_are_changed_by_name(api: ServedApi, kubectl: str) -> None:
    ok(api.kubectl(kubectl, "create", "deployment", "web", "--image=nginx:1"))
    commands = [
        ("set", "image", "deploy/web", "nginx=nginx:2"),
        ("set", "env", "deploy/web", "A=b"),
        ("set", "resources", "deploy/web", "--requests=memory=64Mi"),
        ("scale", "deploy", "web", "--replicas=3"),
        ("label", "deploy", "web", "tier=back"),
        ("annotate", "deploy", "web", "note=x"),
        ("patch", "deploy", "web", "-p", '{"spec":{"revisionHistoryLimit":4}}'),
        ("patch", "deploy", "web", "--type=merge", "-p", '{"spec":{"paused":true}}'),
        ("patch", "deploy", "web", "--type=json", "-p", '[{"op":"remove","path":"/spec/paused"}]'),
        ("expose", "deploy", "web", "--port=80", "--type=NodePort"),
        ("rollout", "restart", "deploy/web"),
        ("rollout", "pause", "deploy/web"),
        ("rollout", "resume", "deploy/web"),
        ("autoscale", "deploy", "web", "--min=1", "--max=4"),
    ]
    for command in commands:
        ok(api.kubectl(kubectl, *command))
    live = api.get("/apis/apps/v1/namespaces/default/deployments/web")
    container = live["spec"]["template"]["spec"]["containers"][0]
    assert (live["spec"]["replicas"], live["spec"]["revisionHistoryLimit"], "paused" in live["spec"]) == (3, 4, False)
    changed = (container["image"], container["env"], container["resources"])
    assert changed == ("nginx:2", [{"name": "A", "value": "b"}], {"requests": {"memory": "64Mi"}})
    assert "kubectl.kubernetes.io/restartedAt" in live["spec"]["template"]["metadata"]["annotations"]


def test_rollout_status_and_wait_follow_the_status(api: ServedApi, kubectl: str) -> None:
    ok(api.kubectl(kubectl, "create", "deployment", "web", "--image=nginx:1"))
    conditions = [{"type": "Available", "status": "True", "reason": "r", "message": "m"}]
    counts = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
    waiting = api.kubectl(kubectl, "rollout", "status", "deploy/web", "--timeout=1s")
    assert (waiting.code, "Waiting for deployment spec update to be observed" in waiting.out) == (1, True)
    progress(api, "web", observedGeneration=1, conditions=conditions, **counts)
    assert "successfully rolled out" in ok(api.kubectl(kubectl, "rollout", "status", "deploy/web", "--timeout=120s"))
    wait = api.kubectl(kubectl, "wait", "deploy/web", "--for=condition=Available", "--timeout=120s")
    assert ok(wait) == "deployment.apps/web condition met\n"


def test_describe_reads_like_a_real_one(api: ServedApi, kubectl: str) -> None:
    ok(api.kubectl(kubectl, "create", "-f", "-", stdin=document(pod("p"))))
    event = {
        "metadata": {"name": "p.1", "namespace": "default"},
        "involvedObject": {"kind": "Pod", "name": "p", "namespace": "default"},
        "reason": "FailedScheduling",
        "message": "0/3 nodes are available",
        "type": "Warning",
        "source": {"component": "default-scheduler"},
        "firstTimestamp": "2026-01-01T00:00:00Z",
        "lastTimestamp": "2026-01-01T00:00:00Z",
        "count": 1,
    }
    uid = api.get("/api/v1/namespaces/default/pods/p")["metadata"]["uid"]
    event["involvedObject"] = {"kind": "Pod", "name": "p", "namespace": "default", "uid": uid}
    api.call("POST", "/api/v1/namespaces/default/events", event)
    text = ok(api.kubectl(kubectl, "describe", "pod", "p"))
    assert "QoS Class:                   BestEffort" in text
    assert "FailedScheduling" in text
    assert "0/3 nodes are available" in text


def test_delete_waits_and_selects(api: ServedApi, kubectl: str) -> None:
    for name in ("a", "b"):
        ok(api.kubectl(kubectl, "create", "configmap", name))
    ok(api.kubectl(kubectl, "label", "configmap", "a", "b", "tier=x"))
    assert ok(api.kubectl(kubectl, "delete", "configmap", "-l", "tier=x")).count("deleted") == 2
    again = api.kubectl(kubectl, "delete", "configmap", "a")
    assert again.err == 'Error from server (NotFound): configmaps "a" not found\n'
    assert ok(api.kubectl(kubectl, "delete", "configmap", "a", "--ignore-not-found")) == ""


def test_what_there_is_is_told(api: ServedApi, kubectl: str) -> None:
    resources = ok(api.kubectl(kubectl, "api-resources", "--api-group=apps"))
    assert ["deployments", "deploy", "apps/v1", "true", "Deployment"] in lines(resources)
    assert "apps/v1" in ok(api.kubectl(kubectl, "api-versions")).split()
    explained = ok(api.kubectl(kubectl, "explain", "deployment.spec.strategy"))
    assert ["KIND:", "Deployment"] in lines(explained)
    assert "rollingUpdate" in explained
    assert "Server Version" in ok(api.kubectl(kubectl, "version"))
    assert "is running at" in ok(api.kubectl(kubectl, "cluster-info"))


def test_what_somebody_may_do_is_told(api: ServedApi, kubectl: str) -> None:
    assert ok(api.kubectl(kubectl, "auth", "can-i", "delete", "nodes")).startswith("yes")
    refused = api.kubectl(kubectl, "auth", "can-i", "delete", "nodes", token=JANE)
    assert (refused.code, refused.out) == (1, "no\n")
    listed = ok(api.kubectl(kubectl, "auth", "can-i", "--list", token=JANE))
    assert "selfsubjectaccessreviews.authorization.k8s.io" in listed
    assert ["Username", "jane"] in lines(ok(api.kubectl(kubectl, "auth", "whoami", token=JANE)))
    forbidden = api.kubectl(kubectl, "get", "nodes", token=JANE)
    assert forbidden.err == (
        'Error from server (Forbidden): nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" '
        "at the cluster scope\n"
    )


def test_nodes_are_cordoned_drained_and_labelled(api: ServedApi, kubectl: str) -> None:
    api.call("POST", "/api/v1/nodes", {"metadata": {"name": "n"}})
    api.call("POST", "/api/v1/namespaces/default/pods", pod("p", nodeName="n", terminationGracePeriodSeconds=0))
    ok(api.kubectl(kubectl, "cordon", "n"))
    assert lines(ok(api.kubectl(kubectl, "get", "nodes")))[1][1] == "Unknown,SchedulingDisabled"
    assert "evicted" in ok(api.kubectl(kubectl, "drain", "n", "--force", "--timeout=120s"))
    ok(api.kubectl(kubectl, "uncordon", "n"))
    ok(api.kubectl(kubectl, "taint", "nodes", "n", "a=b:NoSchedule"))
    assert api.get("/api/v1/nodes/n")["spec"]["taints"] == [{"key": "a", "value": "b", "effect": "NoSchedule"}]
