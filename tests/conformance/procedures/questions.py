"""Steps that many procedures share."""

from __future__ import annotations

from conformance.comparing.procedure import Call, Kubectl, Step, Story, Watch
from conformance.comparing.stories import conditions, container_states, events, replica_sets

DEPLOYMENTS = "apis/apps/v1/deployments"
REPLICA_SETS = "apis/apps/v1/replicasets"
PODS = "api/v1/pods"
EVENTS = "/api/v1/namespaces/$NS/events"


def yaml_of(what: str, until: str = "") -> Kubectl:
    """The whole object, field managers included."""
    return Kubectl(f"get {what} -o yaml --show-managed-fields", until=until)


def happened(until: str = "") -> Call:
    """What the components reported in the namespace."""
    return Call("GET", EVENTS, keep=events, until=until, calm=True)


def observed(name: str = "deploy/web") -> Kubectl:
    """Waits until the controller has seen the last change."""
    where = "{.metadata.generation}/{.status.observedGeneration}"
    return Kubectl(f"get {name} -o jsonpath={where}", until=r"\A(\d+)/\1\Z", compared=False)


def opened(label: str = "app=web") -> tuple[Step, ...]:
    """Lets in a pod that is `gated`, once it was seen to be held: a busy kubelet would skip that state."""
    state = "{.items[*].status.containerStatuses[*].state.waiting.reason}"
    return (
        Call("GET", EVENTS, keep=events, until='configmap "gate" not found', compared=False),
        Kubectl(f"get pods -l {label} -o jsonpath={state}", until="Creating|Initializing", compared=False),
        Kubectl("create cm gate", compared=False),
    )


def rolled(name: str = "deploy/web") -> Kubectl:
    """Waits; the lines printed on the way are chance, and so is whether a deadline of the last rollout still shows."""
    return Kubectl(f"rollout status {name} --timeout=150s", until="successfully rolled out|complete", compared=False)


def follow_rollout() -> tuple[Step, ...]:
    return (Watch(DEPLOYMENTS), Watch(REPLICA_SETS))


def tell_rollout() -> tuple[Step, ...]:
    return (Story(DEPLOYMENTS, conditions), Story(REPLICA_SETS, replica_sets))


def follow_pods() -> Watch:
    return Watch(PODS)


def tell_pods() -> Story:
    return Story(PODS, container_states)
