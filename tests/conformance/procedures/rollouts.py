"""Rollouts of Deployments: every kind, with the sequence of their conditions and ReplicaSets."""

from __future__ import annotations

from typing import Any

from conformance.comparing.procedure import Let, Procedure, Story, k, quiet
from conformance.comparing.stories import availability
from conformance.procedures.manifests import (
    container,
    deployment,
    gated,
    named,
    pod_spec,
    ready,
    shell,
    template,
    text,
)
from conformance.procedures.questions import (
    DEPLOYMENTS,
    follow_pods,
    follow_rollout,
    happened,
    observed,
    opened,
    rolled,
    tell_pods,
    tell_rollout,
    yaml_of,
)

V2 = "$OPEN/conf/web:v2"
V3 = "$OPEN/conf/web:v3"
BAD = "$OPEN/conf/web:none"
DEADLINE = """patch deploy web -p '{"spec":{"progressDeadlineSeconds":%d}}'"""
"""It must run only where it is to be exceeded: how fast a pod starts is chance."""
RECREATE: dict[str, Any] = {"strategy": {"type": "Recreate"}}
SETTLED = yaml_of("deploy web", "terminatingReplicas: 0")
"""A rollout is done before its old pods are gone."""
REPLICA_SETS = k("get rs --sort-by={.metadata.annotations.deployment\\.kubernetes\\.io/revision} -o wide")

