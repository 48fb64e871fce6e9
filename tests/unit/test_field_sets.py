"""Sets of fields as managedFields writes them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.model.field_sets import SELF, prune, union, without

NAMES = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'v:"y"'])
Path = tuple[str, ...]
Paths = st.sets(st.lists(NAMES, min_size=1, max_size=3).map(tuple))


def members(fields: Any, above: Path = ()) -> set[Path]:
    """What a tree means, told naively: a leaf is a member, and so is the parent of `.`."""
    found = set()
    for key, child in fields.items():
        if key == SELF:
            found.add(above)
        else:
            found |= members(child, (*above, key)) if child else {(*above, key)}
    return found


def tree(paths: set[Path]) -> dict[str, Any]:
    """The tree of some members, the way the API server writes it."""
    top: dict[str, Any] = {}
    for head in sorted({path[0] for path in paths}):
        below = {path[1:] for path in paths if path[0] == head}
        child = tree(below - {()})
        top[head] = {SELF: {}, **child} if () in below and child else child
    return top


@given(Paths, Paths)
def test_a_union_has_the_members_of_both(one: set[Path], other: set[Path]) -> None:
    assert members(union(tree(one), tree(other))) == one | other


@given(Paths, Paths)
def test_a_union_is_written_as_the_api_server_would(one: set[Path], other: set[Path]) -> None:
    assert union(tree(one), tree(other)) == tree(one | other)


@given(Paths, st.lists(NAMES, min_size=1, max_size=3).map(tuple))
def test_taking_out_a_member_takes_out_what_is_below_it_and_nothing_else(paths: set[Path], path: Path) -> None:
    left = {other for other in paths if other[: len(path)] != path}

    assert members(without(tree(paths), path)) == left


Leaves = st.sets(st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(tuple), min_size=1)


def nested(paths: set[Path]) -> dict[str, Any]:
    """An object with these leaves, where no leaf lies below another."""
    top: dict[str, Any] = {}
    for path in paths:
        here = top
        for name in path[:-1]:
            here = here.setdefault(name, {})
        here[path[-1]] = "value"
    return top


def leaves(value: Any, above: Path = ()) -> set[Path]:
    return {above} if not isinstance(value, dict) else {p for k, v in value.items() for p in leaves(v, (*above, k))}


def named(paths: set[Path]) -> dict[str, Any]:
    return tree({tuple(f"f:{name}" for name in path) for path in paths})


@given(Leaves, st.data())
def test_pruning_removes_exactly_what_only_we_own(found: set[Path], data: st.DataObject) -> None:
    paths = {p for p in found if not any(p != q and p == q[: len(p)] for q in found)}
    mine = data.draw(st.sets(st.sampled_from(sorted(paths))))
    theirs = data.draw(st.sets(st.sampled_from(sorted(paths))))

    assert leaves(prune(nested(paths), named(mine), named(theirs)) or None) == (paths - (mine - theirs) or {()})


X = {"name": "x", "image": "i", "env": [{"name": "A", "value": "1"}]}
KEY = 'k:{"name":"x"}'
ENV: dict[str, Any] = {SELF: {}, 'k:{"name":"A"}': {SELF: {}, "f:name": {}, "f:value": {}}}
WHOLE = {SELF: {}, "f:name": {}, "f:image": {}, "f:env": ENV}


@pytest.mark.parametrize(
    ("mine", "theirs", "left"),
    [
        ({KEY: WHOLE}, {}, []),
        ({KEY: WHOLE}, {KEY: {"f:image": {}}}, [{"name": "x", "image": "i"}]),
        ({KEY: WHOLE}, {KEY: {SELF: {}, "f:name": {}}}, [{"name": "x"}]),
        ({KEY: {"f:image": {}}}, {}, [{"name": "x", "env": X["env"]}]),
        ({KEY: {"f:env": ENV}}, {}, [{"name": "x", "image": "i"}]),
        ({'k:{"name":"other"}': WHOLE}, {}, [X]),
        ({KEY: WHOLE}, {KEY: {}}, [X]),
    ],
)
def test_an_item_goes_when_nothing_of_it_is_left_to_others(mine: Any, theirs: Any, left: list[Any]) -> None:
    others = {"f:items": theirs} if theirs else {}

    assert prune({"items": [X]}, {"f:items": mine}, others).get("items", []) == left


def test_elements_of_a_set_go_one_by_one() -> None:
    value = {"metadata": {"finalizers": ["a", "b", "c"]}}
    mine: dict[str, Any] = {"f:metadata": {"f:finalizers": {SELF: {}, 'v:"a"': {}, 'v:"b"': {}}}}
    theirs: dict[str, Any] = {"f:metadata": {"f:finalizers": {'v:"b"': {}}}}

    assert prune(value, mine, theirs) == {"metadata": {"finalizers": ["b", "c"]}}
