"""Asking: get in every form, describe, wait, logs, tables, discovery, lists in pieces, watches."""

from __future__ import annotations

from typing import Any

from conformance.comparing.procedure import Call, Procedure, k, quiet
from conformance.procedures.manifests import (
    config_map,
    cron_job,
    deployment,
    job,
    named,
    pod,
    probe,
    ready,
    secret,
    service,
    shell,
    template,
    text,
)
from conformance.procedures.questions import rolled

NS = "/api/v1/namespaces/$NS"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
INGRESS = named(
    "networking.k8s.io/v1",
    "Ingress",
    "web",
    spec={
        "ingressClassName": "nginx",
        "tls": [{"hosts": ["a.example"], "secretName": "tls"}],
        "rules": [
            {
                "host": "a.example",
                "http": {
                    "paths": [
                        {
                            "path": "/",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "web", "port": {"number": 80}}},
                        }
                    ]
                },
            }
        ],
    },
)
FULL = template(
    "web",
    ready(
        ports=[{"containerPort": 8000, "name": "http"}],
        env=[
            {"name": "PLAIN", "value": "x"},
            {"name": "HIDDEN", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "a"}}},
            {"name": "MINE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ],
        envFrom=[{"configMapRef": {"name": "settings"}}],
        resources={"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
        livenessProbe=probe(),
        volumeMounts=[{"name": "conf", "mountPath": "/conf", "readOnly": True}, {"name": "tmp", "mountPath": "/t"}],
    ),
    volumes=[{"name": "conf", "configMap": {"name": "settings"}}, {"name": "tmp", "emptyDir": {}}],
)
WORLD = text(config_map(a="1", b="two\nlines\n"), secret(a="1"), service(), INGRESS, deployment(replicas=2, pod=FULL))
UP = (quiet("apply -f -", WORLD), quiet("rollout status deploy/web --timeout=150s"))


def names(body: Any) -> Any:
    """A list's names, its kind, and what is left of it."""
    metadata = body.get("metadata") or {}
    return {
        "kind": body.get("kind"),
        "names": [item["metadata"]["name"] for item in body.get("items") or ()],
        "more": bool(metadata.get("continue")),
        "left": metadata.get("remainingItemCount"),
        "message": body.get("message"),
        "code": body.get("code"),
        "reason": body.get("reason"),
    }


def watched(body: Any) -> Any:
    """A watch's events: type and name. A refusal stays whole."""
    events = body if isinstance(body, list) else [body]
    if any("object" not in e for e in events):
        return body
    return [[e.get("type"), e["object"].get("metadata", {}).get("name"), e["object"].get("message")] for e in events]


GETS = Procedure(
    "get in every form",
    (
        *UP,
        k("get deploy"),
        k("get deploy web -o wide"),
        k("get deploy,rs,svc,ing,cm,secret"),
        k("get all"),
        k("get pods -o wide"),
        k("get pods --show-labels"),
        k("get pods -L app"),
        k("get pods -o name"),
        k("get pods --no-headers -o custom-columns=A:.metadata.labels.app,P:.status.phase,N:.spec.none"),
        k("get deploy web -o jsonpath='{.spec.replicas} {.status.readyReplicas}'"),
        k("get deploy web -o jsonpath='{range .status.conditions[*]}{.type}={.status},{end}'"),
        k("get deploy web -o go-template='{{.metadata.name}}'"),
        k("get deploy web -o json"),
        k("get pods --field-selector=status.phase=Running --no-headers -o custom-columns=P:.status.phase"),
        k("get pods --field-selector=status.phase!=Running"),
        k("get pods --field-selector=spec.none=1"),
        k("get cm settings -o yaml"),
        k("get secret keys -o jsonpath={.data}"),
        k("get ing web -o yaml --show-managed-fields"),
        k("get svc web -o wide"),
        k("get endpoints web --no-headers", until=":8000,.*:8000"),
        k("get endpointslices -o jsonpath={.items[0].endpoints}", until="ready: true.*ready: true"),
        k("get endpointslices -o jsonpath={.items[0].ports}"),
        k("get endpointslices -o jsonpath={.items[0].metadata.labels}"),
        k("get deploy web --output-watch-events --watch --request-timeout=4s --no-headers"),
        k("get pods --sort-by=.metadata.creationTimestamp --no-headers"),
        k("get deploy web --subresource=scale"),
        k("get deploy web --subresource=scale -o yaml"),
        k("get deploy web --subresource=status"),
        k("get rs -o yaml"),
    ),
)
DESCRIBED = Procedure(
    "describe",
    (
        *UP,
        k("describe deploy web"),
        k("describe rs"),
        k("describe svc web", until=":8000,.*:8000"),
        k("describe ing web"),
        k("describe cm settings"),
        k("describe secret keys"),
        k("describe sa default"),
        k("describe endpoints web"),
        k("describe namespace $NS"),
    ),
)
DESCRIBED_POD = Procedure(
    "describe a pod",
    (
        quiet("apply -f -", text(config_map(a="1"), secret(a="1"), named("v1", "Pod", "web", spec=FULL["spec"]))),
        quiet("wait --for=condition=Ready pod/web --timeout=150s"),
        k("describe pod web", until="Started"),
        k("get pod web -o yaml --show-managed-fields"),
        k("get pod web -o jsonpath={.status.qosClass}"),
    ),
)
SLOW = template("slow", shell("sleep 600"), terminationGracePeriodSeconds=15)
"""Pods that are still there when somebody begins to wait for their end."""
WAITS = Procedure(
    "wait",
    (
        *UP,
        quiet("apply -f -", text(deployment("slow", replicas=2, pod=SLOW))),
        rolled("deploy/slow"),
        k("wait --for=condition=Available deploy/web --timeout=60s"),
        k("wait --for=condition=available=false deploy/web --timeout=3s"),
        k("wait --for=condition=Odd deploy/web --timeout=3s"),
        k("wait --for=jsonpath={.status.readyReplicas}=2 deploy/web --timeout=60s"),
        k("wait --for=jsonpath={.status.readyReplicas}=3 deploy/web --timeout=3s"),
        k("wait --for=condition=Ready pods -l app=web --timeout=60s"),
        k("wait --for=delete deploy/web --timeout=3s"),
        k("wait --for=create cm/settings --timeout=3s"),
        k("wait --for=create cm/later --timeout=3s"),
        k("delete deploy slow"),
        k("wait --for=delete pods -l app=slow --timeout=150s"),
        k("get pods -l app=slow"),
        k("wait --for=odd deploy/web"),
    ),
)
LOGS = Procedure(
    "logs",
    (
        quiet(
            "apply -f -",
            text(
                pod(
                    "web",
                    shell("echo one; echo two; echo three; sleep 600"),
                    {**shell("echo side; sleep 600"), "name": "side"},
                )
            ),
        ),
        quiet("wait --for=condition=Ready pod/web --timeout=150s"),
        k("logs web", until="three"),
        k("logs web -c side", until="side"),
        k("logs web -c none"),
        k("logs web --tail=1"),
        k("logs web --tail=0"),
        k("logs web --since=1h"),
        k("logs web --since-time=2030-01-01T00:00:00Z"),
        k("logs web --timestamps --tail=1"),
        k("logs web --limit-bytes=5"),
        k("logs web --previous"),
        k("logs -l app=web --prefix"),
        k("logs web --all-containers", ordered=False),
        k("logs pod/web --tail=-5"),
        Call("GET", f"{NS}/pods/web/log"),
        Call("GET", f"{NS}/pods/web/log?container=web&tailLines=2"),
        Call("GET", f"{NS}/pods/web/log?container=web&tailLines=-1"),
        Call("GET", f"{NS}/pods/none/log"),
        quiet("apply -f -", text(pod("stuck", nodeSelector={"a": "b"}))),
        k("logs stuck"),
    ),
)
TABLES = Procedure(
    "tables",
    (
        *UP,
        quiet("apply -f -", text(job("task", "exit 0", suspend=True), cron_job("tick", "exit 0"))),
        quiet("get job task -o jsonpath={.status.conditions}", until="Suspended"),
        *(
            Call("GET", path, accept=TABLE)
            for path in (
                "/apis/apps/v1/namespaces/$NS/deployments/web",
                "/apis/apps/v1/namespaces/$NS/replicasets",
                f"{NS}/services",
                f"{NS}/configmaps",
                f"{NS}/secrets",
                f"{NS}/serviceaccounts",
                f"{NS}/pods?fieldSelector=metadata.name=none",
                "/apis/batch/v1/namespaces/$NS/jobs",
                "/apis/batch/v1/namespaces/$NS/cronjobs",
                "/apis/networking.k8s.io/v1/namespaces/$NS/ingresses",
                "/api/v1/namespaces/$NS",
                f"{NS}/configmaps/settings?includeObject=None",
                f"{NS}/configmaps/settings?includeObject=Object",
                f"{NS}/configmaps/none",
            )
        ),
        Call("GET", f"{NS}/configmaps/settings", accept="application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"),
        Call(
            "GET",
            f"{NS}/configmaps?fieldSelector=metadata.name=settings",
            accept="application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
        ),
        Call("GET", f"{NS}/configmaps/settings", accept="application/yaml"),
        Call("GET", f"{NS}/configmaps/settings", accept="text/html"),
    ),
)
MANY = text(*(config_map(f"c{n}") for n in range(7)))
LISTS = Procedure(
    "lists and watches",
    (
        quiet("apply -f -", MANY),
        Call("GET", f"{NS}/configmaps?limit=3", keep=names),
        Call("GET", f"{NS}/configmaps?limit=500", keep=names),
        Call("GET", f"{NS}/configmaps?limit=3&labelSelector=a%3Db", keep=names),
        Call("GET", f"{NS}/configmaps?continue=eyJ", keep=names),
        Call("GET", f"{NS}/configmaps?resourceVersion=0", keep=names),
        Call("GET", f"{NS}/configmaps?resourceVersion=0&resourceVersionMatch=Exact", keep=names),
        Call("GET", f"{NS}/configmaps?resourceVersion=9999999999", keep=names),
        Call("GET", f"{NS}/configmaps?fieldSelector=metadata.name%3Dc1", keep=names),
        Call("GET", f"{NS}/configmaps?fieldSelector=data.a%3Dc1", keep=names),
        Call("GET", f"{NS}/configmaps?labelSelector=a%20in", keep=names),
        Call("GET", f"{NS}/configmaps?watch=true&sendInitialEvents=true&timeoutSeconds=2", keep=watched),
        Call("GET", f"{NS}/configmaps?watch=true&resourceVersion=x", keep=None),
        Call("GET", f"{NS}/configmaps/c1?watch=true&timeoutSeconds=1"),
        Call("GET", "/apis/apps/v1/namespaces/$NS/deployments", keep=names),
        Call("GET", "/apis/apps/v1/namespaces/$NS/nonesuch"),
        Call("GET", "/apis/nonesuch.example/v1"),
        Call("GET", "/nonesuch"),
        Call("POST", f"{NS}/configmaps/c1", config_map("c1")),
        Call("PUT", f"{NS}/configmaps", config_map("c1")),
    ),
)


def group(body: Any) -> Any:
    """A group version's resources that a release touches."""
    wanted = {"deployments", "replicasets", "pods", "pods/log", "pods/eviction", "pods/resize", "configmaps",
              "deployments/scale", "deployments/status", "jobs", "cronjobs", "leases", "statefulsets"}  # fmt: skip
    found = [r for r in body.get("resources", ()) if r["name"] in wanted]
    kept = ("name", "namespaced", "kind", "verbs", "shortNames", "categories", "singularName", "group", "version")
    return [{key: r[key] for key in kept if key in r} for r in sorted(found, key=lambda r: r["name"])]


def aggregated(body: Any) -> Any:
    """The same of aggregated discovery."""
    told = {}
    for item in body.get("items", ()):
        if item["metadata"].get("name", "") in ("", "apps", "batch", "coordination.k8s.io"):
            told[item["metadata"].get("name", "")] = [
                {
                    "version": v["version"],
                    "freshness": v.get("freshness"),
                    "resources": [r for r in v["resources"] if r["resource"] in
                                  ("deployments", "pods", "jobs", "cronjobs", "leases", "configmaps", "statefulsets")],
                }
                for v in item["versions"]
                if v["version"] == "v1"
            ]  # fmt: skip
    return told


def groups(body: Any) -> Any:
    wanted = ("apps", "batch", "autoscaling", "policy", "networking.k8s.io", "rbac.authorization.k8s.io",
              "coordination.k8s.io", "apiextensions.k8s.io", "authorization.k8s.io", "discovery.k8s.io")  # fmt: skip
    return sorted((g for g in body["groups"] if g["name"] in wanted), key=lambda g: str(g["name"]))


DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
DISCOVERED = Procedure(
    "discovery",
    (
        Call("GET", "/api"),
        Call("GET", "/apis", keep=groups),
        Call("GET", "/api/v1", keep=group),
        Call("GET", "/apis/apps/v1", keep=group),
        Call("GET", "/apis/batch/v1", keep=group),
        Call("GET", "/apis/coordination.k8s.io/v1", keep=group),
        Call("GET", "/apis/apps"),
        Call("GET", "/api", accept=DISCOVERY, keep=aggregated),
        Call("GET", "/apis", accept=DISCOVERY, keep=aggregated),
        Call("GET", "/version", keep=sorted),
        Call("GET", "/healthz"),
        Call("GET", "/readyz"),
        Call("GET", "/livez"),
        k("api-resources --api-group=apps"),
        k("api-resources --namespaced=false --api-group=rbac.authorization.k8s.io"),
        k("explain deployment.spec.replicas"),
        k("explain pod.spec.containers.image"),
        k("explain deploy.spec.strategy --recursive"),
        k("explain deploy.spec.none"),
    ),
)
READING = (GETS, DESCRIBED, DESCRIBED_POD, WAITS, LOGS, TABLES, LISTS, DISCOVERED)
