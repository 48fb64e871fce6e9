# ruff: noqa: E501  the commands are data, and stay as they are typed
"""What surrounds workloads: rights, quotas, limits, kinds of one's own, leases, evictions, namespaces."""

from __future__ import annotations

from conformance.comparing.procedure import Call, Procedure, k, quiet
from conformance.comparing.stories import rules_sorted
from conformance.procedures.manifests import config_map, container, deployment, named, pod, ready, template, text
from conformance.procedures.questions import happened, rolled, yaml_of

NS = "/api/v1/namespaces/$NS"
ROLE = named(
    "rbac.authorization.k8s.io/v1",
    "Role",
    "reader",
    rules=[
        {"apiGroups": [""], "resources": ["pods", "configmaps"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["one"], "verbs": ["get"]},
        {"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["*"]},
    ],
)
RIGHTS = Procedure(
    "a limited user",
    (
        quiet("create sa limited"),
        k("apply -f -", text(ROLE)),
        k("create rolebinding limited --role=reader --serviceaccount=$NS:limited"),
        quiet("auth can-i get pods", until="yes", user="limited"),
        *(
            k(command, user="limited")
            for command in (
                "get pods", "get secrets", "get secret one", "get secret two", "get deploy", "get nodes",
                "create cm x", "delete pod x", "apply -f /dev/null", "logs x", "rollout restart deploy/x",
                "scale deploy x --replicas=1", "get pods -A", "get ns", "auth can-i get pods", "auth can-i get secrets",
                "auth can-i get secrets/one", "auth can-i '*' '*'", "auth can-i update deployments --subresource=scale",
                "auth can-i get nodes", "auth can-i create selfsubjectaccessreviews", "auth can-i --list",
                "auth whoami -o yaml", "get cm", "describe pod none",
            )
        ),
        k("apply -f -", text(config_map("x")), user="limited"),
        k("apply --server-side -f -", text(config_map("x")), user="limited"),
        k("auth can-i get pods"),
        k("auth can-i get pods --as-nothing"),
        Call("GET", f"{NS}/secrets", user="limited"),
        Call("GET", "/metrics", user="limited"),
        Call("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
             {"spec": {"resourceAttributes": {"namespace": "$NS", "verb": "get", "resource": "pods"}}}, user="limited"),
        Call("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {"spec": {"namespace": "$NS"}},
             user="limited", keep=rules_sorted),
        Call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews",
             {"spec": {"user": "system:serviceaccount:$NS:limited",
                       "resourceAttributes": {"namespace": "$NS", "verb": "delete", "resource": "pods"}}}),
        k("create clusterrole conf-$NS --verb=get --resource=nodes"),
        k("create clusterrolebinding conf-$NS --clusterrole=conf-$NS --serviceaccount=$NS:limited"),
        quiet("auth can-i get nodes", until="yes$", user="limited"),
        k("get nodes -o name", user="limited"),
        k("get role,rolebinding"),
        k("get role reader -o wide"),
        k("describe role reader"),
        k("describe rolebinding limited"),
        k("create role grown --verb=create --resource=pods", user="limited"),
    ),
    clean=("delete clusterrole,clusterrolebinding conf-$NS",),
)  # fmt: skip
QUOTA = named(
    "v1", "ResourceQuota", "q", spec={"hard": {"requests.memory": "100Mi", "pods": "2", "limits.memory": "200Mi"}}
)
SMALL = container(resources={"requests": {"memory": "40Mi"}, "limits": {"memory": "50Mi"}})
QUOTAS = Procedure(
    "a resource quota",
    (
        k("apply -f -", text(QUOTA)),
        k("get quota q -o jsonpath={.status}", until="pods: '0'"),
        k("apply -f -", text(pod("unsaid"))),
        k("apply -f -", text(pod("one", SMALL))),
        k(
            "apply -f -",
            text(pod("big", container(resources={"requests": {"memory": "80Mi"}, "limits": {"memory": "80Mi"}}))),
        ),
        k("get quota q -o jsonpath={.status.used}", until="pods: '1'"),
        k("get quota"),
        k("describe quota q"),
        quiet("apply -f -", text(deployment(pod=template("web", container())))),
        k("get deploy web -o jsonpath={.status.conditions}", until="must specify"),
        yaml_of("quota q"),
        k("describe namespace $NS"),
        happened("must specify"),
    ),
)
LIMITS = named(
    "v1",
    "LimitRange",
    "l",
    spec={
        "limits": [
            {
                "type": "Container",
                "default": {"memory": "64Mi", "cpu": "100m"},
                "defaultRequest": {"memory": "32Mi"},
                "max": {"memory": "128Mi"},
                "min": {"memory": "8Mi"},
            }
        ]
    },
)
LIMITED = Procedure(
    "a limit range",
    (
        k("apply -f -", text(LIMITS)),
        k("get limits l -o yaml"),
        k("describe limits l", ordered=False),
        k("apply -f -", text(pod("plain"))),
        k("get pod plain -o jsonpath={.spec.containers[0].resources}"),
        k("get pod plain -o jsonpath={.metadata.annotations}"),
        k("apply -f -", text(pod("big", container(resources={"limits": {"memory": "256Mi"}})))),
        k("apply -f -", text(pod("small", container(resources={"requests": {"memory": "1Mi"}})))),
    ),
)
SECURITY = Procedure(
    "pod security",
    (
        k("apply -f -", text(pod("plain"))),
        k("apply -f -", text(pod("bold", container(securityContext={"privileged": True}), hostNetwork=True))),
        quiet("apply -f -", text(deployment())),
        k("get deploy web -o jsonpath={.status.conditions}", until="violates"),
        k("get rs -o jsonpath={.items[0].status}"),
        k(
            "apply -f -",
            text(
                pod(
                    "meek",
                    container(
                        securityContext={
                            "allowPrivilegeEscalation": False,
                            "runAsNonRoot": True,
                            "runAsUser": 1000,
                            "capabilities": {"drop": ["ALL"]},
                            "seccompProfile": {"type": "RuntimeDefault"},
                        }
                    ),
                )
            ),
        ),
        happened("Started.*violates"),
    ),
    namespace_labels={
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
    },
)
ACCOUNTS = Procedure(
    "service accounts",
    (
        k("apply -f -", text(pod("web", serviceAccountName="none"))),
        quiet("apply -f -", text(deployment(pod=template("web", serviceAccountName="none")))),
        k("get deploy web -o jsonpath={.status.conditions}", until="not found"),
        k("describe rs", until="Error creating"),
        k("create sa robot"),
        k('patch sa robot -p \'{"imagePullSecrets":[{"name":"pull"}]}\''),
        k("get sa"),
        yaml_of("sa robot"),
        quiet("apply -f -", text(pod("p", serviceAccountName="robot"))),
        k("get pod p -o jsonpath={.spec.imagePullSecrets}"),
        k("get pod p -o jsonpath={.spec.volumes}"),
        quiet("apply -f -", text(pod("bare", automountServiceAccountToken=False))),
        k("get pod bare -o jsonpath={.spec.volumes}"),
        k("create token robot"),
        k("create token robot --duration=1s"),
        k("get cm kube-root-ca.crt -o jsonpath={.metadata}"),
        happened("not found"),
    ),
)


def definition() -> dict[str, object]:
    schema = {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "required": ["size"],
                "properties": {
                    "size": {"type": "integer", "minimum": 1},
                    "mode": {"type": "string", "enum": ["fast", "slow"], "default": "fast"},
                    "replicas": {"type": "integer"},
                },
            },
            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        },
    }
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "subresources": {
            "status": {},
            "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"},
        },
        "additionalPrinterColumns": [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}],
        "schema": {"openAPIV3Schema": schema},
    }
    kinds = {"kind": "Widget", "plural": "widgets", "singular": "widget", "shortNames": ["wd"]}
    spec = {"group": "$NS.example", "scope": "Namespaced", "names": kinds, "versions": [version]}
    return named("apiextensions.k8s.io/v1", "CustomResourceDefinition", "widgets.$NS.example", spec=spec)


