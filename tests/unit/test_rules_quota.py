"""Quotas and limit ranges: what the namespace refuses before a scheduler is asked."""

from __future__ import annotations

from typing import Any

import pytest

from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.room import Newcomer
from deployctl.model.rules.quota import forbidden_by_limits, over_quota, with_defaults


def pod(resources: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"containers": [{"name": "backend", "resources": resources or {}}]}


def asking(memory: str, limit: str = "1Gi") -> dict[str, Any]:
    return pod({"requests": {"memory": memory}, "limits": {"memory": limit}})


def backend(spec: dict[str, Any], **more: Any) -> Newcomer:
    return Newcomer(**{"workload": "deployment/backend", "spec": spec, "count": 1, **more})


def quota(hard: dict[str, str], used: dict[str, str], **spec: Any) -> Manifest:
    body = {"spec": {"hard": hard, **spec}, "status": {"hard": hard, "used": used}}
    return Manifest(ObjectRef("v1", "ResourceQuota", "shop", "q"), body)


def limits(**entry: Any) -> Manifest:
    return Manifest(ObjectRef("v1", "LimitRange", "shop", "l"), {"spec": {"limits": [{"type": "Container", **entry}]}})


MEMORY = quota({"requests.memory": "1Gi"}, {"requests.memory": "768Mi"})
OLD = (asking("512Mi"),)


@pytest.mark.parametrize(
    ("newcomer", "certain"),
    [
        (backend(asking("512Mi")), 0),
        (backend(asking("768Mi")), 0),
        (backend(asking("769Mi")), 1),
        (backend(asking("512Mi"), count=2), 1),
        (backend(asking("512Mi"), surge=1), 1),
        (backend(asking("256Mi"), surge=1), 0),
        (backend(asking("512Mi"), surge=0, unavailable=1), 0),
    ],
)
def test_the_old_pods_that_may_go_count_as_gone(newcomer: Newcomer, certain: int) -> None:
    assert [len(found) for found in over_quota(newcomer, OLD, (MEMORY,))] == [certain, 0]


def test_the_refusal_has_the_numbers() -> None:
    ((finding,), _) = over_quota(backend(asking("1Gi")), OLD, (MEMORY,))
    assert finding.what == "resourcequota/q leaves no room for the pods of deployment/backend: requests.memory"
    assert finding.evidence == ("1Gi each, 1 to come, 1.25Gi of 1Gi then used",)


@pytest.mark.parametrize(
    ("hard", "used", "short"),
    [
        ({"pods": "3"}, {"pods": "3"}, True),
        ({"pods": "4"}, {"pods": "3"}, False),
        ({"count/pods": "3"}, {"count/pods": "3"}, True),
        ({"limits.memory": "2Gi"}, {"limits.memory": "1Gi"}, False),
        ({"limits.memory": "1Gi"}, {"limits.memory": "1Mi"}, True),
        ({"memory": "1Gi"}, {"memory": "600Mi"}, True),
        ({"services": "1"}, {"services": "1"}, False),
        ({"requests.storage": "1Gi"}, {"requests.storage": "1Gi"}, False),
    ],
)
def test_each_resource_of_a_quota_counts_what_a_pod_takes_of_it(
    hard: dict[str, str], used: dict[str, str], *, short: bool
) -> None:
    certain, _ = over_quota(backend(asking("512Mi")), (), (quota(hard, used),))
    assert bool(certain) is short


def test_a_quota_with_scopes_is_only_a_doubt() -> None:
    scoped = quota({"pods": "0"}, {"pods": "0"}, scopes=["BestEffort"])
    certain, doubtful = over_quota(backend(asking("512Mi")), (), (scoped,))
    assert (len(certain), len(doubtful)) == (0, 1)


@pytest.mark.parametrize("name", ["limits.memory", "requests.memory", "memory", "limits.cpu"])
def test_a_quota_wants_every_container_to_name_what_it_counts(name: str) -> None:
    certain, _ = over_quota(backend(pod()), (), (quota({name: "9"}, {name: "0"}),))
    assert [f.id for f in certain] == ["quota-must-specify"]
    assert name in certain[0].what


def test_a_limit_range_fills_in_what_a_container_does_not_name() -> None:
    spec = with_defaults(pod(), (limits(default={"memory": "256Mi"}, defaultRequest={"memory": "64Mi"}),))
    assert spec["containers"][0]["resources"] == {"limits": {"memory": "256Mi"}, "requests": {"memory": "64Mi"}}
    kept = with_defaults(asking("512Mi"), (limits(default={"memory": "256Mi"}),))
    assert kept["containers"][0]["resources"] == {"limits": {"memory": "1Gi"}, "requests": {"memory": "512Mi"}}


def test_a_written_limit_is_the_request_before_the_namespaces_default() -> None:
    spec = with_defaults(pod({"limits": {"memory": "1Gi"}}), (limits(defaultRequest={"memory": "64Mi"}),))
    assert spec["containers"][0]["resources"]["requests"] == {"memory": "1Gi"}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"max": {"memory": "512Mi"}}, "container backend has 1Gi of memory, at most 512Mi is allowed"),
        ({"max": {"cpu": "1"}}, "container backend has no limit of cpu, at most 1 is allowed"),
        ({"min": {"memory": "600Mi"}}, "container backend requests 512Mi memory, at least 600Mi is required"),
        ({"type": "Pod", "max": {"memory": "512Mi"}}, "the pod has 1Gi of memory, at most 512Mi is allowed"),
    ],
)
def test_a_limit_range_refuses_what_lies_outside(entry: dict[str, Any], words: str) -> None:
    (finding,) = forbidden_by_limits(backend(asking("512Mi")), (limits(**entry),))
    assert finding.what == words


def test_what_lies_inside_is_no_finding() -> None:
    inside = limits(max={"memory": "1Gi"}, min={"memory": "512Mi"})
    assert forbidden_by_limits(backend(asking("512Mi")), (inside,)) == ()
