"""Bringing images to the nodes in a release: what it costs when it fails is nothing, and nothing of it is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from fake_cluster import pulled
from shop import API, FILE, ROOT, TEXT, Shop

from deployctl.model.errors import Interrupted, Refused, Unavailable
from deployctl.model.event import StepProgress, Warned
from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.rules.prefetch_pod import LABEL
from deployctl.ports import ClusterRejected, Permission

IMAGE = f"{API.name}:v1.1.0"


def short_pods(shop: Shop) -> list[str]:
    """What was done with pods of our own."""
    return [verb for verb, ref in shop.fakes.cluster.writes if ref.kind == "Pod"]


def untouched(shop: Shop) -> bool:
    """Neither the tree nor an object of the overlay was written, and no pod of ours is left."""
    own = [ref for _, ref in shop.fakes.cluster.writes if ref.kind != "Pod"]
    return shop.fakes.files.texts[FILE] == TEXT and own == [] and short_pods(shop) in ([], ["create", "delete"])


def status(**container: Any) -> Callable[[Manifest], Mapping[str, Any]]:
    def of(pod: Manifest) -> Mapping[str, Any]:
        one = pod.body["spec"]["containers"][0]
        statuses = [{"name": one["name"], "image": one["image"], **container}]
        return {**pod.body, "status": {"phase": "Pending", "containerStatuses": statuses}}

    return of


def waiting(reason: str, message: str = "") -> Callable[[Manifest], Mapping[str, Any]]:
    return status(state={"waiting": {"reason": reason, "message": message}})


def refused(shop: Shop) -> Refused:
    with pytest.raises(Refused) as caught:
        shop.release()
    assert (shop.records[0].outcome, untouched(shop)) == ("refused", True)
    return caught.value


def test_the_node_pulls_first_and_says_how_long_it_took() -> None:
    shop = Shop()
    looks = 0

    def slowly(pod: Manifest) -> Mapping[str, Any]:
        nonlocal looks
        looks += 1
        return waiting("ContainerCreating")(pod) if looks < 4 else pulled(pod)

    shop.fakes.cluster.pulled = slowly
    told = [e for e in shop.release() if isinstance(e, StepProgress) and e.step == "prefetch"]
    assert [(e.message, e.done, e.total, e.subject) for e in told] == [
        (f"node1 pulls {IMAGE}", 0, 1, "node1"),
        (f"node1 has {IMAGE} (3.0 s)", 1, 1, "node1"),
    ]
    assert short_pods(shop) == ["create", "delete"]


def test_a_pull_that_cannot_succeed_refuses_the_release_with_its_cause() -> None:
    shop = Shop()
    text = 'failed to resolve reference "r": unexpected status: 401 Unauthorized'
    shop.fakes.cluster.pulled = waiting("ErrImagePull", text)
    problem = refused(shop).problem
    assert problem.where == "deployment/api on node1"
    assert problem.what.startswith("registry.example.com wants other credentials")
    assert problem.evidence[0] == f"ErrImagePull: {text}"
    assert problem.evidence[-1] == "nothing was torn down: the old pods still serve"
    assert problem.incident == "ARCH001"


def test_a_pull_that_takes_longer_than_its_deadline_refuses_and_is_said_meanwhile() -> None:
    shop = Shop()
    shop.fakes.cluster.pulled = waiting("ContainerCreating")
    problem = refused(shop).problem
    assert problem.what == f"node1 has not pulled {IMAGE} within 300 s"
    assert 300.0 < shop.fakes.clock.monotonic() < 310.0


def test_other_content_under_the_same_tag_refuses() -> None:
    shop = Shop()
    stale = "sha256:" + "5" * 64
    shop.fakes.cluster.pulled = status(imageID=f"{API.name}@{stale}", state={"terminated": {"reason": "StartError"}})
    problem = refused(shop).problem
    assert problem.what == f"node1 would run other content than the registry's under {IMAGE}"
    assert problem.evidence[1] == f"the node has {stale}"
    assert problem.incident == "DEPLOY001"


def test_a_pod_that_is_not_admitted_is_a_warning_and_the_release_goes_on() -> None:
    shop = Shop()
    truth = shop.fakes.cluster.create_pod

    def policy(pod: Manifest) -> str:
        shop.fakes.cluster.refuses[pod.ref] = ClusterRejected(
            "an admission policy refused it",
            ref=pod.ref,
            status=403,
            reason="AdmissionDenied",
            evidence=("no nodeName",),
        )
        return truth(pod)

    shop.fakes.cluster.create_pod = policy  # type: ignore[method-assign] # a fake, for once
    warned = [e.finding for e in shop.release() if isinstance(e, Warned)]
    assert [(w.id, w.what, w.evidence) for w in warned if w.id.startswith("prefetch")] == [
        ("prefetch-refused", "node1 does not pull beforehand: an admission policy refused it", ("no nodeName",))
    ]
    assert shop.records[0].outcome == "done"


def test_a_node_that_does_not_run_the_pod_is_a_warning_and_the_release_goes_on() -> None:
    shop = Shop()
    shop.fakes.cluster.pulled = lambda pod: {**pod.body, "status": {"phase": "Failed", "reason": "OutOfpods"}}
    warned = [e.finding for e in shop.release() if isinstance(e, Warned)]
    what = "node1 may have to pull while nothing serves: node1 did not run the pod that pulls: OutOfpods"
    assert [w.what for w in warned if w.id == "prefetch-given-up"] == [what]
    assert short_pods(shop) == ["create", "delete"]


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), Unavailable("gone")], ids=["interrupted", "unavailable"])
def test_whatever_ends_the_wait_leaves_no_pod_behind(failure: BaseException) -> None:
    shop = Shop()

    def breaks(_: Manifest) -> Mapping[str, Any]:
        raise failure

    shop.fakes.cluster.pulled = breaks
    with pytest.raises((Interrupted, Refused)):
        shop.release()
    assert untouched(shop)


def test_what_an_earlier_run_left_behind_is_removed_even_where_this_one_pulls_nothing() -> None:
    shop = Shop()
    shop.fakes.files.texts[ROOT / "VERSION"] = "1.0.0\n"
    ref = ObjectRef("v1", "Pod", "shop", "deployctl-prefetch-0")
    metadata = {"name": ref.name, "labels": {LABEL: "x"}}
    spec = {"nodeName": "node1", "containers": [{"name": "api", "image": IMAGE}]}
    shop.fakes.cluster.create_pod(Manifest(ref, {"metadata": metadata, "spec": spec}))
    shop.fakes.cluster.writes.clear()
    shop.release(restart=True)
    assert shop.fakes.cluster.writes[0] == ("delete", ref)


def test_without_the_right_to_make_pods_the_release_pulls_as_it_did_before() -> None:
    shop = Shop()
    shop.fakes.cluster.may_not = {Permission("create", "", "pods", "shop")}
    shop.release()
    assert (short_pods(shop), shop.records[0].outcome) == ([], "done")


def test_a_pod_that_cannot_be_removed_fails_no_release() -> None:
    shop = Shop()

    def lost(name: str, uid: str) -> bool:
        raise Unavailable(f"{name} {uid}")

    shop.fakes.cluster.delete_pod = lost  # type: ignore[method-assign] # a fake, for once
    shop.release()
    assert shop.records[0].outcome == "done"
