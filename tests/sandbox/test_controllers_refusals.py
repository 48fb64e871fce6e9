"""What admission refuses, as it stands in ReplicaSets, Deployments and events."""

from __future__ import annotations

import pytest
from clockwork import conditions, deployment, rehearsal

from deployctl.sandbox.contracts import Object


def test_a_missing_service_account_becomes_a_replica_failure_with_the_api_servers_words() -> None:
    with rehearsal() as world:
        world.create("deployments.apps", deployment(pod_spec={"serviceAccountName": "nobody"}))
        world.advance(5)
        status, reason, message = conditions(world.get("deployments.apps", "web"))["ReplicaFailure"]
        assert (status, reason) == ("True", "FailedCreate")
        assert message.endswith(
            'is forbidden: error looking up service account default/nobody: serviceaccount "nobody" not found'
        )
        warning = next(e for e in world.events("ReplicaSet") if e[0] == "Warning")
        assert warning == ("Warning", "FailedCreate", f"Error creating: {message}")


REFUSALS: list[tuple[str, Object, str]] = [
    (
        "a quota",
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "small", "namespace": "default"},
            "spec": {"hard": {"pods": "0"}},
        },
        "exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0",
    ),
    (
        "a quota that wants limits",
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "strict", "namespace": "default"},
            "spec": {"hard": {"limits.memory": "1Gi"}},
        },
        "failed quota: strict: must specify limits.memory for: app",
    ),
]


@pytest.mark.parametrize(("why", "quota", "words"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_what_admission_refuses_stands_in_the_deployments_conditions(why: str, quota: Object, words: str) -> None:
    with rehearsal() as world:
        world.create("resourcequotas", quota)
        world.advance(1)
        world.create("deployments.apps", deployment())
        world.advance(5)
        status, reason, message = conditions(world.get("deployments.apps", "web"))["ReplicaFailure"]
        assert (status, reason) == ("True", "FailedCreate")
        assert message.startswith('pods "web-')
        assert message.endswith(f'" is forbidden: {words}')


def test_pod_security_refuses_and_says_what_it_violates() -> None:
    with rehearsal() as world:
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        world.change("namespaces", "default", lambda n: n["metadata"].update(labels=labels), namespace="")
        world.create("deployments.apps", deployment())
        world.advance(5)
        message = conditions(world.get("deployments.apps", "web"))["ReplicaFailure"][2]
        assert 'is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false' in message
