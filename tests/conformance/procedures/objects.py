# ruff: noqa: E501  the commands are data, and stay as they are typed
"""Writing objects: create, apply of both kinds, patches, replacing, deleting, and what is refused."""

from __future__ import annotations

from typing import Any

from conformance.comparing.procedure import Call, Procedure, k, quiet
from conformance.procedures.manifests import (
    config_map,
    container,
    deployment,
    job,
    named,
    pod,
    secret,
    service,
    stateful_set,
    template,
    text,
)
from conformance.procedures.questions import observed, yaml_of

NS = "/api/v1/namespaces/$NS"
APPS = "/apis/apps/v1/namespaces/$NS"
PARKED: dict[str, Any] = {"replicas": 0}
"""Deployments whose objects matter, not their pods."""
WEB = deployment(**PARKED)
V2 = deployment(image="$OPEN/conf/web:v2", **PARKED)
TWO = deployment(
    pod=template("web", container(env=[{"name": "A", "value": "1"}]), {**container(), "name": "side"}), **PARKED
)

CLIENT_SIDE = Procedure(
    "client-side apply",
    (
        k("apply -f -", text(WEB)),
        yaml_of("deploy web", "NewReplicaSetAvailable.*observedGeneration: 1"),
        k("apply -f -", text(WEB)),
        k("apply -f -", text(V2)),
        yaml_of("deploy web", "NewReplicaSetAvailable.*observedGeneration: 2"),
        k("apply -f -", text(TWO)),
        k("apply -f -", text(WEB)),
        yaml_of("deploy web", "NewReplicaSetAvailable.*observedGeneration: 4"),
        k("apply view-last-applied deploy/web"),
        k("apply -f - -o jsonpath={.metadata.generation}", text(V2)),
    ),
)
SERVER_SIDE = Procedure(
    "server-side apply",
    (
        k("apply --server-side -f -", text(WEB)),
        yaml_of("deploy web", "NewReplicaSetAvailable.*observedGeneration: 1"),
        k("apply --server-side -f -", text(WEB)),
        k("apply --server-side --field-manager=other -f -", text(V2)),
        k("apply --server-side --field-manager=other --force-conflicts -f -", text(V2)),
        yaml_of("deploy web", "NewReplicaSetAvailable.*observedGeneration: 2"),
        k("apply --server-side -f -", text(WEB)),
        k("apply --server-side -f -", text(TWO)),
        k("scale deploy web --replicas=1"),
        k("apply --server-side -f -", text(TWO)),
    ),
)
MIGRATED = Procedure(
    "client-side apply made server-side",
    (
        quiet("apply -f -", text(TWO)),
        k("apply --server-side -f -", text(WEB)),
        yaml_of("deploy web", "NewReplicaSetAvailable.*observedGeneration: [2-9]"),
        k("apply --server-side --field-manager=deployer -f -", text(V2)),
        quiet("apply -f -", text(config_map(a="1", b="2"))),
        k("apply --server-side --field-manager=deployer --force-conflicts -f -", text(config_map(a="2"))),
        yaml_of("cm settings"),
        k("apply --server-side -f -", text(config_map(b="2"))),
        yaml_of("cm settings"),
        k("apply -f -", text(config_map(c="2"))),
        yaml_of("cm settings"),
    ),
)
DIFF = Procedure(
    "diff",
    (
        k("diff -f -", text(config_map(a="1"))),
        quiet("apply -f -", text(config_map(a="1"), WEB)),
        k("diff -f -", text(config_map(a="1"), WEB)),
        k("diff -f -", text(config_map(a="2", b="1"), V2)),
        k("diff --server-side -f -", text(config_map(a="2"))),
        k("diff --server-side --force-conflicts -f -", text(config_map(a="2"))),
        k("diff -f -", text(secret(a="1"))),
    ),
)
DRY = Procedure(
    "dry runs",
    (
        k("apply --dry-run=server -f -", text(WEB)),
        k("apply --dry-run=client -f -", text(WEB)),
        k("apply --server-side --dry-run=server -f -", text(WEB)),
        k("get deploy web"),
        k("create --dry-run=server -f - -o yaml --show-managed-fields", text(config_map(a="1"))),
        k("create -f - --dry-run=server", text(named("v1", "Service", "web", spec={"ports": [{"port": 99999}]}))),
        quiet("apply -f -", text(WEB)),
        k("scale deploy web --replicas=3 --dry-run=server"),
        k("set image deploy/web web=x --dry-run=server"),
        k('patch deploy web -p \'{"spec":{"replicas":5}}\' --dry-run=server'),
        k("delete deploy web --dry-run=server"),
        k("rollout restart deploy/web --dry-run=server"),
        k("get deploy web -o jsonpath={.spec.replicas}"),
    ),
)
UNKNOWN = named("v1", "ConfigMap", "odd", data={"a": "1"}, dta={"b": "2"})
CREATED = Procedure(
    "objects that cannot be made",
    (
        quiet("apply -f -", text(config_map(a="1"))),
        k("create -f -", text(config_map(a="1"))),
        k("create -f -", text(config_map("Bad_Name"))),
        k("create -f -", text(config_map("x" * 260))),
        k("create -f -", text(UNKNOWN)),
        k("create --validate=warn -f -", text(UNKNOWN)),
        k("apply -f -", text(named("apps/v1", "Deployment", "odd", spec={"replicas": "three"}))),
        k("apply -f -", text(named("apps/v1", "Deployment", "odd", spec={}))),
        # Of both at once, now the first is said and now both: fields are looked at in the order of a Go map.
        k("apply --server-side -f -", text(named("apps/v1", "Deployment", "odd", spec={"replicas": "x"}))),
        k("apply --server-side -f -", text(named("apps/v1", "Deployment", "odd", spec={"bogus": 1}))),
        k("apply -f -", text(named("apps/v2", "Deployment", "odd", spec={}))),
        k("apply -f -", text(named("v1", "Oddity", "odd"))),
        k("apply -f -", text(deployment(pod=template("other")))),
        k("apply -f -", text(pod("web", container(name="Bad")))),
        k("apply -f -", text(pod("web", container(), container()))),
        k(
            "apply -f -",
            text(pod("web", container(resources={"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}}))),
        ),
        k("apply -f -", text(pod("web", container(volumeMounts=[{"name": "none", "mountPath": "/x"}])))),
        k("apply -f -", text(service(port=70000))),
        k("apply -n none-such -f -", text(config_map())),
        k("create ns $NS"),
        k("apply -f -", "not: [valid"),
        k("apply -f -", "apiVersion: v1\nkind: ConfigMap\n"),
    ),
)
MISSING = Procedure(
    "what is not there",
    tuple(
        k(command)
        for command in (
            "get pods", "get pod none", "get deploy none -o yaml", "get nonesuch", "get pods,deploy", "delete pod none",
            "delete pod none --ignore-not-found", "describe pod none", "describe deploy none", "logs none",
            "logs deploy/none", "scale deploy none --replicas=2", "rollout status deploy/none",
            "rollout undo deploy/none", "rollout history deploy/none", "rollout restart deploy/none",
            "set image deploy/none a=b", "patch deploy none -p '{}'", "label pod none a=b", "annotate cm none a=b",
            "wait --for=delete pod/none --timeout=1s", "wait --for=condition=Ready pod/none --timeout=1s",
            "get pods -l a=b", "delete pods -l a=b", "wait --for=condition=Ready pod -l a=b --timeout=1s",
            "get pods -n no-such-namespace", "expose deploy none --port=80", "autoscale deploy none --max=3",
            "get pod none --ignore-not-found", "edit deploy none", "replace -f /none.yaml", "top pod",
            "get events", "get all", "auth can-i delete nonesuch", "explain nonesuch", "create token none",
        )
    ),
)  # fmt: skip
CONFLICTS = Procedure(
    "conflicts",
    (
        quiet("apply -f -", text(config_map(a="1"))),
        Call(
            "PUT", f"{NS}/configmaps/settings", named("v1", "ConfigMap", "settings", metadata={"resourceVersion": "1"})
        ),
        Call(
            "PATCH",
            f"{NS}/configmaps/settings",
            {"metadata": {"resourceVersion": "1"}, "data": {"b": "1"}},
            "application/merge-patch+json",
        ),
        Call("DELETE", f"{NS}/configmaps/settings", {"preconditions": {"uid": "11111111-1111-1111-1111-111111111111"}}),
        Call("DELETE", f"{NS}/configmaps/settings", {"preconditions": {"resourceVersion": "1"}}),
        Call("PUT", f"{NS}/configmaps/settings", named("v1", "ConfigMap", "other")),
        Call("PUT", f"{NS}/configmaps/none", named("v1", "ConfigMap", "none")),
        Call("POST", f"{NS}/configmaps", named("v1", "ConfigMap", "settings")),
        Call("PATCH", f"{NS}/configmaps/settings?fieldManager=a", config_map(a="2"), "application/apply-patch+yaml"),
        Call(
            "PATCH",
            f"{NS}/configmaps/settings?fieldManager=a&force=true",
            config_map(a="2"),
            "application/apply-patch+yaml",
        ),
        Call("PATCH", f"{NS}/configmaps/settings", config_map(a="2"), "application/apply-patch+yaml"),
        Call(
            "PATCH",
            f"{NS}/configmaps/settings?fieldManager=a",
            {**config_map(a="2"), "metadata": {"name": "settings", "managedFields": [{}]}},
            "application/apply-patch+yaml",
        ),
        Call(
            "PATCH",
            f"{NS}/configmaps/settings?fieldManager=a",
            {**config_map(a="2"), "metadata": {"name": "settings", "resourceVersion": "1"}},
            "application/apply-patch+yaml",
        ),
        Call(
            "PATCH",
            f"{NS}/configmaps/settings?fieldManager=a",
            {**config_map(), "bogus": 1},
            "application/apply-patch+yaml",
        ),
        Call("PATCH", f"{NS}/configmaps/settings", "x", "text/plain"),
        k("replace -f -", text(config_map(z="1"))),
        k("replace -f -", text(config_map("none"))),
        k("replace --force -f -", text(config_map(y="1"))),
    ),
)
IMMUTABLE = Procedure(
    "immutable fields",
    (
        quiet(
            "apply -f -",
            text(
                WEB,
                stateful_set(replicas=0),
                job("task", "exit 0", suspend=True),
                service(),
                {**config_map("fixed", a="1"), "immutable": True},
                {**secret("sealed", a="1"), "immutable": True},
            ),
        ),
        k('patch deploy web --type=merge -p \'{"spec":{"selector":{"matchLabels":{"app":"x"}}}}\''),
        k('patch sts db -p \'{"spec":{"serviceName":"x"}}\''),
        k('patch sts db --type=merge -p \'{"spec":{"volumeClaimTemplates":[{"metadata":{"name":"d"}}]}}\''),
        k('patch job task --type=merge -p \'{"spec":{"completions":4}}\''),
        k('patch job task -p \'{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"x"}]}}}}\''),
        k('patch svc web -p \'{"spec":{"clusterIP":"10.96.99.99"}}\''),
        k('patch cm fixed -p \'{"data":{"a":"2"}}\''),
        k("patch cm fixed -p '{\"immutable\":false}'"),
        k('patch secret sealed -p \'{"stringData":{"a":"2"}}\''),
        k('patch secret sealed --type=merge -p \'{"type":"x/y"}\''),
        k("create role r --verb=get --resource=pods"),
        k("create rolebinding b --role=r --serviceaccount=$NS:default"),
        k('patch rolebinding b --type=merge -p \'{"roleRef":{"name":"q"}}\''),
        k('patch deploy web --type=merge -p \'{"metadata":{"name":"x"}}\''),
        k('patch deploy web --type=merge -p \'{"metadata":{"uid":"x"}}\''),
        quiet("apply -f -", text(pod("p"))),
        k('patch pod p -p \'{"spec":{"containers":[{"name":"web","command":["x"]}]}}\''),
        k('patch pod p --type=merge -p \'{"spec":{"nodeName":"x"}}\''),
    ),
)
PATCHES = Procedure(
    "patches of each kind",
    (
        quiet("apply -f -", text(TWO)),
        k('patch deploy web -p \'{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"s:2"}]}}}}\''),
        k('patch deploy web --type=json -p \'[{"op":"replace","path":"/spec/revisionHistoryLimit","value":3}]\''),
        k('patch deploy web --type=merge -p \'{"spec":{"minReadySeconds":4,"paused":true}}\''),
        yaml_of("deploy web", "observedGeneration: 4"),
        k('patch deploy web -p \'{"spec":{"template":{"spec":{"containers":[{"$$patch":"delete","name":"side"}]}}}}\''),
        k('patch deploy web -p \'{"metadata":{"labels":{"a":"1"}}}\''),
        k('patch deploy web -p \'{"metadata":{"labels":{"a":null}}}\''),
        k("patch deploy web -p '{}'"),
        k('patch deploy web --type=json -p \'[{"op":"test","path":"/spec/paused","value":false}]\''),
        k('patch deploy web --type=json -p \'[{"op":"remove","path":"/spec/none"}]\''),
        k('patch deploy web --type=json -p \'{"op":"remove"}\''),
        k('patch deploy web -p \'{"spec":{"replicas":"two"}}\''),
        k('patch deploy web -p \'{"spec":{"replicas":-1}}\''),
        k('patch deploy web -p \'{"spec":{"bogus":1}}\''),
        k("patch deploy web -p 'not json'"),
        k(
            'patch deploy web --subresource=status --type=merge -p \'{"status":{"conditions":[{"type":"Odd","status":"True"}]}}\''
        ),
        k('patch deploy web --subresource=scale --type=merge -p \'{"spec":{"replicas":0}}\''),
        observed(),
        yaml_of("deploy web"),
        k("get deploy web -o jsonpath={.spec.template.spec.containers[*].name}"),
    ),
)
LABELS = Procedure(
    "labels and annotations",
    (
        quiet("apply -f -", text(config_map("one"), config_map("two"))),
        k("label cm one tier=front"),
        k("label cm one tier=back"),
        k("label cm one tier=back --overwrite"),
        k("label cm one tier=back --overwrite"),
        k("label cm one two tier- missing-"),
        k("label cm one 'bad key=x'"),
        k("label cm one a=b c=d"),
        k("label cm one --list", ordered=False),
        k("label cm one bad=va/lue"),
        k("annotate cm one note='a b c'"),
        k("annotate cm one note=x"),
        k("annotate cm one note-"),
        k("annotate cm --all all=yes"),
        k("label cm -l a=b found=1"),
        k("label cm one x=y --resource-version=1"),
        yaml_of("cm one"),
        k("get cm -L a,found --no-headers"),
        k("get cm --show-labels"),
        k("get cm -l 'a in (b,c),!z' -o name"),
        k("get cm -l 'a==='"),
    ),
)
SETS = Procedure(
    "set",
    (
        quiet("apply -f -", text(TWO)),
        k("set image deploy/web web=img:2 side=img:3"),
        k("set image deploy/web none=img:2"),
        k("set image deploy/web *=img:4"),
        k("set image deploy/web web=img:4"),
        k("set env deploy/web B=2 A-"),
        k("set env deploy/web --list"),
        k("set resources deploy/web -c web --limits=cpu=100m,memory=64Mi --requests=memory=32Mi"),
        k("set serviceaccount deploy/web robot"),
        k("set selector deploy web a=b"),
        yaml_of("deploy web", "observedGeneration: 6"),
    ),
)
EDITED = Procedure(
    "edit",
    (
        quiet("apply -f -", text(config_map(a="1"))),
        k("edit cm settings", editor="sed -i s/a:.*1/a:\\ changed/"),
        k("edit cm settings", editor="true"),
        k("get cm settings -o jsonpath={.data}"),
        yaml_of("cm settings"),
    ),
)
DELETED = Procedure(
    "finalizers and ways to delete",
    (
        quiet(
            "apply -f -",
            text(named("v1", "ConfigMap", "held", metadata={"finalizers": ["conf.example/held"]}), config_map("free")),
        ),
        k("delete cm free"),
        k("delete cm held --wait=false"),
        k("get cm held -o jsonpath={.metadata.deletionTimestamp}"),
        k("delete cm held --wait=false"),
        k('patch cm held --type=merge -p \'{"metadata":{"finalizers":["conf.example/held","conf.example/more"]}}\''),
        k("label cm held a=b"),
        k('patch cm held --type=json -p \'[{"op":"remove","path":"/metadata/finalizers"}]\''),
        k("get cm held"),
        quiet("apply -f -", text(deployment("web"))),
        quiet("rollout status deploy/web --timeout=150s"),
        k("delete deploy web --cascade=foreground"),
        k("get deploy,rs,pods -l app=web"),
        quiet("apply -f -", text(deployment("web"))),
        quiet("rollout status deploy/web --timeout=150s"),
        k("delete deploy web"),
        k("get rs,pods -l app=web", until="No resources found"),
        quiet("apply -f -", text(pod("p"))),
        quiet("wait --for=condition=Ready pod/p --timeout=150s"),
        k("delete pod p --force --grace-period=0"),
        quiet("apply -f -", text(pod("p"))),
        quiet("wait --for=condition=Ready pod/p --timeout=150s"),
        k("delete pod p --now"),
        k("delete pods,cm --all"),
        Call("DELETE", f"{NS}/configmaps/kube-root-ca.crt?propagationPolicy=Sideways"),
        Call("DELETE", f"{NS}/secrets"),
        Call("DELETE", f"{NS}/configmaps/none"),
    ),
)
GENERATED = Procedure(
    "kubectl create",
    (
        k("create deployment gen --image=a:1 --replicas=0 -o yaml --dry-run=server"),
        k("create configmap gen --from-literal=a=b"),
        k("create secret generic gen --from-literal=a=b"),
        k("create secret tls gen-tls --cert=/none --key=/none"),
        k("create service clusterip gen --tcp=80:8080"),
        k("create service nodeport gen-np --tcp=80:8080"),
        k("create ingress gen --rule=a.example/*=gen:80"),
        k("create job gen --image=a:1 --dry-run=server"),
        k("create cronjob gen --image=a:1 --schedule='0 0 1 1 *'"),
        k("create cronjob bad --image=a:1 --schedule='61 * * * *'"),
        k("create quota gen --hard=pods=5,requests.cpu=2"),
        k("create pdb gen --selector=app=gen --min-available=1"),
        k("create sa gen"),
        k("create priorityclass gen-$NS --value=10 --dry-run=server"),
        k("run gen --image=a:1 --dry-run=server"),
        quiet("apply -f -", text(WEB)),
        k("expose deploy web --port=80 --target-port=8000"),
        k("autoscale deploy web --min=1 --max=3 --cpu=50%"),
        k("get cm,secret,svc,ing,cj,quota,pdb,sa,hpa"),
        yaml_of("svc web"),
        yaml_of("ing gen"),
    ),
)
PRUNED = Procedure(
    "apply with pruning",
    (
        k(
            "apply -f - --prune -l app=web --prune-allowlist=core/v1/ConfigMap",
            text(
                {**config_map("one"), "metadata": {"name": "one", "labels": {"app": "web"}}},
                {**config_map("two"), "metadata": {"name": "two", "labels": {"app": "web"}}},
            ),
        ),
        k(
            "apply -f - --prune -l app=web --prune-allowlist=core/v1/ConfigMap",
            text({**config_map("one"), "metadata": {"name": "one", "labels": {"app": "web"}}}),
        ),
        k("get cm -l app=web"),
    ),
)
OBJECTS = (
    CLIENT_SIDE, SERVER_SIDE, MIGRATED, DIFF, DRY, CREATED, MISSING, CONFLICTS, IMMUTABLE, PATCHES, LABELS, SETS, EDITED,
    DELETED, GENERATED, PRUNED,
)  # fmt: skip
