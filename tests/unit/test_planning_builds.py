"""What a plan says of the tree that an image is, or was, made of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from worlds import HOST, NEW, OLD, REPOSITORY, Case

from deployctl.model.change import Finding
from deployctl.model.image import Image
from deployctl.model.plan import BuildStep
from deployctl.model.release import ReleasedImage
from deployctl.model.request import ReleaseRequest
from deployctl.model.snapshot import Snapshot
from deployctl.planning import plan_release

ASKED = ReleaseRequest(("backend",))


def absent(**tree: object) -> Snapshot:
    """The image is to be built from such a tree."""
    snapshot = Case(registry_digest="").snapshot()
    (facts,) = snapshot.services
    return replace(snapshot, services=(replace(facts, **tree),))  # type: ignore[arg-type] # fields of the noun


def ids(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.id for finding in findings}


def test_a_dirty_tree_is_shown_and_refused_where_only_a_clean_one_may_be_built() -> None:
    snapshot = absent(dirty=("app/main.py",))
    shown = plan_release(ASKED, snapshot)
    assert ("tree-dirty" in ids(shown.warnings), "tree-dirty" in ids(shown.refusals)) == (True, False)
    refused = plan_release(replace(ASKED, git_clean=True), snapshot)
    assert ("tree-dirty" in ids(refused.warnings), "tree-dirty" in ids(refused.refusals)) == (False, True)


def test_a_dirty_tree_does_not_matter_to_an_image_that_is_not_built() -> None:
    plan = plan_release(replace(ASKED, skip_build=True, git_clean=True), absent(dirty=("app/main.py",)))
    assert "tree-dirty" not in ids(plan.refusals) | ids(plan.warnings)


def test_likely_secrets_in_what_will_be_uploaded_are_warned_of() -> None:
    suspect = Finding("likely-secret", "the build context of backend holds what looks like secrets")
    assert suspect in plan_release(ASKED, absent(suspects=(suspect,))).warnings


def existing(label: str, here: str, **more: object) -> Snapshot:
    """The image exists: by its label made of one tree, and this one lies here."""
    snapshot = Case().snapshot()
    (facts,) = snapshot.services
    assert facts.found is not None
    facts = replace(facts, found=replace(facts.found, context=label), context=here, **more)  # type: ignore[arg-type] # fields of the noun
    return replace(snapshot, services=(facts,))


@pytest.mark.parametrize(
    ("label", "here", "asked", "refused", "warned"),
    [
        ("sha256:a", "sha256:b", ASKED, True, False),
        ("sha256:a", "sha256:b", replace(ASKED, version="0.8.8"), True, False),
        ("sha256:a", "sha256:b", replace(ASKED, skip_build=True), False, True),
        ("sha256:a", "sha256:a", ASKED, False, False),
        ("", "", ASKED, False, False),
        ("sha256:a", "", ASKED, False, False),
    ],
    ids=["another", "another, by its version", "as it is", "this very tree", "unlabelled", "built elsewhere"],
)
def test_an_image_of_another_tree_is_refused_unless_it_is_wanted_as_it_is(
    label: str, here: str, asked: ReleaseRequest, refused: bool, warned: bool
) -> None:
    plan = plan_release(asked, existing(label, here))
    told = ("made-of-another-tree" in ids(plan.refusals), "made-of-another-tree" in ids(plan.warnings))
    assert told == (refused, warned)


def test_the_refusal_names_both_trees_what_git_knows_of_the_difference_and_the_ways_on() -> None:
    plan = plan_release(ASKED, existing("sha256:a", "sha256:b", changed=("not committed: app/main.py",)))
    (refusal,) = (finding for finding in plan.refusals if finding.id == "made-of-another-tree")
    assert refusal == Finding(
        "made-of-another-tree",
        f"{REPOSITORY}:prod-v0.8.8 exists, and was made of another tree than the one here",
        "services.backend",
        (
            f"in the registry: {NEW} of context sha256:a",
            "here: context sha256:b",
            "not committed: app/main.py",
        ),
        "bump the version; or replace what the tag points at: --rebuild; "
        "or release the image as it is, without what changed: --skip-build",
    )


def test_a_rollback_goes_to_an_image_of_another_tree() -> None:
    back = ReleasedImage("backend", "0.8.8", f"{REPOSITORY}:prod-v0.8.8", NEW)
    plan = plan_release(replace(ASKED, operation="rollback", recorded=(back,)), existing("sha256:a", "sha256:b"))
    assert "made-of-another-tree" not in ids(plan.refusals) | ids(plan.warnings)


def rebuilt(**case: str) -> Snapshot:
    """The tag exists and shall be built anew."""
    snapshot = Case(**case).snapshot()  # type: ignore[arg-type] # texts only
    (facts,) = snapshot.services
    return replace(snapshot, services=(replace(facts, found=None, replaced=facts.found),))


def test_a_rebuild_is_planned_as_a_build_that_says_what_it_replaces() -> None:
    plan = plan_release(replace(ASKED, rebuild=True), rebuilt())
    assert plan.refusals == ()
    assert plan.steps[0] == BuildStep("backend", Image(HOST, "klinecubic/backend", "prod-v0.8.8"))
    (replaced,) = (finding for finding in plan.warnings if finding.id == "tag-replaced")
    assert replaced.evidence == (f"in the registry: {NEW}",)


def test_a_rebuild_of_the_tag_that_runs_needs_new_pods_that_pull() -> None:
    same = {"wanted_tag": "prod-v0.8.7", "registry_digest": OLD}
    plain = plan_release(replace(ASKED, rebuild=True), rebuilt(**same))
    assert "tag-moved" in ids(plain.refusals)
    cached = plan_release(replace(ASKED, rebuild=True, restart=True), rebuilt(**same))
    assert "restart-would-not-pull" in ids(cached.refusals)
    pulled = plan_release(replace(ASKED, rebuild=True, restart=True), rebuilt(policy="Always", **same))
    assert pulled.refusals == ()


@pytest.mark.parametrize(("source", "why"), [(False, "has no context"), (True, "has no builder")])
def test_a_rebuild_where_nothing_can_be_built_is_refused(source: bool, why: str) -> None:
    plan = plan_release(replace(ASKED, rebuild=True), Case(source=source, can_build=False).snapshot())
    (refusal,) = (finding for finding in plan.refusals if finding.id == "not-buildable")
    assert why in refusal.what
