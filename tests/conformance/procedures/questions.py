"""Steps that many procedures share."""

from __future__ import annotations

from conformance.comparing.procedure import Call, Kubectl, Step, Story, Watch
from conformance.comparing.stories import conditions, container_states, events, replica_sets

DEPLOYMENTS = "apis/apps/v1/deployments"
REPLICA_SETS = "apis/apps/v1/replicasets"
PODS = "api/v1/pods"


def yaml_of(what: str, until: str = "") -> Kubectl:
    """The whole object, field managers included."""
    return Kubectl(f"get {what} -o yaml --show-managed-fields", until=until)


def happened(until: str = "") -> Call:
    """What the components reported in the namespace."""
    return Call("GET", "/api/v1/namespaces/$NS/events", keep=events, until=until)


def rolled(name: str = "deploy/web") -> Kubectl:
    """Waits; the lines printed on the way are chance."""
    return Kubectl(f"rollout status {name} --timeout=60s", compared=False)


def follow_rollout() -> tuple[Step, ...]:
    return (Watch(DEPLOYMENTS), Watch(REPLICA_SETS))


def tell_rollout() -> tuple[Step, ...]:
    return (Story(DEPLOYMENTS, conditions), Story(REPLICA_SETS, replica_sets))


def follow_pods() -> Watch:
    return Watch(PODS)


def tell_pods() -> Story:
    return Story(PODS, container_states)