ROLLING = Procedure(
    "rolling update",
    (
        *follow_rollout(),
        quiet("apply -f -", text(deployment(replicas=3, pod=template("web", ready())))),
        rolled(),
        SETTLED,
        k("set image deploy/web web=" + V2),
        rolled(),
        k("rollout status deploy/web"),
        REPLICA_SETS,
        SETTLED,
        yaml_of("rs -l app=web --sort-by={.metadata.annotations.deployment\\.kubernetes\\.io/revision}"),
        k("rollout history deploy/web"),
        k("rollout history deploy/web --revision=2"),
        *tell_rollout(),
        happened(),
    ),
)
SURGE = Procedure(
    "rolling update by numbers",
    (
        *follow_rollout(),
        quiet(
            "apply -f -",
            text(
                deployment(
                    replicas=2,
                    strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
                )
            ),
        ),
        rolled(),
        quiet("set image deploy/web web=" + V2),
        rolled(),
        *tell_rollout(),
    ),
)
GATED = {**template("web"), "spec": gated(pod_spec(ready(delay=4)))}
RECREATED = Procedure(
    "recreate",
    (
        *follow_rollout(),
        follow_pods(),
        quiet("apply -f -", text(deployment(pod=GATED, **RECREATE))),
        *opened(),
        rolled(),
        quiet("delete cm gate"),
        quiet("set image deploy/web web=" + V2),
        *opened(),
        rolled(),
        SETTLED,
        REPLICA_SETS,
        *tell_rollout(),
        tell_pods(),
        happened(),
    ),
)
FAILED = Procedure(
    "failed rollout then fixed",
    (
        *follow_rollout(),
        quiet("apply -f -", text(deployment(pod=template("web", ready())))),
        rolled(),
        quiet("apply -f -", text(deployment(image=BAD, progressDeadlineSeconds=10))),
        k("rollout status deploy/web --timeout=30s", until="exceeded its progress deadline", without="^Waiting for"),
        SETTLED,
        k("get deploy web -o wide"),
        REPLICA_SETS,
        k("get pods -l app=web --no-headers -o custom-columns=IMAGE:.spec.containers[0].image", ordered=False),
        quiet("apply -f -", text(deployment(image=V3, progressDeadlineSeconds=600))),
        rolled(),
        SETTLED,
        *tell_rollout(),
    ),
)
FAILED_RECREATE = Procedure(
    "failed recreate then undone",
    (
        *follow_rollout(),
        quiet("apply -f -", text(deployment(**RECREATE))),
        rolled(),
        quiet(DEADLINE % 10),
        quiet("set image deploy/web web=" + BAD),
        k("rollout status deploy/web --timeout=30s", until="exceeded its progress deadline", without="^Waiting for"),
        k("get deploy web"),
        quiet(DEADLINE % 600),
        k("rollout undo deploy/web"),
        rolled(),
        k("rollout undo deploy/web --to-revision=7"),
        k("rollout history deploy/web"),
        SETTLED,
        *tell_rollout(),
    ),
)
PAUSED = Procedure(
    "paused and resumed",
    (
        *follow_rollout(),
        quiet("apply -f -", text(deployment())),
        rolled(),
        k("rollout pause deploy/web"),
        k("rollout pause deploy/web"),
        k("set image deploy/web web=" + V2),
        k("set env deploy/web A=1"),
        observed(),
        k("rollout status deploy/web --timeout=2s"),
        k("rollout restart deploy/web"),
        k("rollout undo deploy/web"),
        k("scale deploy/web --replicas=2"),
        k("get rs", until="2 +2 +2"),
        k("get deploy web -o jsonpath={.status.conditions[*].reason}", until="DeploymentPaused.*Available"),
        k("rollout resume deploy/web"),
        k("rollout resume deploy/web"),
        rolled(),
        SETTLED,
        *tell_rollout(),
    ),
)
RESTARTED = Procedure(
    "restart and undo",
    (
        *follow_rollout(),
        quiet("apply -f -", text(deployment())),
        rolled(),
        k("rollout undo deploy/web"),
        k("rollout restart deploy/web"),
        rolled(),
        SETTLED,
        k("annotate deploy/web kubernetes.io/change-cause=first"),
        k("set image deploy/web web=" + V2),
        rolled(),
        k("rollout history deploy/web"),
        k("rollout undo deploy/web --to-revision=1"),
        rolled(),
        k("rollout history deploy/web"),
        k("rollout undo deploy/web --dry-run=client"),
        k("rollout undo deploy/web"),
        rolled(),
        k("rollout history deploy/web -o jsonpath={.spec.replicas}"),
        REPLICA_SETS,
        *tell_rollout(),
    ),
)
HISTORY_LIMIT = Procedure(
    "revision history limit",
    (
        *follow_rollout(),
        quiet("apply -f -", text(deployment(revisionHistoryLimit=1))),
        rolled(),
        quiet("set image deploy/web web=" + V2),
        rolled(),
        quiet("set image deploy/web web=" + V3),
        rolled(),
        k("get rs --no-headers", until=r"\A(\S.*\n?){2}\Z", ordered=False),
        k("rollout history deploy/web"),
        *tell_rollout(),
    ),
)
UNCHANGED = Procedure(
    "a change that rolls nothing",
    (
        *follow_rollout(),
        quiet("apply -f -", text(deployment())),
        rolled(),
        k("annotate deploy/web note=1"),
        k("label deploy/web tier=front"),
        k("get deploy web -o jsonpath={.metadata.generation}", until="2"),
        k("get deploy web -o jsonpath={.status.observedGeneration}", until="2"),
        k("get rs -o jsonpath={.items[*].metadata.annotations}", until="note"),
        k("get rs -o jsonpath={.items[*].metadata.labels}"),
        *tell_rollout(),
    ),
)
MIN_READY = Procedure(
    "minimum ready seconds",
    (
        *follow_rollout(),
        quiet("apply -f -", text(deployment(minReadySeconds=8, pod=template("web", ready())))),
        rolled(),
        SETTLED,
        *tell_rollout(),
        Story(DEPLOYMENTS, availability),
    ),
)
QUOTA = Procedure(
    "rollout against a quota",
    (
        *follow_rollout(),
        quiet("create quota q --hard=pods=1"),
        k("get quota q -o jsonpath={.status.used.pods}", until="0"),
        quiet("apply -f -", text(deployment())),
        rolled(),
        quiet(DEADLINE % 10),
        quiet("set image deploy/web web=" + V2),
        k("get deploy web -o jsonpath={.status.conditions[*].reason}", until="FailedCreate"),
        REPLICA_SETS,
        k("get deploy web -o jsonpath='{.status.conditions[?(@.type==\"ReplicaFailure\")].message}'"),
        k("rollout status deploy/web --timeout=30s", until="exceeded its progress deadline", without="^Waiting for"),
        k("describe quota q"),
        happened(),
    ),
)
CRASHING = Procedure(
    "a crash-looper without probes",
    (
        quiet("apply -f -", text(deployment(pod=template("web", shell("echo dying; sleep 0.2; exit 3"))))),
        k(
            "get pods -l app=web -o jsonpath={.items[0].status.containerStatuses[0].state.waiting.reason}",
            until="CrashLoopBackOff",
        ),
        k("get deploy web --no-headers", until="0/1"),
        k("logs deploy/web --previous", until="dying"),
    ),
)
STRATEGY = Procedure(
    "change of strategy",
    (
        quiet("apply -f -", text(deployment())),
        k('patch deploy web -p \'{"spec":{"strategy":{"type":"Recreate"}}}\''),
        k('patch deploy web -p \'{"spec":{"strategy":{"type":"Recreate","rollingUpdate":null}}}\''),
        k('patch deploy web --type=merge -p \'{"spec":{"strategy":{"type":"RollingUpdate"}}}\''),
        k('patch deploy web -p \'{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}\''),
        k("get deploy web -o jsonpath={.spec.strategy}"),
    ),
)
HOLD = """patch pod $POD --type=merge -p '{"metadata":{"finalizers":["conf.example/held"]}}'"""
RELEASE = """patch pod $POD --type=merge -p '{"metadata":{"finalizers":null}}'"""
OLD = Let("POD", "get pods -l app=web -o jsonpath={.items[0].metadata.name}")
DELETED = k("get pod $POD -o jsonpath={.metadata.deletionTimestamp}", until="<time>")
SOONER = (
    'patch deploy web -p \'{"spec":{"template":{"spec":{"terminationGracePeriodSeconds":1,'
    f'"containers":[{{"name":"web","image":"{V2}"}}]}}}}}}}}\''
)
"""Another image, and an end that is waited for only for a moment."""
STUCK = Procedure(
    "recreate while an old pod does not end",
    (
        *follow_rollout(),
        quiet(
            "apply -f -",
            text(
                deployment(pod=template("web", shell("sleep 600"), terminationGracePeriodSeconds=120), **RECREATE),
            ),
        ),
        rolled(),
        OLD,
        quiet(DEADLINE % 4),
        quiet(SOONER),
        DELETED,
        k("rollout status deploy/web --timeout=8s"),
        k("get deploy web -o jsonpath={.status}"),
        REPLICA_SETS,
        quiet(DEADLINE % 600),
        quiet("delete pod $POD --force --grace-period=0"),
        rolled(),
        SETTLED,
        *tell_rollout(),
    ),
)
HELD = Procedure(
    "recreate while an old pod has ended and stays",
    (
        *follow_rollout(),
        quiet("apply -f -", text(deployment(**RECREATE))),
        rolled(),
        OLD,
        quiet(HOLD),
        quiet("set image deploy/web web=" + V2),
        DELETED,
        rolled(),
        k("get deploy web -o jsonpath={.status}"),
        REPLICA_SETS,
        k("get pods -l app=web", ordered=False),
        quiet(RELEASE),
        SETTLED,
        *tell_rollout(),
    ),
)
ORPHANS = Procedure(
    "adoption and orphans",
    (
        quiet("apply -f -", text(deployment())),
        rolled(),
        k("delete deploy web --cascade=orphan"),
        k("get rs -o jsonpath={.items[*].metadata.ownerReferences}"),
        quiet("apply -f -", text(deployment())),
        rolled(),
        k("get rs -o jsonpath={.items[*].metadata.ownerReferences[*].kind}", until="Deployment"),
        k("get rs --no-headers", ordered=False),
        k("label pods -l app=web app=other --overwrite"),
        k("get pods --no-headers -L app", until="Running.*Running", ordered=False),
        k("get pods -l app=other -o jsonpath={.items[*].metadata.ownerReferences}"),
        happened(),
    ),
)
STALE = named(
    "apps/v1",
    "ReplicaSet",
    "alone",
    spec={
        "replicas": 2,
        "selector": {"matchLabels": {"app": "alone"}},
        "template": template("alone", container()),
    },
)
REPLICA_SET = Procedure(
    "a replica set alone",
    (
        k("apply -f -", text(STALE)),
        k("get rs alone -o wide", until="2 +2 +2"),
        yaml_of("rs alone"),
        k("scale rs alone --replicas=1"),
        k("get rs alone", until="1 +1 +1"),
        k("rollout status rs/alone"),
        k("describe rs alone", until="1 Running / 0 Waiting / 0 Succeeded / 0 Failed"),
        happened("SuccessfulDelete"),
    ),
)
ROLLOUTS = (
    ROLLING, SURGE, RECREATED, FAILED, FAILED_RECREATE, PAUSED, RESTARTED, HISTORY_LIMIT, UNCHANGED, MIN_READY, QUOTA,
    CRASHING, STRATEGY, STUCK, HELD, ORPHANS, REPLICA_SET,
)  # fmt: skip
