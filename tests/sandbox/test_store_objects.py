"""The store: revisions, history, versions of the past."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.store import Expired, Store, clone

NAMES = ("a", "b", "c")


def thing(name: str, value: int = 0, namespace: str = "n") -> Object:
    return {"kind": "T", "apiVersion": "v1", "metadata": {"name": name, "namespace": namespace}, "value": value}


def shown(store: Store) -> list[tuple[str, int, str]]:
    return [
        (e.object["metadata"]["name"], e.object["value"], e.object["metadata"]["resourceVersion"])
        for e in store.entries("things")
    ]


def test_every_write_has_a_revision_of_its_own_across_resources() -> None:
    store = Store()
    first = store.put("things", thing("a")).revision
    other = store.put("others", thing("a")).revision
    assert (other, store.put("things", thing("a", 1)).revision) == (first + 1, first + 2)
    assert shown(store) == [("a", 1, str(first + 2))]


def test_objects_are_listed_by_namespace_and_name() -> None:
    store = Store()
    for namespace, name in (("z", "a"), ("a", "z"), ("a", "b")):
        store.put("things", thing(name, namespace=namespace))
    assert [e.key for e in store.entries("things")] == [("a", "b"), ("a", "z"), ("z", "a")]
    assert [e.key for e in store.entries("things", "a")] == [("a", "b"), ("a", "z")]


def test_a_deletion_has_a_revision_and_carries_the_object_as_it_was_last() -> None:
    store = Store()
    made = store.put("things", thing("a", 7)).revision
    gone = store.remove("things", "n", "a")
    assert gone is not None
    assert (gone.object["value"], gone.revision) == (7, made + 1)
    assert [(e.type, e.revision) for e in store.since("things", 0)] == [("ADDED", made), ("DELETED", made + 1)]
    assert store.remove("things", "n", "a") is None


def test_a_superseded_version_can_still_be_read_and_encoded() -> None:
    store = Store()
    old = store.put("things", thing("a", 1))
    store.put("things", thing("a", 2))
    assert old.object == {**thing("a", 1), "metadata": {**thing("a")["metadata"], "resourceVersion": "2"}}
    assert json.loads(old.encoded("X", "x/v1")) == {**old.object, "kind": "X", "apiVersion": "x/v1"}


def test_history_that_is_forgotten_is_refused_with_the_first_revision_left() -> None:
    store = Store(history=2)
    for value in range(4):
        store.put("things", thing("a", value))
    assert [e.after.object["value"] for e in store.since("things", 3)] == [2, 3]
    with pytest.raises(Expired, match=r"too old resource version: 1 \(3\)"):
        store.since("things", 1)


def test_compaction_forgets_everything_also_of_resources_that_nobody_has_written() -> None:
    store = Store()
    store.put("things", thing("a"))
    store.compact()
    assert store.since("things", store.revision) == []
    for resource in ("things", "others"):
        with pytest.raises(Expired):
            store.since(resource, store.revision - 1)


def test_what_was_saved_is_restored_with_its_versions() -> None:
    store, fresh = Store(), Store()
    store.put("things", thing("a", 5))
    fresh.restore(store.revision, [("things", clone(e.object)) for e in store.entries("things")])
    assert (shown(fresh), fresh.revision) == (shown(store), store.revision)


def test_subscribers_get_every_write_after_their_subscription_and_end_when_the_resource_goes() -> None:
    async def scene() -> list[tuple[str, int]]:
        store = Store()
        store.put("things", thing("a"))
        subscription = store.subscribe("things")
        seen: list[tuple[str, int]] = []

        async def read() -> None:
            async for event in subscription:
                seen.append((event.type, event.after.object["value"]))

        reader = asyncio.create_task(read())
        store.put("things", thing("a", 1))
        store.put("others", thing("a", 9))
        store.put("things", thing("b", 2))
        store.remove("things", "n", "a")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        store.drop("things")
        await asyncio.wait_for(reader, 1)
        return seen

    assert asyncio.run(scene()) == [("MODIFIED", 1), ("ADDED", 2), ("DELETED", 1)]


def test_a_reader_that_stalls_is_cut_off() -> None:
    store = Store()
    stalled, patient = store.subscribe("things", limit=2), store.subscribe("things")
    for value in range(4):
        store.put("things", thing("a", value))
    assert (stalled.closed, patient.closed) == (True, False)
    assert [len(list(s.pending())) for s in (stalled, patient)] == [2, 4]


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.booleans(), st.integers(0, 9)), max_size=30))
def test_the_world_at_any_revision_is_as_it_was_then(steps: list[tuple[str, bool, int]]) -> None:
    store = Store(history=100)
    past: dict[int, list[tuple[str, int, str]]] = {store.revision: []}
    for name, remove, value in steps:
        if remove:
            store.remove("things", "n", name)
        else:
            store.put("things", thing(name, value))
        past[store.revision] = shown(store)
    for revision, expected in past.items():
        entries = store.entries_at("things", None, revision)
        found = [
            (e.object["metadata"]["name"], e.object["value"], e.object["metadata"]["resourceVersion"]) for e in entries
        ]
        assert found == expected


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
)


@given(values)
def test_a_clone_is_equal_and_shares_no_container(value: object) -> None:
    copied = clone(value)
    assert copied == value
    if isinstance(value, dict | list) and value:
        assert copied is not value
