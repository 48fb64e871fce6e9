"""Tables: what kubectl prints of each kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from deployctl.sandbox.api.rules import Kind, builtin_kinds
from deployctl.sandbox.api.tables import ages, custom, table
from deployctl.sandbox.contracts import Object

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
BORN = "2026-01-01T11:55:00Z"


def kind(resource: str) -> Kind:
    return next(k for k in builtin_kinds() if k.resource == resource)


def cells(resource: str, obj: Object) -> list[Any]:
    obj = {**obj, "metadata": {"name": "x", "namespace": "n", "creationTimestamp": BORN, **obj.get("metadata", {})}}
    made = table(kind(resource), [obj], {}, now=NOW)
    found: list[Any] = made["rows"][0]["cells"]
    assert len(found) == len(made["columnDefinitions"])
    return found


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (185, "3m5s"),
        (600, "10m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 60, "3h1m"),
        (9 * 3600, "9h"),
        (48 * 3600, "2d"),
        (49 * 3600, "2d1h"),
        (9 * 86400, "9d"),
        (2 * 365 * 86400, "2y"),
        (3 * 365 * 86400 + 86400, "3y1d"),
        (9 * 365 * 86400, "9y"),
    ],
)
def test_ages_have_two_units_at_most(seconds: float, shown: str) -> None:
    assert ages.human(seconds) == shown


TEMPLATE = {"spec": {"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:2"}]}}
SELECTOR = {
    "matchLabels": {"z": "1", "app": "x"},
    "matchExpressions": [{"key": "t", "operator": "In", "values": ["q", "p"]}],
}


@pytest.mark.parametrize(
    ("resource", "obj", "expected"),
    [
        (
            "deployments.apps",
            {
                "spec": {"replicas": 3, "template": TEMPLATE, "selector": SELECTOR},
                "status": {"readyReplicas": 2, "updatedReplicas": 1, "availableReplicas": 2},
            },
            ["x", "2/3", 1, 2, "5m", "a,b", "a:1,b:2", "app=x,t in (p,q),z=1"],
        ),
        (
            "replicasets.apps",
            {"spec": {"replicas": 3}, "status": {"replicas": 2}},
            ["x", 3, 2, 0, "5m", "", "", "<none>"],
        ),
        ("statefulsets.apps", {"spec": {"replicas": 1, "template": TEMPLATE}}, ["x", "0/1", "5m", "a,b", "a:1,b:2"]),
        (
            "daemonsets.apps",
            {
                "spec": {"template": {"spec": {"nodeSelector": {"disk": "ssd"}}}},
                "status": {"desiredNumberScheduled": 4, "numberReady": 3},
            },
            ["x", 4, 0, 3, 0, 0, "disk=ssd", "5m", "", "", "<none>"],
        ),
        (
            "jobs.batch",
            {
                "spec": {"completions": 3, "template": TEMPLATE},
                "status": {
                    "succeeded": 3,
                    "startTime": BORN,
                    "completionTime": "2026-01-01T11:56:10Z",
                    "conditions": [{"type": "Complete", "status": "True"}],
                },
            },
            ["x", "Complete", "3/3", "70s", "5m", "a,b", "a:1,b:2", "<none>"],
        ),
        (
            "cronjobs.batch",
            {"spec": {"schedule": "0 * * * *", "suspend": False, "jobTemplate": {"spec": {"template": TEMPLATE}}}},
            ["x", "0 * * * *", "<none>", "False", 0, "<none>", "5m", "a,b", "a:1,b:2", "<none>"],
        ),
        (
            "services",
            {
                "spec": {
                    "type": "LoadBalancer",
                    "clusterIPs": ["10.0.0.1"],
                    "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}],
                    "selector": {"app": "x"},
                }
            },
            ["x", "LoadBalancer", "10.0.0.1", "<pending>", "80:30080/TCP,53/UDP", "5m", "app=x"],
        ),
        (
            "ingresses.networking.k8s.io",
            {
                "spec": {"ingressClassName": "nginx", "rules": [{"host": f"h{n}"} for n in range(5)], "tls": [{}]},
                "status": {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}},
            },
            ["x", "nginx", "h0,h1,h2 + 2 more...", "1.2.3.4", "80, 443", "5m"],
        ),
        (
            "nodes",
            {
                "metadata": {"labels": {"node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/a": ""}},
                "spec": {"unschedulable": True},
                "status": {
                    "conditions": [{"type": "Ready", "status": "False"}],
                    "addresses": [{"type": "InternalIP", "address": "10.1.0.1"}],
                    "nodeInfo": {"kubeletVersion": "v1", "kernelVersion": "6", "architecture": "amd64"},
                },
            },
            [
                *("x", "NotReady,SchedulingDisabled", "a,worker", "5m", "v1", "10.1.0.1"),
                *("<none>", "<unknown>", "6 (amd64)", "<unknown>"),
            ],
        ),
        ("configmaps", {"data": {"a": "1"}, "binaryData": {"b": ""}}, ["x", 2, "5m"]),
        ("secrets", {"type": "Opaque", "data": {"a": "1"}}, ["x", "Opaque", 1, "5m"]),
        ("leases.coordination.k8s.io", {"spec": {"holderIdentity": "me"}}, ["x", "me", "5m"]),
        ("namespaces", {"status": {"phase": "Active"}}, ["x", "Active", "5m"]),
        (
            "persistentvolumeclaims",
            {
                "spec": {"volumeName": "v", "storageClassName": "fast", "volumeMode": "Filesystem"},
                "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"]},
            },
            ["x", "Bound", "v", "1Gi", "RWO", "fast", "<unset>", "5m", "Filesystem"],
        ),
        (
            "events",
            {
                "type": "Warning",
                "reason": "BackOff",
                "message": "again \n",
                "involvedObject": {"kind": "Pod", "name": "p"},
                "source": {"component": "kubelet", "host": "n1"},
                "firstTimestamp": BORN,
                "lastTimestamp": "2026-01-01T11:59:50Z",
                "count": 7,
            },
            ["10s", "Warning", "BackOff", "pod/p", "", "kubelet, n1", "again", "5m", 7, "x"],
        ),
        (
            "resourcequotas",
            {"status": {"hard": {"pods": "2", "limits.cpu": "4"}, "used": {"pods": "1"}}},
            ["x", "pods: 1/2", "limits.cpu: 0/4", "5m"],
        ),
        (
            "horizontalpodautoscalers.autoscaling",
            {
                "spec": {
                    "scaleTargetRef": {"kind": "Deployment", "name": "d"},
                    "minReplicas": 1,
                    "maxReplicas": 3,
                    "metrics": [
                        {
                            "type": "Resource",
                            "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
                        }
                    ],
                }
            },
            ["x", "Deployment/d", "cpu: <unknown>/50%", "1", 3, 0, "5m"],
        ),
        ("roles.rbac.authorization.k8s.io", {}, ["x", BORN]),
    ],
)  # fmt: skip
def test_cells_of_a_kind(resource: str, obj: Object, expected: list[Any]) -> None:
    assert cells(resource, obj) == expected


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".spec.a", ["1"]),
        ("{.spec.a}", ["1"]),
        (".spec.list[0].n", ["x"]),
        (".spec.list[-1].n", ["y"]),
        (".spec.list[*].n", ["x", "y"]),
        ('.spec.list[?(@.n=="y")].v', [2]),
        (".spec['a.b']", ["dotted"]),
        (r".spec.a\.b", ["dotted"]),
        (".spec.none.at.all", []),
        (".spec.list[9]", []),
    ],
)
def test_json_paths_of_printer_columns(path: str, found: list[Any]) -> None:
    obj = {"spec": {"a": "1", "a.b": "dotted", "list": [{"n": "x", "v": 1}, {"n": "y", "v": 2}]}}
    assert list(custom.find(obj, path)) == found


def test_rows_carry_as_much_of_the_object_as_is_asked() -> None:
    obj = {"metadata": {"name": "x"}, "data": {"a": "1"}}
    rows = [
        table(kind("configmaps"), [obj], {}, now=NOW, query={"includeObject": how})["rows"][0]["object"]
        for how in ("None", "Object", "")
    ]
    partial = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": {"name": "x"}}
    assert rows == [None, obj, partial]