def widget(name: str = "one", **spec: object) -> dict[str, object]:
    return named("$NS.example/v1", "Widget", name, spec=spec)


CUSTOM = Procedure(
    "a kind of one's own",
    (
        k("apply -f -", text(widget(size=1))),
        k("apply -f -", text(definition())),
        k("wait --for=condition=Established crd/widgets.$NS.example --timeout=150s"),
        yaml_of("crd widgets.$NS.example"),
        k("apply -f -", text(widget(size=1))),
        k("apply -f -", text(widget(size=2))),
        k("apply --server-side --field-manager=ops -f -", text(widget(size=3))),
        k("apply --server-side --field-manager=ops --force-conflicts -f -", text(widget(size=3))),
        yaml_of("widget one"),
        k("apply -f -", text(widget("two"))),
        k("apply -f -", text(widget("two", size=0))),
        k("apply -f -", text(widget("two", size="x"))),
        k("apply -f -", text(widget("two", size=1, mode="odd"))),
        k("apply -f -", text(widget("two", size=1, bogus=1))),
        k("apply --validate=ignore -f -", text(widget("two", size=1, bogus=1))),
        k("get widgets"),
        k("get wd one -o jsonpath={.spec}"),
        k('patch wd one -p \'{"spec":{"size":4}}\''),
        k('patch wd one --type=merge -p \'{"spec":{"size":4}}\''),
        k('patch wd one --subresource=status --type=merge -p \'{"status":{"ready":true}}\''),
        k('patch wd one --type=merge -p \'{"status":{"ready":false}}\''),
        k("scale wd one --replicas=3"),
        k("get wd one -o yaml"),
        k("wait --for=jsonpath={.status.ready}=true wd/one --timeout=2s"),
        k("explain widget.spec"),
        k("delete wd one"),
        k("delete crd widgets.$NS.example"),
        k("get widgets"),
    ),
    clean=("delete crd widgets.$NS.example --ignore-not-found",),
)
LEASE = named(
    "coordination.k8s.io/v1",
    "Lease",
    "lock",
    spec={"holderIdentity": "me", "leaseDurationSeconds": 15, "acquireTime": "2026-01-01T00:00:00.000000Z"},
)
LEASES = "/apis/coordination.k8s.io/v1/namespaces/$NS/leases"
LEASED = Procedure(
    "a lease",
    (
        Call("POST", LEASES, LEASE),
        Call("POST", LEASES, LEASE),
        Call("PATCH", f"{LEASES}/lock", {"spec": {"holderIdentity": "you"}}, "application/merge-patch+json"),
        Call("PUT", f"{LEASES}/lock", {**LEASE, "metadata": {"name": "lock", "resourceVersion": "1"}}),
        Call("POST", LEASES, {**LEASE, "metadata": {"name": "odd"}, "spec": {"leaseDurationSeconds": 0}}),
        Call("POST", LEASES, {**LEASE, "metadata": {"name": "odd"}, "spec": {"renewTime": "2026-01-01T00:00:00Z"}}),
        k("get lease"),
        yaml_of("lease lock"),
        Call("DELETE", f"{LEASES}/lock"),
    ),
)
BUDGET = named(
    "policy/v1", "PodDisruptionBudget", "b", spec={"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
)
EVICTION = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web-0"}}
EVICTED = Procedure(
    "evictions",
    (
        quiet(
            "apply -f -",
            text(
                BUDGET,
                named(
                    "v1",
                    "Pod",
                    "web-0",
                    metadata={"labels": {"app": "web"}},
                    spec={"terminationGracePeriodSeconds": 1, "containers": [ready()]},
                ),
            ),
        ),
        quiet("wait --for=condition=Ready pod/web-0 --timeout=150s"),
        k("get pdb b", until=r"b\s+1\s+N/A\s+0"),
        yaml_of("pdb b", "currentHealthy: 1"),
        Call("POST", f"{NS}/pods/web-0/eviction", EVICTION),
        k("delete pdb b"),
        Call("POST", f"{NS}/pods/web-0/eviction?dryRun=All", EVICTION),
        Call("POST", f"{NS}/pods/web-0/eviction", EVICTION),
        Call("POST", f"{NS}/pods/none/eviction", {**EVICTION, "metadata": {"name": "none"}}),
        quiet("wait --for=delete pod/web-0 --timeout=150s"),
    ),
)
RESIZE = {"spec": {"containers": [{"name": "web", "resources": {"requests": {"memory": "20Mi"}}}]}}
SIZED = container(resources={"requests": {"memory": "32Mi"}, "limits": {"memory": "64Mi"}})
RESIZED = Procedure(
    "resizing a pod that runs",
    (
        quiet("apply -f -", text(pod("web", SIZED))),
        quiet("wait --for=condition=Ready pod/web --timeout=150s"),
        Call(
            "PATCH",
            f"{NS}/pods/web/resize",
            RESIZE,
            "application/strategic-merge-patch+json",
            keep=lambda body: [body.get("spec", {}).get("containers"), body.get("message")],
        ),
        k("get pod web -o jsonpath={.status.containerStatuses[0].resources}", until="20Mi"),
        k("get pod web -o jsonpath={.status.containerStatuses[0].restartCount}"),
        k("get pod web -o jsonpath={.metadata.generation}/{.status.observedGeneration}", until="2/2"),
        k(
            'patch pod web --subresource=resize -p \'{"spec":{"containers":[{"name":"web","resources":{"requests":{"memory":"64Mi"}}}]}}\''
        ),
        k(
            'patch pod web --subresource=resize -p \'{"spec":{"containers":[{"name":"web","resources":{"requests":{"cpu":"10m"},"limits":null}}]}}\''
        ),
        k(
            'patch pod web --subresource=resize -p \'{"spec":{"containers":[{"name":"web","resources":{"requests":{"memory":"99Gi"},"limits":{"memory":"99Gi"}}}]}}\''
        ),
        k("get pod web -o jsonpath={.status.conditions}"),
        k('patch pod web -p \'{"spec":{"containers":[{"name":"web","resources":{"requests":{"memory":"1Mi"}}}]}}\''),
    ),
)
NAMESPACES = Procedure(
    "the end of a namespace",
    (
        k("create ns $NS-x", cluster_wide=True),
        k("get ns $NS-x -o yaml --show-managed-fields", cluster_wide=True),
        quiet(
            "apply -n $NS-x -f -",
            text(
                {
                    **config_map("held"),
                    "metadata": {"name": "held", "namespace": "$NS-x", "finalizers": ["conf.example/held"]},
                }
            ),
            cluster_wide=True,
        ),
        k("delete ns $NS-x --wait=false", cluster_wide=True),
        k("get ns $NS-x", cluster_wide=True),
        k("create cm x -n $NS-x", cluster_wide=True),
        k("get ns $NS-x -o jsonpath={.status}", cluster_wide=True, until="NamespaceFinalizersRemaining", seconds=15),
        k('patch cm held -n $NS-x --type=merge -p \'{"metadata":{"finalizers":null}}\'', cluster_wide=True),
        k("get ns $NS-x", cluster_wide=True, until="NotFound"),
        k("delete ns kube-system", cluster_wide=True),
        k("label ns $NS a=b", cluster_wide=True),
    ),
    clean=("delete ns $NS-x --ignore-not-found --wait=false",),
)
EVENTS = Procedure(
    "events",
    (
        quiet("apply -f -", text(deployment())),
        rolled(),
        k(
            "get events --no-headers -o custom-columns=T:.type,R:.reason,K:.involvedObject.kind",
            until="Started",
            ordered=False,
        ),
        k("events --no-headers", ordered=False),
        k("get events --field-selector=reason=ScalingReplicaSet -o yaml --show-managed-fields"),
        k("get events --field-selector=involvedObject.kind=Pod,reason=Started -o yaml"),
        k("get events --field-selector=involvedObject.none=x"),
        Call(
            "POST",
            f"{NS}/events",
            named(
                "v1",
                "Event",
                "own",
                involvedObject={"kind": "Pod", "namespace": "$NS"},
                reason="Own",
                message="said",
                type="Normal",
            ),
        ),
        Call("POST", f"{NS}/events", named("v1", "Event", "bad", involvedObject={"kind": "Pod", "namespace": "other"})),
        k("get events own"),
        k("describe deploy web"),
    ),
)
NODES = Procedure(
    "nodes",
    (
        k("get nodes"),
        k(
            "get nodes -o custom-columns=N:.metadata.name,A:.status.allocatable.memory,P:.status.allocatable.pods",
            ordered=False,
        ),
        k("get nodes -o jsonpath={.items[0].metadata.labels}"),
        k("get nodes -o jsonpath={.items[0].spec}"),
        k(
            "get nodes -o jsonpath='{range .items[0].status.conditions[*]}{.type} {.status} {.reason} {.message}{\"\\n\"}{end}'"
        ),
        k("label node node1 conf-$NS=1"),
        quiet("apply -f -", text(pod("web", nodeSelector={"conf-$NS": "1"}))),
        k("get pod web -o jsonpath={.spec.nodeName}", until="node"),
        k("label node node1 conf-$NS-"),
        k("get leases -n kube-node-lease -o name"),
    ),
)
CLUSTER = (
    RIGHTS, QUOTAS, LIMITED, SECURITY, ACCOUNTS, CUSTOM, LEASED, EVICTED, RESIZED, NAMESPACES, EVENTS, NODES,
)  # fmt: skip
