"""What a release does in which world, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from worlds import NEW, NOW, OLD, OTHER, REPOSITORY, Case, backend, read

from deployctl.model.change import FileEdit, Finding
from deployctl.model.manifest import manifest
from deployctl.model.plan import (
    ApplyStep,
    AwaitStep,
    BuildStep,
    BumpStep,
    CommitStep,
    HealthStep,
    RecordStep,
    RestartStep,
    Step,
    TagStep,
    Transition,
    VerifyStep,
)
from deployctl.model.release import Release, ReleasedImage
from deployctl.model.request import ReleaseRequest
from deployctl.model.service import WorkloadRef
from deployctl.planning import plan_release

RELEASE = ReleaseRequest(("backend",))
BACKEND = WorkloadRef("Deployment", "backend")
EDIT = FileEdit("overlay/kustomization.yaml", "newTag: prod-v0.8.7\n", "newTag: prod-v0.8.8\n", 1, "newTag: …")


def kinds(steps: tuple[Step, ...]) -> list[type]:
    return [type(step) for step in steps]


def test_a_new_version_whose_image_exists_is_bumped_applied_awaited_checked_and_recorded() -> None:
    plan = plan_release(RELEASE, Case(edits=(EDIT,)).snapshot())
    assert plan.refusals == ()
    assert plan.steps == (
        BumpStep((EDIT,)),
        ApplyStep(1),
        AwaitStep((Transition(BACKEND, "recreate"),)),
        HealthStep("backend", "https://example.com/health"),
        VerifyStep(("backend",)),
        RecordStep("backend 0.8.8"),
    )


def test_an_absent_image_is_built_first() -> None:
    plan = plan_release(RELEASE, Case(registry_digest="").snapshot())
    assert plan.refusals == ()
    assert kinds(plan.steps)[0] is BuildStep


def test_extra_tags_and_the_commit_come_after_the_verification() -> None:
    request = replace(RELEASE, commit=True)
    plan = plan_release(request, Case(edits=(EDIT,), extra_tags=("prod-latest",)).snapshot())
    assert kinds(plan.steps)[-4:] == [VerifyStep, TagStep, CommitStep, RecordStep]


def test_the_same_release_again_has_nothing_to_do() -> None:
    same = Case(running_tag="prod-v0.8.8", running_digest=NEW)
    plan = plan_release(RELEASE, same.snapshot())
    assert (plan.steps, plan.refusals, plan.does_nothing) == ((), (), True)


def test_a_restart_of_an_unchanged_template_is_one_restart_without_an_apply() -> None:
    same = Case(running_tag="prod-v0.8.8", running_digest=NEW, policy="Always")
    plan = plan_release(replace(RELEASE, restart=True), same.snapshot())
    assert plan.steps[:2] == (
        RestartStep(BACKEND),
        AwaitStep((Transition(BACKEND, "recreate", restart=True),)),
    )


def test_a_restart_asked_for_with_a_new_version_is_the_rollout_itself() -> None:
    plan = plan_release(replace(RELEASE, restart=True), Case(policy="Always").snapshot())
    assert RestartStep not in kinds(plan.steps)
    assert plan.transitions == (Transition(BACKEND, "recreate"),)


def test_an_unfinished_rollout_of_the_wanted_image_is_awaited_though_nothing_is_written() -> None:
    case = Case(running_tag="prod-v0.8.8", running_digest=NEW)
    world = case.world()
    pods = tuple(replace(pod, conditions=()) for pod in world.pods)
    snapshot = replace(case.snapshot(), world=replace(world, pods=pods))
    assert kinds(plan_release(RELEASE, snapshot).steps)[0] is AwaitStep


MOVED = Case(running_tag="prod-v0.8.8", running_digest=OLD)
REDIS_LIVE = manifest(read(OTHER, tag="7.2"))
REDIS_DRIFTED = manifest(read(OTHER, tag="dead"))


@pytest.mark.parametrize(
    ("request_", "case", "refused"),
    [
        pytest.param(RELEASE, Case(registry_digest="", can_build=False), ["image-absent"], id="no builder"),
        pytest.param(RELEASE, Case(registry_digest="", source=False), ["image-absent"], id="no source"),
        pytest.param(
            replace(RELEASE, skip_build=True), Case(registry_digest=""), ["image-absent"], id="told not to build"
        ),
        pytest.param(RELEASE, MOVED, ["tag-moved"], id="same tag, another digest"),
        pytest.param(
            replace(RELEASE, restart=True), MOVED, ["restart-would-not-pull"], id="nodes would run what they hold"
        ),
        pytest.param(replace(RELEASE, restart=True), replace(MOVED, policy="Always"), [], id="a restart pulls it"),
        pytest.param(
            RELEASE, Case(rendered=(backend("prod-v0.8.7"),)), ["image-matches-nothing"], id="the entry reaches nothing"
        ),
        pytest.param(
            RELEASE,
            Case(workloads=(BACKEND, WorkloadRef("CronJob", "nightly"))),
            ["workload-missing"],
            id="a configured workload is not rendered",
        ),
        pytest.param(
            RELEASE,
            Case(others_live=(REDIS_LIVE,), others_rendered=(REDIS_DRIFTED,)),
            ["collateral"],
            id="drift would change redis",
        ),
        pytest.param(
            replace(RELEASE, accept_collateral=True),
            Case(others_live=(REDIS_LIVE,), others_rendered=(REDIS_DRIFTED,)),
            [],
            id="collateral accepted",
        ),
        pytest.param(RELEASE, Case(problems=(Finding("rejected", "no"),)), ["rejected"], id="the reading's own"),
    ],
)
def test_what_could_not_work_is_refused(request_: ReleaseRequest, case: Case, refused: list[str]) -> None:
    assert [finding.id for finding in plan_release(request_, case.snapshot()).refusals] == refused


def test_a_paused_deployment_is_refused() -> None:
    paused = manifest({**backend("prod-v0.8.8").body, "spec": {**backend("prod-v0.8.8").body["spec"], "paused": True}})
    plan = plan_release(RELEASE, Case(rendered=(paused,)).snapshot())
    assert [finding.id for finding in plan.refusals] == ["paused"]


def test_a_rollback_to_a_tag_that_was_pushed_anew_is_refused() -> None:
    recorded = ReleasedImage("backend", "0.8.8", f"{REPOSITORY}:prod-v0.8.8", "sha256:" + "a" * 64)
    request = ReleaseRequest(("backend",), operation="rollback", recorded=(recorded,))
    plan = plan_release(request, Case().snapshot())
    assert [finding.id for finding in plan.refusals] == ["recorded-digest-moved"]


def test_a_changed_workload_that_nobody_named_is_marked_as_collateral() -> None:
    case = Case(others_live=(REDIS_LIVE,), others_rendered=(REDIS_DRIFTED,))
    changes = plan_release(RELEASE, case.snapshot()).changes
    assert {str(c.ref): c.collateral for c in changes} == {"deployment/backend": False, "deployment/redis": True}


def test_the_same_world_gives_the_same_fingerprint_and_any_change_of_it_another() -> None:
    seal = plan_release(RELEASE, Case().snapshot()).fingerprint
    assert plan_release(RELEASE, Case().snapshot()).fingerprint == seal
    others = [
        plan_release(replace(RELEASE, restart=True), Case().snapshot()),
        plan_release(RELEASE, Case(registry_digest=OLD).snapshot()),
        plan_release(RELEASE, Case(running_tag="prod-v0.8.6").snapshot()),
        plan_release(RELEASE, Case(edits=(EDIT,)).snapshot()),
        plan_release(RELEASE, Case(others_rendered=(REDIS_LIVE,)).snapshot()),
    ]
    assert len({seal, *(plan.fingerprint for plan in others)}) == 1 + len(others)


def test_the_expected_downtime_is_the_median_of_measured_releases() -> None:
    def release(number: int, downtime: float | None) -> Release:
        image = ReleasedImage("backend", "1", f"{REPOSITORY}:x", OLD)
        return Release(
            number, "release", "prod", (image,), NOW, NOW, "done", "me", "", git_dirty=False, fingerprint="",
            downtime=downtime,
        )  # fmt: skip

    history = (release(4, 9.0), release(3, None), release(2, 5.0), release(1, 6.0))
    assert plan_release(RELEASE, Case(history=history).snapshot()).expected_downtime == 6.0
    assert plan_release(RELEASE, Case().snapshot()).expected_downtime is None
