"""What pods wait for and end in: every row of the fail-fast table, and the life of a healthy one."""

from __future__ import annotations

from typing import Any

from conformance.comparing.procedure import Call, Procedure, Step, Story, k, quiet
from conformance.comparing.stories import pod_lives
from conformance.procedures.manifests import (
    Object,
    container,
    deployment,
    gated_pod,
    pod,
    probe,
    ready,
    secret,
    shell,
    text,
)
from conformance.procedures.questions import PODS as PODS_PATH
from conformance.procedures.questions import follow_pods, happened, opened, tell_pods, yaml_of

WAITING = "get pod web -o jsonpath={.status.containerStatuses[0].state.waiting}"
ENDED = "get pod web -o jsonpath={.status.containerStatuses[0].state.terminated.reason}"


def waits(name: str, spec: Object, reason: str, *more: Step) -> Procedure:
    """A pod that comes to wait for that reason: what its status, tables, conditions and events say."""
    steps = (
        quiet("apply -f -", text(spec)),
        k(WAITING, until=reason),
        k("get pod web -o wide", until=reason),
        k("get pod web -o jsonpath={.status.conditions}"),
        *more,
        happened("Error: ImagePullBackOff" if reason == "ImagePullBackOff" else ""),
    )
    return Procedure(name, steps)


def pulls(name: str, image: str, reason: str = "ImagePullBackOff", *more: Step, **rest: Any) -> Procedure:
    policy = rest.pop("imagePullPolicy", "Always")
    spec = pod("web", container(image, imagePullPolicy=policy), **rest)
    return waits(name, spec, reason, *more)


