"""Tracking of writes that are no apply."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deployctl.sandbox.fields import server_side_apply, track_update
from deployctl.sandbox.schema.defaults import with_defaults
from deployctl.sandbox.schema.kinds import builtin_kind

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = datetime(2026, 1, 2, 3, 4, 9, tzinfo=UTC)
CONFIG_MAP = builtin_kind("v1", "ConfigMap")
DEPLOYMENT = builtin_kind("apps/v1", "Deployment")

Object = dict[str, Any]


def config(managed: Any = None, **data: str) -> Object:
    metadata: Object = {"name": "c", "namespace": "n", "uid": "u"}
    if managed is not None:
        metadata["managedFields"] = managed
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def write(before: Object | None, after: Object, by: str = "me", now: datetime = NOW, subresource: str = "") -> Object:
    return track_update(CONFIG_MAP, before, after, manager=by, now=now, subresource=subresource)


def entries(obj: Object) -> list[tuple[str, str, str, Any]]:
    managed = obj["metadata"].get("managedFields", [])
    return [(e["manager"], e["operation"], e.get("subresource", ""), e["fieldsV1"]) for e in managed]


def test_a_creator_owns_what_it_set_but_not_the_identity() -> None:
    assert entries(write(None, config(a="1"))) == [("me", "Update", "", {"f:data": {".": {}, "f:a": {}}})]


def test_a_change_passes_to_who_made_it() -> None:
    live = write(write(None, config(a="1", b="1"), "one"), config(a="2", b="1"), "two", LATER)

    assert entries(live) == [
        ("one", "Update", "", {"f:data": {".": {}, "f:b": {}}}),
        ("two", "Update", "", {"f:data": {"f:a": {}}}),
    ]


def test_a_write_that_changes_nothing_is_the_object_that_was_there() -> None:
    live = write(None, config(a="1"))

    assert write(live, config(a="1"), "other", LATER) is live


def test_what_is_removed_belongs_to_nobody() -> None:
    live = write(write(None, config(a="1", b="1")), config(b="1"), "other", LATER)

    assert entries(live) == [("me", "Update", "", {"f:data": {".": {}, "f:b": {}}})]


def test_an_empty_list_or_an_empty_entry_clears_the_managers_and_they_stay_away() -> None:
    live = write(None, config(a="1"))

    wishes: list[list[Object]] = [[], [{}]]
    for wish in wishes:
        cleared = write(live, config(managed=wish, a="1"))
        assert entries(cleared) == []
        assert entries(write(cleared, config(a="2"), "later", LATER)) == []


def test_rewritten_managers_are_taken() -> None:
    """How a client-side apply is migrated: its entry becomes our Apply entry."""
    given_entry = {
        "manager": "deployctl",
        "operation": "Apply",
        "apiVersion": "v1",
        "time": "2026-01-01T00:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:data": {"f:a": {}, "f:b": {}}},
    }
    live = write(
        write(None, config(a="1", b="1"), "kubectl-client-side-apply"), config(managed=[given_entry], a="1", b="1")
    )

    assert entries(live) == [("deployctl", "Apply", "", {"f:data": {"f:a": {}, "f:b": {}}})]
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}, "data": {"a": "1"}}
    applied = server_side_apply(CONFIG_MAP, live, body, manager="deployctl", force=False, now=LATER)
    assert applied["data"] == {"a": "1"}


def test_managers_that_make_no_sense_are_ignored() -> None:
    live = write(None, config(a="1"))

    assert entries(write(live, config(managed=[{"manager": "x", "operation": "Odd"}], a="1"))) == entries(live)


def test_status_is_owned_through_its_own_endpoint_only() -> None:
    def deployment(**status: int) -> Object:
        metadata = {"name": "d", "namespace": "n", "uid": "u"}
        return with_defaults(
            DEPLOYMENT, {"metadata": metadata, "spec": {"replicas": 1}, **({"status": status} if status else {})}
        )

    live = track_update(DEPLOYMENT, None, deployment(), manager="me", now=NOW)
    wrong = track_update(DEPLOYMENT, live, deployment(replicas=3), manager="x", now=LATER)
    right = track_update(DEPLOYMENT, live, deployment(replicas=3), manager="x", now=LATER, subresource="status")

    assert [e[:3] for e in entries(wrong)] == [("me", "Update", "")]
    assert entries(right)[1] == ("x", "Update", "status", {"f:status": {"f:replicas": {}}})


def test_more_than_ten_updaters_are_merged_into_ancient_changes() -> None:
    live = write(None, config(), "u0")
    data: dict[str, str] = {}
    for number in range(14):
        data[f"k{number}"] = "x"
        live = write(live, config(**data), f"u{number:02}", datetime(2026, 1, 1, 0, number, tzinfo=UTC))

    names = [e[0] for e in entries(live)]
    assert len(names) == 10
    assert names[0] == "ancient-changes"


DATA = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["1", "2"]), max_size=3)


def owned(obj: Object) -> list[str]:
    return [key for e in entries(obj) for key in e[3].get("f:data", {}) if key != "."]


@given(st.lists(st.tuples(st.sampled_from(["x", "y", "z"]), DATA), min_size=1, max_size=6))
def test_after_any_writes_every_field_has_exactly_one_owner(writes: list[tuple[str, dict[str, str]]]) -> None:
    live: Object | None = None
    for by, data in writes:
        live = write(live, config(**data), by)

    assert live is not None
    assert sorted(owned(live)) == sorted(f"f:{key}" for key in live["data"])
