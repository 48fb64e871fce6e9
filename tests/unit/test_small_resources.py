"""As little as a namespace lets a container ask for, whatever limit ranges and quotas want."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.model.json import Json
from deployctl.model.manifest import Manifest, manifest
from deployctl.model.room import Newcomer
from deployctl.model.rules.quota import forbidden_by_limits
from deployctl.model.rules.small_resources import small_resources

LITTLE = {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"cpu": "200m", "memory": "64Mi"}}


def limits(**entry: Any) -> Manifest:
    entry = {"type": "Container", **entry}
    return manifest({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l"}, "spec": {"limits": [entry]}})


def quota(**hard: str) -> Manifest:
    spec = {"hard": {name.replace("_", "."): amount for name, amount in hard.items()}}
    return manifest({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": spec})


CASES: tuple[tuple[str, tuple[Manifest, ...], tuple[Manifest, ...], Json], ...] = (
    ("nothing is asked", (), (), LITTLE),
    ("a quota on memory is satisfied anyway", (), (quota(requests_memory="1Gi"),), LITTLE),
    (
        "a floor lifts requests and limits",
        (limits(min={"memory": "100Mi", "cpu": "50m"}),),
        (),
        {"requests": {"cpu": "50m", "memory": "100Mi"}, "limits": {"cpu": "200m", "memory": "100Mi"}},
    ),
    (
        "a ceiling lowers limits",
        (limits(max={"memory": "32Mi"}),),
        (),
        {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"cpu": "200m", "memory": "32Mi"}},
    ),
    (
        "a ratio binds the limit to the request",
        (limits(maxLimitRequestRatio={"memory": "2"}),),
        (),
        {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"cpu": "200m", "memory": "2Mi"}},
    ),
    (
        "what a pod may have is shared among its containers",
        (limits(type="Pod", max={"memory": "64Mi"}),),
        (),
        {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"cpu": "200m", "memory": "32Mi"}},
    ),
    (
        "local storage is named where it is counted",
        (),
        (manifest({"kind": "ResourceQuota", "spec": {"hard": {"requests.ephemeral-storage": "1Gi"}}}),),
        {
            "requests": {**LITTLE["requests"], "ephemeral-storage": "1Mi"},
            "limits": {**LITTLE["limits"], "ephemeral-storage": "64Mi"},
        },
    ),
)


@pytest.mark.parametrize(("ranges", "quotas", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_the_resources_of_a_small_container(
    ranges: tuple[Manifest, ...], quotas: tuple[Manifest, ...], expected: Json
) -> None:
    assert small_resources(ranges, quotas, 2) == expected


MEMORY = st.integers(1, 512)


@given(least=MEMORY, more=MEMORY, containers=st.integers(1, 4), kind=st.sampled_from(("Container", "Pod")))
def test_no_limit_range_forbids_it(least: int, more: int, containers: int, kind: str) -> None:
    """Where anything is allowed at all: a floor for each container must leave room under a whole pod's ceiling."""
    most = (least + more) * (containers if kind == "Pod" else 1)
    one = limits(type=kind, min={"memory": f"{least}Mi"}, max={"memory": f"{most}Mi", "cpu": "4"})
    resources = small_resources((one,), (), containers)
    spec = {"containers": [{"name": f"c{n}", "resources": resources} for n in range(containers)]}
    assert forbidden_by_limits(Newcomer("pod", spec, 1), (one,)) == ()
