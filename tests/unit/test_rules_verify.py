"""What runs against what should: overlay, live objects, registry, running digests, every user of the image."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from recorded import objects, recorded, world_of

from deployctl.model.image import Image, ImageFacts, parse_image
from deployctl.model.manifest import Manifest, manifest
from deployctl.model.rollout import World
from deployctl.model.rules.images import image_users, matches_nothing, names_image, same_repository
from deployctl.model.rules.verify_rules import overlay_references, verify_checks
from deployctl.model.service import Service, WorkloadRef
from deployctl.model.verify import Check

BACKEND = WorkloadRef("Deployment", "backend")
SERVICE = Service("backend", "shop/backend", (BACKEND,))
REFERENCE = "localhost:25000/rules/app:v2"
IMAGE = parse_image(REFERENCE)
DIGEST = next(c.image_id for p in recorded("recreate-done").pods for c in p.containers).rpartition("@")[2]
FACTS = ImageFacts(replace(IMAGE, digest=DIGEST), 1000)


def overlay(*images: str) -> tuple[Manifest, ...]:
    """The recorded Deployment as the overlay renders it, and a CronJob when a second image is given."""
    body = copy.deepcopy(objects("recreate-done")[1][0])
    body["spec"]["template"]["spec"]["containers"][0]["image"] = images[0]
    return (manifest(body), *(cron(image) for image in images[1:]))


def cron(image: str) -> Manifest:
    body = copy.deepcopy(objects("cronjob")[1][0])
    body["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["image"] = image
    return manifest(body)


def bad(
    rendered: tuple[Manifest, ...] = overlay(REFERENCE),
    world: World | None = None,
    facts: ImageFacts | None = FACTS,
    *,
    tag: str = "v2",
) -> list[tuple[str, str, str, str]]:
    """The rows that differ: subject, fact, wanted, found."""
    rows = verify_checks(
        SERVICE, IMAGE.with_tag(tag), rendered, world or recorded("recreate-done"), {REFERENCE: facts}, namespace="shop"
    )
    assert all(row.action for row in rows if not row.good)
    return [(row.subject, row.fact, row.wanted, row.found) for row in rows if not row.good]


def test_everything_as_it_should_be_is_five_good_rows() -> None:
    rows = verify_checks(SERVICE, IMAGE, overlay(REFERENCE), recorded("recreate-done"), {REFERENCE: FACTS})
    assert rows == (
        Check("backend", "overlay on disk", REFERENCE, REFERENCE, good=True),
        Check("backend", f"registry, {REFERENCE}", "a digest", DIGEST, good=True),
        Check("deployment/backend", "live image", REFERENCE, REFERENCE, good=True),
        Check("deployment/backend", "rollout", "complete", "complete", good=True),
        Check("deployment/backend", "running digest", DIGEST, DIGEST, good=True),
    )


def test_without_a_released_tag_the_overlay_says_what_is_right() -> None:
    assert bad(tag="") == []


def test_an_overlay_that_names_another_tag_differs_on_disk_and_live() -> None:
    other = "localhost:25000/rules/app:v1"
    found = bad(overlay(other))
    assert ("backend", "overlay on disk", REFERENCE, other) in found
    assert ("deployment/backend", "live image", other, REFERENCE) in found


def test_an_image_that_was_set_by_hand_differs_live() -> None:
    world = recorded("recreate-before")
    found = bad(world=world)
    assert ("deployment/backend", "live image", REFERENCE, "localhost:25000/rules/app:v1") in found


def test_a_tag_that_was_pushed_anew_differs_in_what_runs() -> None:
    moved = replace(FACTS, image=replace(IMAGE, digest="sha256:" + "0" * 64))
    assert bad(facts=moved) == [("deployment/backend", "running digest", "sha256:" + "0" * 64, DIGEST)]


def test_the_digest_of_the_nodes_platform_is_accepted_for_an_index() -> None:
    index = ImageFacts(replace(IMAGE, digest="sha256:" + "0" * 64), 1000, platform_digests=(DIGEST,))
    assert bad(facts=index) == []


def test_a_tag_that_the_registry_does_not_have_proves_nothing() -> None:
    facts = {row[1] for row in bad(facts=None)}
    assert facts == {f"registry, {REFERENCE}", "running digest"}


def test_nothing_running_is_a_difference() -> None:
    world = replace(recorded("recreate-done"), pods=())
    assert ("deployment/backend", "running digest", DIGEST, "no pod is Ready") in bad(world=world)
    zero = bad(world=recorded("scaled-to-zero"))
    assert ("deployment/backend", "running digest") in [row[:2] for row in zero]


def test_old_pods_that_still_run_are_a_difference() -> None:
    facts = [row[1] for row in bad(world=recorded("recreate-finalizer"))]
    assert facts == ["rollout", "pods of former revisions"]


def test_a_workload_that_is_missing_live_or_in_the_overlay_is_a_difference() -> None:
    empty = replace(recorded("recreate-done"), workloads=(), pods=())
    assert bad(world=empty) == [("deployment/backend", "live image", REFERENCE, "does not exist")]
    assert ("deployment/backend", "in the overlay", "rendered", "nothing") in bad(overlay(REFERENCE)[:0])


def with_cron(image: str) -> World:
    seen, found = objects("recreate-done")
    return world_of(seen, [*found, dict(cron(image).body)])


def test_a_cron_job_that_carries_another_tag_is_a_difference() -> None:
    old = "localhost:25000/rules/app:v1"
    assert bad(overlay(REFERENCE, REFERENCE), with_cron(REFERENCE)) == []
    assert bad(overlay(REFERENCE, REFERENCE), with_cron(old)) == [("cronjob/report", "live image", REFERENCE, old)]


def test_a_cron_job_that_was_taken_out_of_the_overlay_runs_on_with_its_old_image() -> None:
    old = "localhost:25000/rules/app:v1"
    assert bad(world=with_cron(old)) == [("cronjob/report", "image, not in the overlay", REFERENCE, old)]


def test_an_overlay_that_names_two_tags_of_one_image_is_a_difference() -> None:
    old = "localhost:25000/rules/app:v1"
    found = bad(overlay(REFERENCE, old), with_cron(old))
    assert found[0] == ("backend", "overlay on disk", REFERENCE, f"{REFERENCE}, {old}")


def test_the_references_to_ask_the_registry_for_are_those_of_the_repository_once_each() -> None:
    rendered = (*overlay(REFERENCE, REFERENCE), cron("localhost:25000/other:1"))
    assert overlay_references(IMAGE, rendered) == (REFERENCE,)


# ---------------------------------------------------------------- users of an image


def test_the_users_of_an_image_are_workloads_of_every_kind() -> None:
    rendered = (*overlay(REFERENCE, "localhost:25000/rules/app:v1"), manifest({"kind": "Service", "metadata": {}}))
    assert image_users(rendered, "localhost:25000/rules/app") == (BACKEND, WorkloadRef("CronJob", "report"))


@pytest.mark.parametrize(
    ("reference", "name", "same"),
    [
        ("r/a/b:v1", "r/a/b", True),
        ("r.example/a/b@sha256:" + "0" * 64, "r.example/a/b", True),
        ("r.example:5000/a/b:v1", "r.example:5000/a/b", True),
        ("r.example:5000/a/b:v1", "r.example/a/b", False),
        ("redis:7", "docker.io/library/redis", True),
        ("r.example/a/bc:v1", "r.example/a/b", False),
        ("Not/An:Image:", "r.example/a/b", False),
    ],
)
def test_a_repository_is_the_same_whatever_tag_or_digest(reference: str, name: str, *, same: bool) -> None:
    assert same_repository(reference, name) is same


def test_an_entry_whose_text_changes_no_rendered_image_matches_nothing() -> None:
    assert matches_nothing(overlay(REFERENCE), overlay(REFERENCE))
    assert not matches_nothing(overlay("localhost:25000/rules/app:v1"), overlay(REFERENCE))


TAGGED = Image("registry.example.com", "shop/api", "v2", "sha256:" + "a" * 64)


@pytest.mark.parametrize(
    ("reference", "named"),
    [
        ("registry.example.com/shop/api:v2", True),
        ("registry.example.com/shop/api:v1", False),
        (f"registry.example.com/shop/api@{TAGGED.digest}", True),
        (f"registry.example.com/shop/api:v1@{TAGGED.digest}", True),
        (f"registry.example.com/shop/api:v2@sha256:{'b' * 64}", False),
        ("registry.example.com/shop/web:v2", False),
        ("not an image", False),
    ],
)
def test_an_image_is_named_by_its_digest_where_one_is_pinned_and_else_by_its_tag(reference: str, named: bool) -> None:
    assert names_image(reference, TAGGED) is named
