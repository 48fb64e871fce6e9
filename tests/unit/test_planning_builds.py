"""What a plan says of the tree that an image is, or was, made of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from worlds import Case

from deployctl.model.change import Finding
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


@pytest.mark.parametrize(
    ("label", "here", "version", "warned"),
    [("sha256:a", "sha256:b", "", True), ("sha256:a", "sha256:a", "", False), ("", "", "", False),
     ("sha256:a", "sha256:b", "0.8.8", False)],
)  # fmt: skip
def test_an_image_of_another_tree_is_warned_of_unless_its_version_was_asked_for(
    label: str, here: str, version: str, warned: bool
) -> None:
    snapshot = Case().snapshot()
    (facts,) = snapshot.services
    assert facts.found is not None
    services = (replace(facts, found=replace(facts.found, context=label), context=here),)
    plan = plan_release(replace(ASKED, version=version), replace(snapshot, services=services))
    assert ("made-of-another-tree" in ids(plan.warnings)) is warned
    assert "made-of-another-tree" not in ids(plan.refusals)
