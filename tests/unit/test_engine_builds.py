"""Building and promoting without a release: what is made, what is refused, and when it is a failure."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fake_ports import Fakes

from deployctl.engine.build_only import build_only
from deployctl.engine.promote import promote
from deployctl.engine.side_by_side import Leave, Piece, side_by_side
from deployctl.engine.target import Target
from deployctl.model.context import ContextFile
from deployctl.model.environment import Environment, Project, RegistryConfig
from deployctl.model.errors import DeployError, Interrupted, Refused, ReleaseFailed, Unavailable
from deployctl.model.event import LogLine, RunEvent, StepFinished, StepSkipped, Warned
from deployctl.model.image import Image
from deployctl.model.promotion import PromoteRequest
from deployctl.model.request import ReleaseRequest
from deployctl.model.service import BuildSource, Service, WorkloadRef
from deployctl.ports import TreeState

ROOT = Path("/tree")
REGISTRY = RegistryConfig("registry.example.com", "acr", builder="acr", lock_tags=True)
SERVICES = tuple(
    Service(name, f"shop/{name}", (WorkloadRef("Deployment", name),), source=BuildSource(ROOT / name, ROOT / "D"))
    for name in ("api", "web")
)
API, WEB = (Image("registry.example.com", f"prod/{name}", "v1.0") for name in ("api", "web"))
ASKED = ReleaseRequest(("api",), version="1.0")


class Place:
    """Two environments on one registry."""

    def __init__(self) -> None:
        self.fakes = Fakes({}, lambda _: ())
        self.services = SERVICES

    def target(self, name: str = "prod") -> Target:
        environments = tuple(
            Environment(one, one, ROOT / one, REGISTRY, f"{one}/{{service}}") for one in ("prod", "test")
        )
        project = Project(ROOT, ROOT / "deployctl.toml", environments, self.services, "prod")
        return Target(project, project.environment(name), self.fakes.ports, "me")

    def build(self, request: ReleaseRequest = ASKED) -> list[RunEvent]:
        return list(build_only(request, self.target()))

    def promote(self) -> list[RunEvent]:
        return list(promote(PromoteRequest(("api",), "1.0"), self.target("test"), self.target()))


@pytest.fixture
def place() -> Place:
    return Place()


def reasons(events: list[RunEvent]) -> list[str]:
    return [event.reason for event in events if isinstance(event, StepSkipped)]


def findings(events: list[RunEvent]) -> list[str]:
    return [event.finding.id for event in events if isinstance(event, Warned)]


def test_an_absent_image_is_built_and_its_tag_locked(place: Place) -> None:
    (finished,) = (event for event in place.build() if isinstance(event, StepFinished))
    found = place.fakes.registry.resolve(API)
    assert found is not None
    assert finished.detail == found.digest
    assert place.fakes.registry.locked == [API]


@pytest.mark.parametrize(
    ("context", "why"),
    [("the tree", "made of this very tree"), ("", "it does not say of which tree it was made")],
)
def test_an_image_of_this_tree_or_of_an_unknown_one_is_reused(place: Place, context: str, why: str) -> None:
    digest = place.fakes.registry.push(API)
    place.fakes.registry.contexts[digest] = place.fakes.contexts.current if context else ""
    (reason,) = reasons(place.build())
    assert why in reason
    assert place.fakes.builder.orders == []


def test_an_image_of_another_tree_is_refused_before_any_other_is_built(place: Place) -> None:
    digest = place.fakes.registry.push(WEB)
    place.fakes.registry.contexts[digest] = "sha256:other"
    place.fakes.registry.created = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
    place.fakes.repository.since = ("Dockerfile", "left-out.md")
    place.fakes.repository._state = TreeState("0" * 40, "main", ("web/Dockerfile",), "/tree")
    place.fakes.contexts.found = replace(
        place.fakes.contexts.found, files=(ContextFile("Dockerfile", 13), ContextFile("left-out.md", 1))
    )
    with pytest.raises(Refused) as caught:
        place.build(replace(ASKED, services=("api", "web")))
    assert caught.value.problem.evidence == (
        f"in the registry: {digest}, made 2026-01-05 12:00 UTC of context sha256:other",
        f"here: context {place.fakes.contexts.current}",
        "not committed: Dockerfile",
        "committed since it was made: Dockerfile, left-out.md",
    )
    assert place.fakes.builder.orders == []


def test_a_rebuild_says_what_it_replaces(place: Place) -> None:
    digest = place.fakes.registry.push(API)
    events = place.build(replace(ASKED, rebuild=True))
    assert findings(events) == ["tag-replaced"]
    (warned,) = (event for event in events if isinstance(event, Warned))
    assert warned.finding.evidence == (f"in the registry: {digest}",)
    assert len(place.fakes.builder.orders) == 1


def test_a_bump_that_is_not_committed_yet_makes_no_dirty_tree(place: Place) -> None:
    bumped = (ROOT / "api" / "kustomization.yaml",)
    source = replace(SERVICES[0].source, bumped=bumped)  # type: ignore[type-var] # it has one
    place.services = (replace(SERVICES[0], source=source),)
    place.fakes.repository._state = TreeState("0" * 40, "main", ("api/kustomization.yaml",), "/tree")
    assert findings(place.build(replace(ASKED, git_clean=True))) == []


def test_a_build_whose_digest_the_registry_does_not_have_is_no_success(place: Place) -> None:
    registry = place.fakes.registry
    place.fakes.builder.pushes = "another image at the same time"
    with pytest.raises(Refused, match="somebody else pushed the same tag"):
        place.build()
    assert registry.locked == []


def test_a_failed_build_has_changed_nothing_of_production(place: Place) -> None:
    place.fakes.builder.fails = ReleaseFailed("the build cb1 failed", evidence=("npm ERR!",))
    with pytest.raises(Refused) as caught:
        place.build()
    assert (caught.value.problem.what, caught.value.problem.evidence) == ("the build cb1 failed", ("npm ERR!",))


@pytest.mark.parametrize("clean", [False, True])
def test_a_dirty_tree_is_shown_or_refused(place: Place, clean: bool) -> None:
    dirty = ("backend/app.py", "api/Dockerfile", "api/notes.txt", "elsewhere")
    place.fakes.repository._state = TreeState("0" * 40, "main", dirty, "/tree")
    for name in ("Dockerfile",):
        assert name in {file.name for file in place.fakes.contexts.found.files}
    if clean:
        with pytest.raises(Refused) as caught:
            place.build(replace(ASKED, git_clean=True))
        assert "Dockerfile" in caught.value.problem.evidence
        assert place.fakes.builder.orders == []
    else:
        assert findings(place.build()) == ["tree-dirty"]


# ------------------------------------------------------------------ promotion


def test_what_was_tested_gets_the_other_tag(place: Place) -> None:
    digest = place.fakes.registry.push(Image("registry.example.com", "test/api", "v1.0"))
    (finished,) = (event for event in place.promote() if isinstance(event, StepFinished))
    assert finished.detail == f"verified: {digest}"
    assert place.fakes.registry.locked == [API]
    assert reasons(place.promote()) == [f"it is there already: {digest}"]


def test_another_image_under_the_tag_is_never_replaced(place: Place) -> None:
    place.fakes.registry.push(Image("registry.example.com", "test/api", "v1.0"))
    place.fakes.registry.push(API)
    with pytest.raises(Refused, match="is another image than the one in test"):
        place.promote()
    assert place.fakes.copier.copies == []


def test_what_arrives_is_verified(place: Place) -> None:
    place.fakes.registry.push(Image("registry.example.com", "test/api", "v1.0"))
    place.fakes.copier.lies = True
    with pytest.raises(ReleaseFailed, match="what arrived is not what was sent"):
        place.promote()


def test_a_lost_answer_is_a_failure_unless_the_image_arrived(place: Place) -> None:
    digest = place.fakes.registry.push(Image("registry.example.com", "test/api", "v1.0"))
    place.fakes.copier.fails = Unavailable("the answer was lost")
    with pytest.raises(Refused, match="the answer was lost"):
        place.promote()
    place.fakes.copier.arrives = True
    assert any(event.detail == f"verified: {digest}" for event in place.promote() if isinstance(event, StepFinished))


# ------------------------------------------------------------------ side by side


def piece(name: str, ends: list[str], error: BaseException | None = None, forever: bool = False) -> Piece:
    def work(leave: Leave) -> Generator[RunEvent, None, None]:
        try:
            yield LogLine(name, "begins")
            while forever and not leave():
                time.sleep(0.005)
                yield LogLine(name, "goes on")
            if leave():
                raise KeyboardInterrupt
            if error is not None:
                raise error
            yield LogLine(name, "ends")
        finally:
            ends.append(name)

    return work


def test_events_of_all_pieces_come_and_every_piece_ends() -> None:
    ends: list[str] = []
    events = list(side_by_side([piece(name, ends) for name in "abc"]))
    assert sorted((event.source, event.text) for event in events if isinstance(event, LogLine)) == [
        (name, text) for name in "abc" for text in ("begins", "ends")
    ]
    assert sorted(ends) == ["a", "b", "c"]


def test_the_others_go_on_to_their_end_when_one_fails() -> None:
    ends: list[str] = []
    first, second = Unavailable("one", where="a"), Unavailable("two", where="b")
    seen: list[RunEvent] = []
    pieces = [piece("a", ends, first), piece("b", ends, second), piece("c", ends)]
    with pytest.raises(DeployError) as caught:
        seen.extend(side_by_side(pieces))
    assert LogLine("c", "ends") in seen
    assert isinstance(caught.value, Unavailable)
    assert {caught.value.problem.what, *caught.value.problem.evidence} in (
        {"one", "also: b: two"},
        {"two", "also: a: one"},
    )


def interrupt(events: Generator[RunEvent, None, None]) -> None:
    """As the command line does it: Ctrl-C came while an event was being shown."""
    events.throw(KeyboardInterrupt())
    for _ in events:
        pass


def test_an_interruption_while_an_event_is_shown_leaves_all_pieces() -> None:
    ends: list[str] = []
    events = side_by_side([piece("a", ends, forever=True), piece("b", ends, forever=True)])
    next(events)
    with pytest.raises(KeyboardInterrupt):
        interrupt(events)
    assert sorted(ends) == ["a", "b"]


def test_what_could_not_be_cancelled_is_what_the_person_hears() -> None:
    ends: list[str] = []

    def stubborn(leave: Leave) -> Generator[RunEvent, None, None]:
        yield LogLine("x", "begins")
        while not leave():
            time.sleep(0.005)
            yield LogLine("x", "goes on")
        raise Interrupted("cb1 could not be cancelled")

    events = side_by_side([stubborn, piece("b", ends, forever=True)])
    next(events)
    with pytest.raises(Interrupted, match="cb1 could not be cancelled"):
        interrupt(events)


def test_closing_the_stream_leaves_all_pieces() -> None:
    ends: list[str] = []
    events = side_by_side([piece("a", ends, forever=True), piece("b", ends, forever=True)])
    next(events)
    events.close()
    assert sorted(ends) == ["a", "b"]
    assert threading.active_count() < 50
