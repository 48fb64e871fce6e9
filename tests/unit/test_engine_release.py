"""What a release does to the world, step by step, and what it leaves when a step goes wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from shop import API, FILE, REF, ROOT, TEXT, Shop

from deployctl.engine.execute import execute
from deployctl.engine.naming import ask_names, looked_up
from deployctl.engine.recorded import recorded
from deployctl.engine.rollback import previous_image, rollback_request
from deployctl.model.errors import (
    DeployError,
    Interrupted,
    LockHeld,
    Refused,
    ReleaseFailed,
    Unavailable,
)
from deployctl.model.event import StepFinished, StepStarted, Waiting
from deployctl.model.http import Response
from deployctl.model.manifest import Manifest, ObjectRef, manifest
from deployctl.model.node import Node
from deployctl.model.pod import Condition, Terminated, parse_pod
from deployctl.model.release import OutcomeName, Release, ReleasedImage
from deployctl.model.request import ReleaseRequest
from deployctl.model.rollout import World
from deployctl.ports import ClusterRejected

SETTINGS = ObjectRef("v1", "ConfigMap", "shop", "settings")
BUMPED = TEXT.replace("v1.0.0", "v1.1.0")


def rejected(ref: ObjectRef, reason: str = "Invalid") -> ClusterRejected:
    return ClusterRejected("no", ref=ref, status=422, reason=reason)


def test_a_release_builds_bumps_applies_workloads_last_and_records_what_it_did() -> None:
    shop = Shop()
    events = shop.release()
    finished = [event.step for event in events if isinstance(event, StepFinished)]
    assert finished == ["lock", "build", "prefetch", "bump", "apply", "rollout", "health", "verify", "record"]
    assert shop.fakes.files.texts[FILE] == BUMPED
    assert [(verb, ref.kind) for verb, ref in shop.fakes.cluster.writes] == [
        ("create", "Pod"), ("delete", "Pod"), ("apply", "ConfigMap"), ("apply", "Deployment")
    ]  # fmt: skip
    assert shop.fakes.leases.holder() is None
    newest, adopted = shop.records
    assert (newest.operation, newest.outcome, newest.images[0].version) == ("release", "done", "1.1.0")
    assert (adopted.operation, adopted.images[0].reference) == ("adopted", f"{API.name}:v1.0.0")
    assert adopted.images[0].digest == shop.digest


def test_the_second_release_adopts_nothing_for_the_first_one_is_remembered() -> None:
    shop = Shop()
    shop.release()
    shop.fakes.files.texts[ROOT / "VERSION"] = "1.2.0\n"
    shop.release()
    assert [r.operation for r in shop.records] == ["release", "release", "adopted"]


def test_what_moved_between_plan_and_lock_ends_the_release_before_any_write() -> None:
    shop = Shop()
    request = ReleaseRequest(("api",))
    plan = shop.plan(request)
    shop.fakes.registry.push(API.with_tag("v1.1.0"), "by somebody else")
    with pytest.raises(Refused, match="the world has moved") as caught:
        list(execute(request, shop.target, plan, "1.0"))
    assert "image of api" in caught.value.problem.evidence[0]
    assert (shop.fakes.files.written, shop.fakes.cluster.writes, shop.records) == ([], [], ())


def test_a_lock_that_somebody_holds_is_left_alone() -> None:
    shop = Shop()
    shop.fakes.leases.acquire("somebody", "rollout")
    with pytest.raises(LockHeld, match="somebody is releasing to prod"):
        shop.release()
    assert (shop.fakes.files.written, shop.records) == ([], ())
    holder = shop.fakes.leases.holder()
    assert holder is not None
    assert holder.holder == "somebody"


def test_a_failed_build_is_a_refusal_for_nothing_was_touched() -> None:
    shop = Shop()
    shop.fakes.builder.fails = ReleaseFailed("the build failed", evidence=("COPY missing",))
    with pytest.raises(Refused, match="the build failed") as caught:
        shop.release()
    assert caught.value.problem.evidence == ("COPY missing",)
    assert (shop.fakes.files.texts[FILE], shop.fakes.cluster.writes) == (TEXT, [])
    assert shop.records[0].outcome == "refused"


def test_a_builder_whose_image_the_registry_does_not_have_is_not_believed() -> None:
    shop = Shop()
    truth = shop.fakes.registry.resolve
    shop.fakes.registry.resolve = lambda image: None if image.tag == "v1.1.0" else truth(image)  # type: ignore[method-assign] # a fake, for once
    with pytest.raises(Refused, match="the registry has no such image"):
        shop.release()


def test_the_first_object_rejected_takes_the_bump_back() -> None:
    shop = Shop()
    request = ReleaseRequest(("api",))
    plan = shop.plan(request)
    first = shop.fakes.cluster.apply

    def refuse(manifest: Manifest) -> Manifest:
        raise rejected(manifest.ref)

    shop.fakes.cluster.apply = refuse  # type: ignore[method-assign] # a fake, for once
    with pytest.raises(Refused):
        list(execute(request, shop.target, plan, "1.0"))
    shop.fakes.cluster.apply = first  # type: ignore[method-assign] # a fake, for once
    assert shop.fakes.files.texts[FILE] == TEXT


@pytest.mark.parametrize("failure", [rejected(REF), Unavailable("gone")], ids=["rejected", "unavailable"])
def test_an_object_that_fails_after_another_was_written_is_a_failed_release(failure: DeployError) -> None:
    shop = Shop()
    truth = shop.fakes.cluster.apply

    def second_fails(manifest: Manifest) -> Manifest:
        if manifest.ref == REF:
            raise failure
        return truth(manifest)

    shop.fakes.cluster.apply = second_fails  # type: ignore[method-assign] # a fake, for once
    with pytest.raises(ReleaseFailed):
        shop.release()
    assert shop.fakes.files.texts[FILE] == BUMPED, "the tree says what the cluster has been told"
    assert shop.records[0].outcome == "failed"


def test_what_was_proven_is_remembered() -> None:
    shop = Shop()
    shop.release()
    told = {proven.proof: proven.what for proven in shop.records[0].proofs}
    assert told["dry-run"] == "the API server takes 2 objects"
    assert told["room"] == "deployment/api fits on node1"


def test_only_hosts_of_an_ingress_with_a_load_balancer_are_looked_up() -> None:
    spec = {"rules": [{"host": "shop.example.com"}, {"host": "*.example.com"}]}
    body = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "shop"}, "spec": spec}
    ingress = manifest(body)
    places = {"loadBalancer": {"ingress": [{"hostname": "lb.example.net"}]}}
    shop = Shop()
    shop.fakes.names.known = {"shop.example.com": ("203.0.113.10",), "lb.example.net": None}
    live = {ingress.ref: manifest({**body, "status": places})}
    asked = ask_names(shop.target, (ingress,), live)
    assert looked_up(asked) == {"shop.example.com": ("203.0.113.10",), "lb.example.net": None}
    assert ask_names(shop.target, (ingress,), {ingress.ref: ingress}) == {}


def test_what_cannot_be_tried_out_is_a_warning_and_what_is_rejected_a_refusal() -> None:
    shop = Shop()
    shop.fakes.cluster.refuses[SETTINGS] = rejected(SETTINGS, "DryRunUnsupported")
    plan = shop.plan(ReleaseRequest(("api",)))
    assert (plan.refusals, [w.id for w in plan.warnings][:1]) == ((), ["dry-run-unsupported"])
    shop.fakes.cluster.refuses[SETTINGS] = rejected(SETTINGS)
    assert [finding.id for finding in shop.plan(ReleaseRequest(("api",))).refusals] == ["rejected"]


def test_a_tree_that_renders_otherwise_after_the_bump_is_not_applied() -> None:
    shop = Shop()
    truth = shop.fakes.files.write

    def meddled(path: Any, text: str) -> None:
        truth(path, text.replace("v1.1.0", "v6.6.6"))

    shop.fakes.files.write = meddled  # type: ignore[method-assign] # a fake, for once
    with pytest.raises(Refused, match="does not render to what was planned"):
        shop.release()
    assert [ref.kind for _, ref in shop.fakes.cluster.writes if ref.kind != "Pod"] == []


def test_a_health_document_that_never_is_right_fails_after_its_deadline_with_all_answers_counted() -> None:
    shop = Shop()
    shop.fakes.probe.answer = lambda url: Response(503, "text/plain", b"no", url)
    with pytest.raises(ReleaseFailed, match="api is not healthy after 5 s") as caught:
        shop.release()
    assert caught.value.problem.evidence[0].startswith("6 times: ")
    assert shop.records[0].outcome == "failed"


def test_a_sick_service_is_shown_with_the_pods_beside_it_that_are_not_ready() -> None:
    shop = Shop()
    down = Condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
    redis = {
        "metadata": {"name": "redis-1", "uid": "redis-1"},
        "spec": {"nodeName": "node3"},
        "status": {"phase": "Running", "containerStatuses": [{"name": "redis", "state": {"running": {}}}]},
    }
    truth = shop.world

    def beside() -> World:
        world = truth()
        nodes = (
            Node("node1", allocatable={"cpu": "2", "memory": "2Gi", "pods": "9"}),
            Node("node3", conditions=(down,)),
        )
        return replace(world, pods=(*world.pods, parse_pod(redis)), nodes=nodes)

    shop.fakes.cluster.snapshots = beside
    shop.fakes.probe.answer = lambda url: Response(503, "text/plain", b"no", url)
    with pytest.raises(ReleaseFailed) as caught:
        shop.release()
    assert caught.value.problem.evidence[1:] == (
        "pod/redis-1 on node3: Running, redis running, not Ready: its node node3 is not Ready",
    )


def crashed(world: World) -> World:
    """Its pod has just ended for the first time, after it had been called Ready."""
    ended = Terminated("Error", "", 3, None, None)
    pods = [
        replace(pod, conditions=(), containers=tuple(replace(c, ready=False, state=ended) for c in pod.containers))
        for pod in world.pods
    ]
    return replace(world, pods=tuple(pods))


@pytest.mark.parametrize("step", ["health", "verify"])
def test_a_crash_after_the_rollout_is_the_cause_whichever_step_meets_it(step: str) -> None:
    shop = Shop()
    request = ReleaseRequest(("api",))
    events = execute(request, shop.target, shop.plan(request), "1.0")
    for event in events:
        if isinstance(event, StepStarted) and event.step == step:
            break
    shop.fakes.cluster.snapshots = lambda: crashed(shop.world())
    if step == "health":
        shop.fakes.probe.answer = lambda url: Response(503, "text/plain", b"no", url)
    with pytest.raises(ReleaseFailed) as caught:
        list(events)
    problem = caught.value.problem
    assert (problem.what, problem.incident) == ("container api crashes with exit code 3", "POD001")
    seen = {"health": "api is not healthy after 5 s", "verify": "what runs is not what was released"}
    assert seen[step] in problem.evidence
    assert problem.evidence[0] == "container api: Error, 0 restarts"


def test_one_bad_answer_starts_the_count_of_good_ones_anew() -> None:
    shop = Shop()
    answers = iter([200, 503, 200, 200])
    good = b'{"status": "ok"}'

    def answer(url: str) -> Response:
        return Response(next(answers), "application/json", good, url)

    from deployctl.engine.steps.health import healthy

    shop.fakes.probe.answer = answer
    work = healthy(shop.target, shop.target.project.services[0], "https://shop.example.com/health", "")
    streaks = [getattr(event, "streak", None) for event in work]
    assert streaks == [1, 0, 1, 2]


def test_an_interruption_while_waiting_is_recorded_as_one() -> None:
    shop = Shop()
    truth = shop.world

    def interrupted() -> Any:
        if any(verb == "apply" for verb, _ in shop.fakes.cluster.writes):
            raise KeyboardInterrupt
        return truth()

    shop.fakes.cluster.snapshots = interrupted
    with pytest.raises(Interrupted, match="while the cluster was being changed"):
        shop.release()
    assert shop.records[0].outcome == "interrupted"
    assert shop.fakes.leases.holder() is None


def test_a_restart_happens_once_though_the_object_moves_under_it() -> None:
    shop = Shop()
    shop.fakes.files.texts[ROOT / "VERSION"] = "1.0.0\n"
    truth, tries = shop.fakes.cluster.stamp_restart, []

    def moving(applied: Manifest, stamp: str) -> Manifest:
        tries.append(stamp)
        if len(tries) == 1:
            raise rejected(applied.ref, "Conflict")
        return truth(applied, stamp)

    shop.fakes.cluster.stamp_restart = moving  # type: ignore[method-assign] # a fake, for once
    shop.release(restart=True)
    assert len(tries) == 2
    assert len(set(tries)) == 1
    assert [verb for verb, _ in shop.fakes.cluster.writes] == ["restart"]


def test_a_restart_whose_first_answer_was_lost_is_not_repeated() -> None:
    shop = Shop()
    shop.fakes.files.texts[ROOT / "VERSION"] = "1.0.0\n"
    truth = shop.fakes.cluster.stamp_restart

    def lost(applied: Manifest, stamp: str) -> Manifest:
        truth(applied, stamp)
        raise rejected(applied.ref, "Conflict")

    shop.fakes.cluster.stamp_restart = lost  # type: ignore[method-assign] # a fake, for once
    shop.release(restart=True)
    assert [verb for verb, _ in shop.fakes.cluster.writes] == ["restart"]


def test_rollback_goes_back_to_what_served_before_with_its_digest_and_tag() -> None:
    shop = Shop()
    shop.release()
    request = rollback_request(shop.target, (), None, accept_collateral=False, commit=False)
    assert request.recorded == (ReleasedImage("api", "1.0.0", f"{API.name}:v1.0.0", shop.digest),)
    list(execute(request, shop.target, shop.plan(request), "1.0"))
    assert shop.fakes.files.texts[FILE] == TEXT
    assert (shop.records[0].operation, shop.records[0].outcome) == ("rollback", "done")


def test_a_rollback_to_an_image_that_was_pushed_anew_is_refused() -> None:
    shop = Shop()
    shop.release()
    shop.fakes.registry.push(API.with_tag("v1.0.0"), "other content")
    request = rollback_request(shop.target, (), None, accept_collateral=False, commit=False)
    assert [finding.id for finding in shop.plan(request).refusals] == ["recorded-digest-moved"]


def test_without_a_record_there_is_nothing_to_go_back_to() -> None:
    with pytest.raises(Refused, match="no release has been recorded here"):
        rollback_request(Shop().target, (), None, accept_collateral=False, commit=False)


def history(*told: tuple[int, OutcomeName, str]) -> tuple[Release, ...]:
    shop = Shop()
    shop.release()
    base = shop.records[0]
    return tuple(
        replace(base, number=n, outcome=outcome, images=(ReleasedImage("api", tag, f"{API.name}:{tag}", "sha256:x"),))
        for n, outcome, tag in told
    )


@pytest.mark.parametrize(
    ("told", "now", "expected"),
    [
        ([(1, "done", "a"), (2, "done", "b")], "b", "a"),
        ([(1, "done", "a"), (2, "failed", "b")], "b", "a"),
        ([(1, "done", "a"), (2, "failed", "b"), (3, "failed", "c")], "c", "a"),
        ([(1, "done", "a"), (2, "done", "b"), (3, "done", "b")], "b", "a"),
        ([(1, "done", "a"), (2, "done", "b")], "by-hand", "b"),
        ([(1, "failed", "a")], "b", None),
        ([(1, "done", "a")], "a", None),
    ],
)
def test_the_way_back_is_the_newest_success_that_ran_something_else(
    told: list[tuple[int, OutcomeName, str]], now: str, expected: str | None
) -> None:
    found = previous_image(history(*told), "api", f"{API.name}:{now}")
    assert (found.version if found else None) == expected


def test_an_overlay_that_pins_a_digest_is_released_by_digest() -> None:
    shop = Shop()
    new = shop.fakes.registry.push(API.with_tag("v1.1.0"))
    pinned = TEXT.replace("newTag: v1.0.0", f"digest: {shop.digest}")
    shop.fakes.files.texts[FILE] = pinned
    shop.release()
    assert shop.fakes.files.texts[FILE] == pinned.replace(shop.digest, new)
    again = shop.plan(ReleaseRequest(("api",)))
    assert (again.steps, again.refusals) == ((), ())


def test_extra_tags_are_moved_only_where_they_are_elsewhere() -> None:
    shop = Shop()
    target = shop.target
    environment = replace(target.environment, extra_tag_templates=("latest", "v{version}-ok"))
    shop.fakes.registry.push(API.with_tag("v1.1.0"))
    found = shop.fakes.registry.resolve(API.with_tag("v1.1.0"))
    assert found is not None
    shop.fakes.registry.tag(API, found.digest, ("latest",))
    shop.fakes.registry.tagged.clear()
    wide = replace(target, environment=environment)
    request = ReleaseRequest(("api",))
    from deployctl.engine.observe import observe
    from deployctl.planning import plan_release

    list(execute(request, wide, plan_release(request, observe(request, wide)), "1.0"))
    assert shop.fakes.registry.tagged == [(found.digest, ("v1.1.0-ok",))]


def outcomes(shop: Shop) -> list[str]:
    return [release.outcome for release in recorded(shop.target)]


def test_a_record_that_says_running_is_of_a_run_that_is_gone_unless_its_lock_is_held() -> None:
    shop = Shop()
    shop.release()
    done, _ = shop.records
    for number in (3, 4):
        shop.fakes.history.save(replace(done, number=number, outcome="running", finished=None), keep=10)
    assert outcomes(shop) == ["interrupted", "interrupted", "done", "done"]
    shop.fakes.leases.acquire("somebody", "rollout")
    assert outcomes(shop) == ["running", "interrupted", "done", "done"]


def test_the_phases_of_a_rollout_are_recorded_and_usual_the_next_time() -> None:
    shop = Shop()
    empty: dict[str, int] = {}

    def slowly() -> World:
        """A new template's pods come at the fourth look only."""
        image = str(shop.live().body["spec"]["template"])
        empty[image] = empty.get(image, 0) + 1
        return replace(shop.world(), pods=()) if len(empty) > 1 and empty[image] <= 3 else shop.world()

    shop.fakes.registry.push(API.with_tag("v1.1.0"))
    shop.fakes.cluster.snapshots = slowly
    shop.release()
    names = [time.name for time in shop.records[0].phases]
    assert "deployment/api gap" in names
    assert {"api not served", "api wrong answers"} <= set(names)

    shop.fakes.registry.push(API.with_tag("v1.2.0"))
    waits = [e for e in shop.release(version="1.2.0") if isinstance(e, Waiting)]
    gap = next(time.seconds for time in shop.records[1].phases if time.name == "deployment/api gap")
    assert {report.usual for wait in waits for report in wait.reports if report.phase == "gap"} == {gap}
