"""What admission adds to pods and services, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from served_api import deployment, pod

from deployctl.sandbox.api.cluster import Cluster
from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.api.writer import Writer
from deployctl.sandbox.api.writing import create
from deployctl.sandbox.clock import ManualClock
from deployctl.sandbox.contracts import Object


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(ManualClock())


def refusal(action: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(ApiError) as refused:
        action()
    return refused.value.code, refused.value.message


def made(cluster: Cluster, body: Object, resource: str = "pods") -> Object:
    return cluster.create(resource, body, manager="me")


def service(name: str = "s", **spec: Any) -> Object:
    ports = [{"port": 80}]
    return {
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"a": "b"}, "ports": ports, **spec},
    }


def needs(requests: dict[str, str] | None = None, limits: dict[str, str] | None = None) -> list[Object]:
    resources = {key: value for key, value in (("requests", requests), ("limits", limits)) if value}
    return [{"name": "app", "image": "app:1", "resources": resources}]


def test_a_pod_gets_an_account_its_token_tolerations_and_a_priority(cluster: Cluster) -> None:
    spec = made(cluster, pod("p"))["spec"]
    volume = spec["volumes"][0]["name"]
    mount = {"name": volume, "readOnly": True, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
    assert volume.startswith("kube-api-access-")
    assert spec["containers"][0]["volumeMounts"] == [mount]
    certificate = {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}
    assert spec["volumes"][0]["projected"]["sources"][1] == certificate
    keys = ("serviceAccountName", "serviceAccount", "priority", "preemptionPolicy", "tolerations")
    trouble = [
        {"key": f"node.kubernetes.io/{what}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
        for what in ("not-ready", "unreachable")
    ]
    assert [spec[key] for key in keys] == ["default", "default", 0, "PreemptLowerPriority", trouble]


def test_a_pod_that_wants_no_token_gets_no_volume(cluster: Cluster) -> None:
    spec = made(cluster, pod("p", automountServiceAccountToken=False))["spec"]
    assert ("volumes" in spec, "volumeMounts" in spec["containers"][0]) == (False, False)


def test_pull_secrets_of_the_account_are_the_pods(cluster: Cluster) -> None:
    account = {"metadata": {"name": "a", "namespace": "default"}, "imagePullSecrets": [{"name": "registry"}]}
    made(cluster, account, "serviceaccounts")
    assert made(cluster, pod("p", serviceAccountName="a"))["spec"]["imagePullSecrets"] == [{"name": "registry"}]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"serviceAccountName": "no"},
            'pods "p" is forbidden: error looking up service account default/no: serviceaccount "no" not found',
        ),
        ({"priorityClassName": "no"}, 'pods "p" is forbidden: no PriorityClass with name no was found'),
    ],
)
def test_a_pod_that_names_what_is_not_there_is_forbidden(cluster: Cluster, spec: Object, message: str) -> None:
    assert refusal(lambda: made(cluster, pod("p", **spec))) == (403, message)


def test_priority_comes_from_the_class_or_the_default_one(cluster: Cluster) -> None:
    critical = made(cluster, pod("critical", priorityClassName="system-node-critical"))
    default = {"metadata": {"name": "usual"}, "value": 7, "globalDefault": True}
    made(cluster, default, "priorityclasses.scheduling.k8s.io")
    usual = made(cluster, pod("usual"))
    assert [critical["spec"]["priority"], usual["spec"]["priority"], usual["spec"]["priorityClassName"]] == [
        2000001000,
        7,
        "usual",
    ]


@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        (needs(), "BestEffort"),
        (needs({"memory": "1Gi"}), "Burstable"),
        (needs(limits={"memory": "1Gi", "cpu": "1"}), "Guaranteed"),
        (needs({"memory": "1024Mi", "cpu": "1000m"}, {"memory": "1Gi", "cpu": "1"}), "Guaranteed"),
        (needs(limits={"memory": "1Gi"}), "Burstable"),
        ([*needs(limits={"memory": "1Gi", "cpu": "1"}), {"name": "b", "image": "b:1"}], "Burstable"),
    ],
)
def test_quality_of_service(cluster: Cluster, containers: list[Object], expected: str) -> None:
    assert made(cluster, pod("p", containers=containers))["status"]["qosClass"] == expected


def test_a_service_gets_an_address_and_node_ports_and_keeps_them(cluster: Cluster) -> None:
    first = made(cluster, service(type="NodePort"), "services")
    assert first["spec"]["clusterIPs"] == [first["spec"]["clusterIP"]]
    port = first["spec"]["ports"][0]["nodePort"]
    again = cluster.update("services", service(type="NodePort", selector={"c": "d"}), manager="me")
    assert (again["spec"]["clusterIP"], again["spec"]["ports"][0]["nodePort"]) == (first["spec"]["clusterIP"], port)
    plain = cluster.update("services", service(), manager="me")
    assert ("nodePort" in plain["spec"]["ports"][0], "externalTrafficPolicy" in plain["spec"]) == (False, False)
    other = made(cluster, service("t", type="NodePort", ports=[{"port": 80, "nodePort": port}]), "services")
    assert other["spec"]["ports"][0]["nodePort"] == port


def test_an_address_or_port_that_is_taken_is_refused(cluster: Cluster) -> None:
    first = made(cluster, service(type="NodePort"), "services")["spec"]
    address, port = first["clusterIP"], first["ports"][0]["nodePort"]
    assert refusal(lambda: made(cluster, service("t", clusterIP=address), "services")) == (
        422,
        f'Service "t" is invalid: spec.clusterIPs: Invalid value: ["{address}"]: failed to allocate IP {address}: '
        "provided IP is already allocated",
    )
    taken = service("t", type="NodePort", ports=[{"port": 80, "nodePort": port}])
    assert refusal(lambda: made(cluster, taken, "services")) == (
        422,
        f'Service "t" is invalid: spec.ports[0].nodePort: Invalid value: {port}: provided port is already allocated',
    )


def test_a_refused_or_tried_service_takes_no_address(cluster: Cluster) -> None:
    create(cluster, cluster.kind("services"), "default", service(clusterIP="10.96.7.7"), Writer("me", dry_run=True))
    assert made(cluster, service(clusterIP="10.96.7.7"), "services")["spec"]["clusterIP"] == "10.96.7.7"
    cluster.delete("services", "default", "s")
    assert made(cluster, service("t", clusterIP="10.96.7.7"), "services")["spec"]["clusterIP"] == "10.96.7.7"


def test_a_headless_service_has_no_address(cluster: Cluster) -> None:
    spec = made(cluster, service(clusterIP="None"), "services")["spec"]
    assert (spec["clusterIP"], spec["clusterIPs"], spec["ipFamilyPolicy"]) == ("None", ["None"], "SingleStack")


LIMITS = {
    "type": "Container",
    "default": {"memory": "1Gi"},
    "defaultRequest": {"memory": "100Mi"},
    "max": {"memory": "2Gi"},
}


def test_a_limit_range_completes_containers_and_bounds_them(cluster: Cluster) -> None:
    limits = {"metadata": {"name": "l", "namespace": "default"}, "spec": {"limits": [LIMITS]}}
    made(cluster, limits, "limitranges")
    completed = made(cluster, pod("p"))
    assert completed["spec"]["containers"][0]["resources"] == {
        "requests": {"memory": "100Mi"},
        "limits": {"memory": "1Gi"},
    }
    assert completed["metadata"]["annotations"]["kubernetes.io/limit-ranger"] == (
        "LimitRanger plugin set: memory request for container app; memory limit for container app"
    )
    assert refusal(lambda: made(cluster, pod("q", containers=needs(limits={"memory": "4Gi"})))) == (
        403,
        'pods "q" is forbidden: maximum memory usage per Container is 2Gi, but limit is 4Gi',
    )


def quota(**hard: str) -> Object:
    bounds = {key.replace("_", "."): value for key, value in hard.items()}
    return {"metadata": {"name": "q", "namespace": "default"}, "spec": {"hard": bounds}}


def used(cluster: Cluster) -> Object:
    found = cluster.get("resourcequotas", "default", "q")
    assert found is not None
    status: Object = found["status"]["used"]
    return status


def test_a_quota_counts_what_there_is_and_refuses_more(cluster: Cluster) -> None:
    made(cluster, pod("a", containers=needs({"memory": "512Mi", "cpu": "250m"})))
    made(cluster, quota(pods="2", requests_memory="1Gi", requests_cpu="1"), "resourcequotas")
    assert used(cluster) == {"pods": "1", "requests.cpu": "250m", "requests.memory": "512Mi"}
    big = pod("b", containers=needs({"memory": "600Mi", "cpu": "100m"}))
    assert refusal(lambda: made(cluster, big)) == (
        403,
        'pods "b" is forbidden: exceeded quota: q, requested: requests.memory=600Mi, used: requests.memory=512Mi, '
        "limited: requests.memory=1Gi",
    )
    assert refusal(lambda: made(cluster, pod("c"))) == (
        403,
        'pods "c" is forbidden: failed quota: q: must specify requests.cpu for: app; requests.memory for: app',
    )
    made(cluster, pod("b", containers=needs({"memory": "512Mi", "cpu": "1m"})))
    assert used(cluster) == {"pods": "2", "requests.cpu": "251m", "requests.memory": "1Gi"}
    cluster.delete("pods", "default", "a")
    assert used(cluster) == {"pods": "1", "requests.cpu": "1m", "requests.memory": "512Mi"}


def test_a_finished_pod_no_longer_counts(cluster: Cluster) -> None:
    made(cluster, quota(pods="1"), "resourcequotas")
    done = {**made(cluster, pod("a")), "status": {"phase": "Succeeded"}}
    cluster.update("pods", done, manager="kubelet", subresource="status")
    made(cluster, pod("b"))
    assert used(cluster) == {"pods": "1"}


RESTRICTED = (
    'pods "p" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container '
    '"app" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "app" must '
    'set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "app" must set '
    'securityContext.runAsNonRoot=true), seccompProfile (pod or container "app" must set '
    'securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'
)


def secured(cluster: Cluster, **levels: str) -> None:
    labels = {f"pod-security.kubernetes.io/{mode}": level for mode, level in levels.items()}
    namespace = {"metadata": {"name": "default", "labels": labels}}
    cluster.update("namespaces", namespace, manager="me")


def test_pods_are_held_to_the_level_of_their_namespace(cluster: Cluster) -> None:
    secured(cluster, enforce="restricted")
    assert refusal(lambda: made(cluster, pod("p"))) == (403, RESTRICTED)
    context = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {"name": "app", "image": "app:1", "securityContext": context}
    good = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    made(cluster, pod("good", containers=[container], securityContext=good))


def test_the_baseline_names_every_way_out(cluster: Cluster) -> None:
    secured(cluster, enforce="baseline")
    made(cluster, pod("usual"))
    context = {"privileged": True, "capabilities": {"add": ["NET_ADMIN"]}}
    container = {
        "name": "app",
        "image": "a:1",
        "securityContext": context,
        "ports": [{"containerPort": 1, "hostPort": 80}],
    }
    root = [{"name": "root", "hostPath": {"path": "/"}}]
    bad = pod("p", hostPID=True, containers=[container], volumes=root)
    assert refusal(lambda: made(cluster, bad)) == (
        403,
        'pods "p" is forbidden: violates PodSecurity "baseline:latest": non-default capabilities (container "app" must '
        'not include "NET_ADMIN" in securityContext.capabilities.add), host namespaces (hostPID=true), hostPath '
        'volumes (volume "root"), hostPort (container "app" uses hostPort 80), privileged (container "app" must not '
        "set securityContext.privileged=true)",
    )


def test_workloads_are_warned_of_and_not_refused(cluster: Cluster) -> None:
    secured(cluster, enforce="baseline", warn="restricted")
    writer = Writer("me")
    create(cluster, cluster.kind("deployments.apps"), "default", deployment("d"), writer)
    assert [w.partition(":latest")[0] for w in writer.warnings] == ['would violate PodSecurity "restricted']


def test_aggregated_roles_collect_the_rules_of_labelled_ones(cluster: Cluster) -> None:
    roles = "clusterroles.rbac.authorization.k8s.io"
    rule = {"apiGroups": ["example.com"], "resources": ["certificates"], "verbs": ["get"]}
    label = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}

    def rules(name: str) -> list[Object]:
        role = cluster.get(roles, None, name)
        assert role is not None
        found: list[Object] = role["rules"]
        return found

    made(cluster, {"metadata": {"name": "certificates", "labels": label}, "rules": [rule]}, roles)
    assert [rule in rules(name) for name in ("view", "edit", "admin")] == [True, True, True]
    cluster.delete(roles, None, "certificates")
    assert [rule in rules(name) for name in ("view", "edit", "admin")] == [False, False, False]
