"""Everything that runs pods beside Deployments, and the Services in front of them."""

from __future__ import annotations

from conformance.comparing.procedure import Procedure, Story, k, quiet
from conformance.comparing.stories import pod_names
from conformance.procedures.manifests import (
    container,
    cron_job,
    daemon_set,
    deployment,
    gated,
    job,
    named,
    ready,
    service,
    shell,
    stateful_set,
    template,
    text,
)
from conformance.procedures.questions import PODS, follow_pods, happened, opened, rolled, tell_pods, yaml_of

V2 = "$OPEN/conf/web:v2"
BAD = "$OPEN/conf/web:none"
STATEFUL = Procedure(
    "stateful set",
    (
        follow_pods(),
        k("apply -f -", text(stateful_set(replicas=3, pod=template("db", ready())))),
        rolled("sts/db"),
        k("rollout status sts/db"),
        k("get sts db -o wide"),
        k("get pods -l app=db --no-headers"),
        yaml_of("sts db"),
        k("set image sts/db web=" + V2),
        rolled("sts/db"),
        k("get sts db -o jsonpath={.status}", until="updatedReplicas"),
        k("rollout history sts/db"),
        k("scale sts db --replicas=1"),
        k("get pods -l app=db --no-headers", until=r"\Adb-0[^\n]*\Z"),
        k("rollout undo sts/db"),
        rolled("sts/db"),
        k("rollout history sts/db"),
        k("get controllerrevisions --no-headers", ordered=False),
        Story(PODS, pod_names),
        happened(),
    ),
)
STUCK_STATEFUL = Procedure(
    "a stateful set that stays bad",
    (
        quiet("apply -f -", text(stateful_set(replicas=2, pod=template("db", ready())))),
        rolled("sts/db"),
        quiet("set image sts/db web=" + BAD),
        k("get pod db-1 -o jsonpath={.status.containerStatuses[0].state.waiting.reason}", until="ImagePullBackOff"),
        k("rollout status sts/db --timeout=3s"),
        k("get sts db -o jsonpath={.status}"),
        quiet("set image sts/db web=" + V2),
        k("get pod db-1 -o jsonpath={.spec.containers[0].image}", until="none|v2"),
        k("delete pod db-1"),
        rolled("sts/db"),
        k("get pods -l app=db -o jsonpath={.items[*].spec.containers[0].image}"),
    ),
)
PARTITIONED = Procedure(
    "stateful set by partition and on delete",
    (
        quiet(
            "apply -f -",
            text(stateful_set(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 1}})),
        ),
        rolled("sts/db"),
        quiet("set image sts/db web=" + V2),
        k("rollout status sts/db --timeout=150s", without="^Waiting"),
        k("get pods -l app=db -o jsonpath={.items[*].spec.containers[0].image}"),
        k('patch sts db --type=merge -p \'{"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}\''),
        k("rollout status sts/db"),
        k("delete pod db-0"),
        k("get pod db-0 -o jsonpath={.spec.containers[0].image}", until="v2"),
        k("get sts db -o jsonpath={.status}", until="readyReplicas: 2.*updatedReplicas: 2"),
    ),
)
PARALLEL = Procedure(
    "stateful set in parallel",
    (
        quiet(
            "apply -f -",
            text(stateful_set(podManagementPolicy="Parallel", pod=template("db", container("$OPEN/conf/web:none")))),
        ),
        k("get pods -l app=db --no-headers -o custom-columns=N:.metadata.name", until="db-1"),
        k("get pods -l app=db -o jsonpath={.items[0].metadata.labels}"),
        k("get sts db"),
    ),
)
DAEMONS = Procedure(
    "daemon set",
    (
        k("apply -f -", text(daemon_set(pod=template("agent", ready())))),
        rolled("ds/agent"),
        k("get ds agent -o wide"),
        yaml_of("ds agent"),
        k("set image ds/agent web=" + V2),
        rolled("ds/agent"),
        k("rollout status ds/agent"),
        k("rollout history ds/agent"),
        k("get ds agent -o jsonpath={.status}"),
        k("get pods -l app=agent -o jsonpath={.items[0].spec.tolerations}"),
        k("get pods -l app=agent -o jsonpath={.items[*].spec.affinity.nodeAffinity}"),
        k("rollout undo ds/agent"),
        rolled("ds/agent"),
        k("rollout history ds/agent"),
        k("rollout restart ds/agent"),
        rolled("ds/agent"),
        k('patch ds agent -p \'{"spec":{"template":{"spec":{"nodeSelector":{"none":"yes"}}}}}\''),
        k("get ds agent --no-headers", until=r"agent\s+0\s+0"),
        quiet("get pods -l app=agent", until="No resources"),
        k("describe ds agent"),
        happened(),
    ),
)
JOBS = Procedure(
    "jobs",
    (
        k("apply -f -", text(job("well", "echo done; sleep 1"))),
        k("wait --for=condition=Complete job/well --timeout=150s"),
        k("get job well"),
        yaml_of("job well"),
        k("describe job well"),
        k("logs job/well", until="done"),
        quiet("apply -f -", text(job("badly", "exit 3", backoffLimit=0))),
        k("wait --for=condition=Failed job/badly --timeout=150s"),
        k("get job badly -o wide"),
        k("get job badly -o jsonpath={.status}"),
        k("wait --for=condition=Complete job/badly --timeout=3s"),
        quiet("apply -f -", text(job("later", "exit 0", suspend=True))),
        k("get job later -o jsonpath={.status}", until="Suspended"),
        k("get job later"),
        k('patch job later -p \'{"spec":{"suspend":false}}\''),
        quiet("wait --for=condition=Complete job/later --timeout=150s"),
        k("get job later -o jsonpath={.status}"),
        happened(),
    ),
)
MORE_JOBS = Procedure(
    "jobs that try again, share and vanish",
    (
        quiet("apply -f -", text(job("again", "exit 3", backoffLimit=1))),
        quiet(
            "apply -f -",
            text(
                job(
                    "shared",
                    "echo $$JOB_COMPLETION_INDEX; sleep 1",
                    completions=2,
                    parallelism=2,
                    completionMode="Indexed",
                )
            ),
        ),
        quiet("apply -f -", text(job("brief", "sleep 600", activeDeadlineSeconds=3))),
        quiet("apply -f -", text(job("gone", "exit 0", ttlSecondsAfterFinished=1))),
        k("wait --for=condition=Failed job/again --timeout=150s"),
        k("get pods -l job-name=again --no-headers -o custom-columns=P:.status.phase"),
        k("get job again -o jsonpath={.status}"),
        k("wait --for=condition=Complete job/shared --timeout=150s"),
        k("get job shared -o jsonpath={.status}"),
        k("wait --for=condition=Failed job/brief --timeout=150s"),
        k("get job brief -o jsonpath={.status}"),
        k("get job gone", until="not found"),
        k("delete job shared"),
        k("get pods -l job-name=shared", until="No resources"),
        happened("DeadlineExceeded"),
    ),
)
CRON = Procedure(
    "cron jobs",
    (
        k("apply -f -", text(cron_job("tick", "echo tick"))),
        k("get cj tick"),
        yaml_of("cj tick"),
        k("create job now --from=cronjob/tick"),
        k("wait --for=condition=Complete job/now --timeout=150s"),
        k("get job now -o jsonpath={.metadata.annotations}"),
        k("get job now -o jsonpath={.metadata.ownerReferences}"),
        k('patch cj tick -p \'{"spec":{"suspend":true}}\''),
        k("get cj tick -o wide"),
        k("describe cj tick"),
        k("delete cj tick"),
        k("get jobs", until="No resources"),
    ),
)
SERVICES = Procedure(
    "services and their endpoints",
    (
        k(
            "apply -f -",
            text(
                service(),
                service("bare", clusterIP="None"),
                service("outer", type="NodePort"),
                service("named", target="http"),
                named("v1", "Service", "alias", spec={"type": "ExternalName", "externalName": "a.example"}),
                service("balanced", type="LoadBalancer"),
            ),
        ),
        k("get svc"),
        yaml_of("svc web"),
        yaml_of("svc outer"),
        yaml_of("svc bare"),
        k("get endpoints web -o yaml", until="name: web"),
        quiet("apply -f -", text(deployment(replicas=2, pod=template("web", ready())))),
        rolled(),
        k(
            "get endpointslice -l kubernetes.io/service-name=web -o jsonpath={.items[0].endpoints}",
            until="ready: true.*ready: true",
        ),
        k("get endpoints web -o yaml", until="- ip: .*- ip: "),
        k("scale deploy web --replicas=0"),
        k("get endpoints web", until="<none>"),
        k("delete svc web"),
        k("get endpointslice -l kubernetes.io/service-name=web", until="No resources"),
        k('patch svc outer -p \'{"spec":{"type":"ClusterIP"}}\''),
        k("get svc outer -o jsonpath={.spec.ports}"),
    ),
)
UNREADY = Procedure(
    "endpoints of what is not ready",
    (
        # The pod first: how often a slice changes while a pod starts, and so whether it names a change, is chance.
        quiet("apply -f -", text(deployment(replicas=1, pod=template("web", ready(path="/none"))))),
        quiet("get pods -l app=web", until="0/1 +Running"),
        quiet("apply -f -", text(service())),
        k("get endpointslice -l kubernetes.io/service-name=web -o yaml", until="ready: false"),
        k("get endpoints web -o yaml", until="notReadyAddresses"),
        k("get deploy web"),
        k("describe svc web"),
    ),
)
GRACE = Procedure(
    "an end that takes its time",
    (
        follow_pods(),
        quiet(
            "apply -f -",
            text(
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": {"name": "slow", "labels": {"app": "slow"}},
                    "spec": gated({"terminationGracePeriodSeconds": 15, "containers": [shell("sleep 600")]}),
                }
            ),
        ),
        *opened("app=slow"),
        quiet("wait --for=condition=Ready pod/slow --timeout=150s"),
        k("delete pod slow --wait=false"),
        k("get pod slow -o jsonpath={.metadata.deletionGracePeriodSeconds}"),
        k("wait --for=delete pod/slow --timeout=150s"),
        tell_pods(),
        happened("Killing"),
    ),
)
WORKLOADS = (
    STATEFUL, STUCK_STATEFUL, PARTITIONED, PARALLEL, DAEMONS, JOBS, MORE_JOBS, CRON, SERVICES, UNREADY, GRACE,
)  # fmt: skip
