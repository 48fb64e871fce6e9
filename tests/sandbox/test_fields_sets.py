"""Field sets and fieldsV1: what managedFields keeps, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.sandbox.fields import elements
from deployctl.sandbox.fields.elements import Path, show
from deployctl.sandbox.fields.sets import FieldSet, decode, encode, ordered, without_below

SCALARS = st.one_of(st.text(max_size=6), st.integers(-5, 5), st.booleans())
ELEMENTS = st.one_of(
    st.text(min_size=1, max_size=6).map(elements.field),
    st.dictionaries(st.sampled_from(["name", "port", "protocol"]), SCALARS, min_size=1).map(elements.key),
    SCALARS.map(elements.value),
    st.integers(0, 9).map(lambda i: f"i:{i}"),
)
PATHS = st.lists(ELEMENTS, min_size=1, max_size=4).map(tuple)
SETS = st.frozensets(PATHS, max_size=8)


def path(*parts: Any) -> Path:
    """Names as fields, dictionaries as keys of a list, lists of one as members of a set."""
    made = []
    for part in parts:
        if isinstance(part, dict):
            made.append(elements.key(part))
        elif isinstance(part, list):
            made.append(elements.value(part[0]))
        else:
            made.append(elements.field(part))
    return tuple(made)


def test_a_member_with_children_carries_a_dot_and_one_without_is_empty() -> None:
    owned = frozenset(
        {
            path("spec", "containers", {"name": "c"}),
            path("spec", "containers", {"name": "c"}, "image"),
            path("metadata", "finalizers", ["a.b/c"]),
        }
    )

    assert encode(owned) == {
        "f:metadata": {"f:finalizers": {'v:"a.b/c"': {}}},
        "f:spec": {"f:containers": {'k:{"name":"c"}': {".": {}, "f:image": {}}}},
    }


def test_the_keys_of_a_list_item_are_sorted_and_escaped_as_the_real_server_writes_them() -> None:
    assert elements.key({"protocol": "TCP", "containerPort": 80}) == 'k:{"containerPort":80,"protocol":"TCP"}'
    assert elements.value("a<b>&c") == 'v:"a\\u003cb\\u003e\\u0026c"'


def test_keys_written_in_another_order_are_the_same_element() -> None:
    assert decode({'k:{"protocol":"TCP","containerPort":80}': {}}) == frozenset(
        {path({"containerPort": 80, "protocol": "TCP"})}
    )


def test_elements_of_an_unknown_type_are_dropped() -> None:
    assert decode({"f:a": {}, "z:b": {"f:c": {}}}) == frozenset({path("a")})


@pytest.mark.parametrize("bad", [{"fa": {}}, {"f": {}}, {"k:{": {}}, {"f:a": 5}])
def test_what_is_no_fields_v1_is_an_error(bad: Any) -> None:
    with pytest.raises(ValueError):
        decode(bad)


def test_a_path_is_shown_as_conflict_messages_show_it() -> None:
    shown = show(path("spec", "ports", {"port": 80, "protocol": "TCP"}, "names", ["x"]))

    assert shown == '.spec.ports[port=80,protocol="TCP"].names[="x"]'


def test_members_of_a_level_are_reported_before_what_lies_below_them() -> None:
    owned = frozenset({path("a", "x"), path("b"), path("a"), path("c", "y")})

    assert ordered(owned) == [path("a"), path("b"), path("a", "x"), path("c", "y")]


def test_a_root_takes_everything_below_it() -> None:
    owned = frozenset({path("status"), path("status", "replicas"), path("spec", "replicas")})

    assert without_below(owned, frozenset({path("status")})) == frozenset({path("spec", "replicas")})


@given(SETS)
def test_a_set_survives_being_written_and_read(owned: FieldSet) -> None:
    assert decode(json.loads(json.dumps(encode(owned)))) == owned


@given(SETS, SETS)
def test_union_and_difference_keep_their_laws_through_the_wire(one: FieldSet, other: FieldSet) -> None:
    written = decode(encode(one | other))

    assert written - decode(encode(other)) == one - other
    assert written >= one


@given(SETS, SETS)
def test_without_below_is_idempotent_and_takes_only_what_lies_below(owned: FieldSet, roots: FieldSet) -> None:
    left = without_below(owned, roots)

    assert without_below(left, roots) == left
    assert all(any(p[:n] in roots for n in range(1, len(p) + 1)) for p in owned - left)


@given(SETS)
def test_every_member_is_reported_once(owned: FieldSet) -> None:
    reported = ordered(owned)

    assert sorted(reported) == sorted(owned)