LIFE = Procedure(
    "life of a pod",
    (
        follow_pods(),
        k("apply -f -", text(gated_pod("web", ready(delay=4)))),
        *opened(),
        quiet("wait --for=condition=Ready pod/web --timeout=150s"),
        k("get pod web -o wide"),
        yaml_of("pod web"),
        k("describe pod web", until="Started"),
        k("delete pod web"),
        k("get pod web"),
        tell_pods(),
        happened("Killing"),
    ),
)
ALWAYS = Procedure(
    "a pod that pulls always",
    (
        quiet("apply -f -", text(pod("web", container(imagePullPolicy="Always")))),
        quiet("wait --for=condition=Ready pod/web --timeout=150s"),
        k("get pod web -o jsonpath={.status.containerStatuses}"),
        happened(),
    ),
)
SECRET = "create secret docker-registry pull --docker-server=$PRIVATE --docker-username=lab --docker-password="
PULLED: dict[str, Any] = {"imagePullSecrets": [{"name": "pull"}]}
PRIVATE_IMAGE = "$PRIVATE/conf/secret:v1"
RIGHT = Procedure(
    "a private image with its secret",
    (
        k(SECRET + "lab-secret"),
        k("get secret pull -o yaml --show-managed-fields"),
        quiet("apply -f -", text(pod("web", container(PRIVATE_IMAGE, imagePullPolicy="Always"), **PULLED))),
        quiet("wait --for=condition=Ready pod/web --timeout=150s"),
        k("get pod web -o jsonpath={.status.containerStatuses[0].imageID}"),
        happened(),
    ),
)
WRONG = Procedure(
    "a private image with a wrong secret",
    (
        quiet(SECRET + "wrong"),
        quiet("apply -f -", text(pod("web", container(PRIVATE_IMAGE, imagePullPolicy="Always"), **PULLED))),
        k(WAITING, until="ImagePullBackOff"),
        happened(),
    ),
)
PULLS = (
    pulls("invalid image name", "Bad/Image:x", "InvalidImageName"),
    pulls("image never pulled", "$OPEN/conf/web:v9", "ErrImageNeverPull", imagePullPolicy="Never"),
    pulls("missing tag", "$OPEN/conf/web:none", "ImagePullBackOff", yaml_of("pod web", "ImagePullBackOff")),
    pulls("missing repository", "$OPEN/conf/none:v1"),
    pulls("missing digest", "$OPEN/conf/web@sha256:" + "0" * 64),
    pulls("private image without a secret", PRIVATE_IMAGE),
    pulls("missing pull secret", PRIVATE_IMAGE, **PULLED),
    pulls("wrong architecture", "$OPEN/conf/arm:v1"),
    pulls("unreachable registry", "localhost:1/conf/web:v1"),
    ALWAYS,
    RIGHT,
    WRONG,
)
ENV_SECRET = [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "a"}}}]
ENV_CONFIG = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a"}}}]
CONFIG_ERRORS = (
    waits("missing secret", pod("web", container(env=ENV_SECRET)), "CreateContainerConfigError"),
    waits("missing config map", pod("web", container(env=ENV_CONFIG)), "CreateContainerConfigError"),
    waits(
        "missing config map as a whole",
        pod("web", container(envFrom=[{"configMapRef": {"name": "settings"}}])),
        "CreateContainerConfigError",
    ),
    Procedure(
        "missing secret key then given",
        (
            quiet("apply -f -", text(secret(b="2"), pod("web", container(env=ENV_SECRET)))),
            k(WAITING, until="CreateContainerConfigError"),
            k("get pod web"),
            quiet("apply -f -", text(secret(a="1"))),
            quiet("wait --for=condition=Ready pod/web --timeout=150s"),
            k("get pod web --no-headers"),
            happened(),
        ),
    ),
    waits(
        "root where none may be",
        pod("web", container(securityContext={"runAsNonRoot": True})),
        "CreateContainerConfigError",
    ),
)
STARTS = (
    Procedure(
        "a command that is not there",
        (
            quiet("apply -f -", text(pod("web", container(command=["/no/such/thing"]), restartPolicy="Never"))),
            k(ENDED, until="StartError"),
            k("get pod web"),
            k("get pod web -o jsonpath={.status.phase}", until="Failed"),
            k("get pod web -o jsonpath={.status.containerStatuses}"),
            happened(),
        ),
    ),
    Procedure(
        "a command that is not there again and again",
        (
            quiet("apply -f -", text(pod("web", container(command=["nonesuch"])))),
            k(WAITING, until="CrashLoopBackOff"),
            k("get pod web -o custom-columns=N:.metadata.name,S:.status.phase"),
            happened(),
        ),
    ),
    Procedure(
        "crash loop",
        (
            quiet("apply -f -", text(pod("web", shell("echo one; echo two >&2; exit 7")))),
            k(WAITING, until="CrashLoopBackOff"),
            k("get pod web -o jsonpath={.status.containerStatuses[0].lastState}"),
            k("get pod web -o jsonpath={.status.containerStatuses[0].restartCount}", until="[2-9]", compared=False),
            # Which of two streams is copied first is chance.
            k("logs web --previous", until="one", ordered=False),
            k("logs web", until="one.*two|two.*one", ordered=False),
            happened(),
        ),
    ),
    Procedure(
        "out of memory",
        (
            quiet(
                "apply -f -", text(pod("web", container("$OPEN/conf/oom:v1", resources={"limits": {"memory": "24Mi"}})))
            ),
            k("get pod web -o jsonpath={.status.containerStatuses[0].lastState}", until="OOMKilled"),
            k(WAITING, until="CrashLoopBackOff"),
            happened(),
        ),
    ),
    Procedure(
        "a task that ends well",
        (
            follow_pods(),
            quiet("apply -f -", text(gated_pod("web", shell("sleep 2; echo done"), restartPolicy="OnFailure"))),
            *opened(),
            k("get pod web -o jsonpath={.status.phase}", until="Succeeded"),
            k("get pod web"),
            yaml_of("pod web"),
            k("logs web", until="done"),
            k("logs web --previous"),
            # A busy kubelet tells of the container's end and of the pod's at once.
            Story(PODS_PATH, pod_lives),
            happened(),
        ),
    ),
    Procedure(
        "a task that ends badly",
        (
            quiet("apply -f -", text(pod("web", shell("exit 4"), restartPolicy="Never"))),
            k("get pod web -o jsonpath={.status.phase}", until="Failed"),
            k("get pod web"),
            k("get pod web -o jsonpath={.status}"),
            happened(),
        ),
    ),
    Procedure(
        "a termination message",
        (
            quiet(
                "apply -f -",
                text(
                    pod(
                        "web",
                        shell("echo the last words; exit 1", terminationMessagePolicy="FallbackToLogsOnError"),
                        restartPolicy="Never",
                    )
                ),
            ),
            k("get pod web -o jsonpath={.status.containerStatuses[0].state.terminated.message}", until="words"),
        ),
    ),
    Procedure(
        "init containers",
        (
            follow_pods(),
            quiet(
                "apply -f -",
                text(
                    gated_pod(
                        "web",
                        initContainers=[
                            {**shell("echo first; sleep 2"), "name": "one"},
                            {**shell("echo second; sleep 2"), "name": "two"},
                        ],
                    )
                ),
            ),
            *opened(),
            quiet("wait --for=condition=Ready pod/web --timeout=150s"),
            k("logs web -c one", until="first"),
            k("logs web --all-containers --prefix", until="first.*second", ordered=False),
            k("get pod web -o jsonpath={.status.conditions}"),
            # Between two init containers a kubelet may tell of the end of one and the start of the next at once.
            Story(PODS_PATH, pod_lives),
            happened(),
        ),
    ),
    Procedure(
        "an init container that fails",
        (
            quiet("apply -f -", text(pod("web", initContainers=[{**shell("exit 5"), "name": "one"}]))),
            k("get pod web --no-headers", until="Init:CrashLoopBackOff", compared=False),
            k("get pod web -o jsonpath={.status.conditions}"),
            k("get pod web -o jsonpath={.status.containerStatuses}"),
            k("logs web"),
            k("logs web -c one"),
            happened(),
        ),
    ),
    Procedure(
        "a sidecar",
        (
            quiet(
                "apply -f -",
                text(
                    pod(
                        "web",
                        shell("sleep 1; echo done"),
                        restartPolicy="Never",
                        initContainers=[{**container(), "name": "side", "restartPolicy": "Always"}],
                    )
                ),
            ),
            k("get pod web -o jsonpath={.status.phase}", until="Succeeded"),
            k("get pod web"),
            happened(),
        ),
    ),
)
PENDING = (
    Procedure(
        "no room",
        (
            quiet("apply -f -", text(pod("web", container(resources={"requests": {"memory": "4Gi"}})))),
            k("get pod web -o jsonpath={.status.conditions}", until="Insufficient"),
            k("get pod web -o wide"),
            yaml_of("pod web"),
            k("describe pod web", until="FailedScheduling"),
            happened(),
        ),
    ),
    Procedure(
        "no room for the processor",
        (
            quiet("apply -f -", text(pod("web", container(resources={"requests": {"memory": "4Gi", "cpu": "9"}})))),
            k("get pod web -o jsonpath={.status.conditions}", until="Insufficient"),
        ),
    ),
    Procedure(
        "no node fits",
        (
            quiet("apply -f -", text(pod("web", nodeSelector={"disk": "fast"}))),
            k("get pod web -o jsonpath={.status.conditions}", until="match Pod"),
            happened("FailedScheduling"),
        ),
    ),
    Procedure(
        "no claim",
        (
            quiet(
                "apply -f -", text(pod("web", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "none"}}]))
            ),
            k("get pod web -o jsonpath={.status.conditions}", until="not found"),
            happened("FailedScheduling"),
        ),
    ),
    Procedure(
        "a claim that nothing binds",
        (
            quiet(
                "apply -f -",
                text(
                    {
                        "apiVersion": "v1",
                        "kind": "PersistentVolumeClaim",
                        "metadata": {"name": "data"},
                        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
                    }
                ),
            ),
            # A scheduler that does not know the claim yet would say that there is none.
            happened("FailedBinding"),
            quiet(
                "apply -f -",
                text(
                    pod("web", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]),
                ),
            ),
            k("get pod web -o jsonpath={.status.conditions}", until="unbound"),
            k("get pvc"),
            k("describe pvc data"),
            yaml_of("pvc data"),
            happened("FailedBinding"),
        ),
    ),
    Procedure(
        "a pod that asks to be alone",
        (
            quiet(
                "apply -f -",
                text(
                    deployment(
                        replicas=3,
                        pod={
                            "metadata": {"labels": {"app": "web"}},
                            "spec": {
                                "terminationGracePeriodSeconds": 1,
                                "containers": [container()],
                                "affinity": {
                                    "podAntiAffinity": {
                                        "requiredDuringSchedulingIgnoredDuringExecution": [
                                            {
                                                "labelSelector": {"matchLabels": {"app": "web"}},
                                                "topologyKey": "kubernetes.io/hostname",
                                            }
                                        ]
                                    }
                                },
                            },
                        },
                    )
                ),
            ),
            k("get deploy web", until="2/3"),
            k("get pods -l app=web --no-headers", until="Pending", ordered=False),
            k("get pods --field-selector=status.phase=Pending -o jsonpath={.items[0].status.conditions}", until="anti"),
        ),
    ),
    Procedure(
        "a volume whose secret is missing",
        (
            quiet(
                "apply -f -",
                text(
                    pod(
                        "web",
                        container(volumeMounts=[{"name": "v", "mountPath": "/v"}]),
                        volumes=[{"name": "v", "secret": {"secretName": "none"}}],
                    )
                ),
            ),
            happened("FailedMount"),
            k("get pod web"),
            k("get pod web -o jsonpath={.status}"),
        ),
    ),
    Procedure(
        "a volume that nobody mounts",
        (
            quiet("apply -f -", text(pod("web", volumes=[{"name": "v", "secret": {"secretName": "none"}}]))),
            k("get pod web --no-headers", until="Running"),
        ),
    ),
    Procedure(
        "a scheduling gate",
        (
            quiet("apply -f -", text(pod("web", schedulingGates=[{"name": "conf.example/wait"}]))),
            k("get pod web -o jsonpath={.status}", until="SchedulingGated"),
            k("get pod web"),
        ),
    ),
)
PROBES = (
    Procedure(
        "never ready",
        (
            follow_pods(),
            quiet("apply -f -", text(gated_pod("web", ready(path="/none")))),
            *opened(),
            happened("Readiness probe failed"),
            k("get pod web"),
            k("get pod web -o jsonpath={.status.conditions}"),
            tell_pods(),
        ),
    ),
    Procedure(
        "nothing listens",
        (
            quiet("apply -f -", text(pod("web", shell("sleep 600", readinessProbe=probe())))),
            happened("Readiness probe failed"),
        ),
    ),
    Procedure(
        "killed by its liveness probe",
        (
            quiet("apply -f -", text(pod("web", container(livenessProbe=probe("/none", failureThreshold=2))))),
            k("get pod web -o jsonpath={.status.containerStatuses[0].restartCount}", until="[1-9]", compared=False),
            k("get pod web -o jsonpath={.status.containerStatuses[0].lastState.terminated.reason}"),
            happened("BackOff"),
        ),
    ),
    Procedure(
        "a probe that runs a command",
        (
            quiet(
                "apply -f -",
                text(
                    pod(
                        "web",
                        container(
                            readinessProbe={
                                "exec": {"command": ["/bin/sh", "-c", "echo no; exit 1"]},
                                "periodSeconds": 1,
                            }
                        ),
                    )
                ),
            ),
            happened("Readiness probe failed"),
        ),
    ),
    Procedure(
        "a startup probe",
        (
            quiet(
                "apply -f -",
                text(pod("web", container(startupProbe=probe("/none", failureThreshold=2), readinessProbe=probe()))),
            ),
            happened("failed startup probe.*BackOff|BackOff.*failed startup probe"),
            k("get pod web -o jsonpath={.status.containerStatuses[0].started}"),
        ),
    ),
)
ENTERED = Procedure(
    "commands in a container",
    (
        quiet("apply -f -", text(pod("web"), pod("stuck", container("$OPEN/conf/web:none")))),
        quiet("wait --for=condition=Ready pod/web --timeout=150s"),
        k("exec web -- sh -c 'echo out; exit 3'"),
        k("exec web -- sh -c true"),
        k("exec web -c web -- nonesuch"),
        k("exec web -- /none/such"),
        k("exec web -c none -- sh"),
        k("exec web"),
        k("exec none -- sh"),
        quiet("get pod stuck", until="ImagePullBackOff"),
        k("exec stuck -- sh"),
        k("port-forward pod/stuck :80"),
        k("port-forward pod/none :80"),
        Call("GET", "/api/v1/namespaces/$NS/pods/web/exec?command=sh&stdout=true"),
        Call("GET", "/api/v1/namespaces/$NS/pods/web/exec?command=sh&stdout=true&container=none"),
        Call("GET", "/api/v1/namespaces/$NS/pods/none/exec?command=sh&stdout=true"),
        Call("GET", "/api/v1/namespaces/$NS/pods/web/portforward"),
    ),
)
PODS = (LIFE, ENTERED, *PULLS, *CONFIG_ERRORS, *STARTS, *PENDING, *PROBES)
