"""JSON patch and merge patch."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.sandbox.patches import PatchError, json_patch, merge_patch

DOCUMENT = {"a": [1, 2], "b": {"c/d": 1, "e~f": 2}}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "add", "path": "/a/1", "value": 9}, {"a": [1, 9, 2], "b": {"c/d": 1, "e~f": 2}}),
        ({"op": "add", "path": "/a/-", "value": 9}, {"a": [1, 2, 9], "b": {"c/d": 1, "e~f": 2}}),
        ({"op": "add", "path": "/z", "value": None}, {"a": [1, 2], "b": {"c/d": 1, "e~f": 2}, "z": None}),
        ({"op": "remove", "path": "/b/c~1d"}, {"a": [1, 2], "b": {"e~f": 2}}),
        ({"op": "replace", "path": "/b/e~0f", "value": 5}, {"a": [1, 2], "b": {"c/d": 1, "e~f": 5}}),
        ({"op": "replace", "path": "", "value": {"x": 1}}, {"x": 1}),
        ({"op": "move", "from": "/a/0", "path": "/b/x"}, {"a": [2], "b": {"c/d": 1, "e~f": 2, "x": 1}}),
        ({"op": "copy", "from": "/a", "path": "/b/x"}, {"a": [1, 2], "b": {"c/d": 1, "e~f": 2, "x": [1, 2]}}),
        ({"op": "test", "path": "/a", "value": [1, 2]}, DOCUMENT),
        ({"op": "test", "path": "", "value": DOCUMENT}, DOCUMENT),
        ({"op": "remove", "path": "/a/-1"}, {"a": [1], "b": {"c/d": 1, "e~f": 2}}),
    ],
)
def test_one_operation(operation: dict[str, Any], expected: Any) -> None:
    assert json_patch(DOCUMENT, [operation]) == expected


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ({"op": "test", "path": "/a", "value": [True, 2]}, "testing value /a failed: test failed"),
        (
            {"op": "test", "path": "/q/r", "value": 1},
            "test operation does not apply: is missing path: /q/r: missing value",
        ),
        (
            {"op": "remove", "path": "/q"},
            "error in remove for path: '/q': Unable to remove nonexistent key: q: missing value",
        ),
        ({"op": "remove", "path": ""}, 'remove operation does not apply: doc is missing path: "": missing value'),
        (
            {"op": "replace", "path": "/a/7", "value": 1},
            "replace operation does not apply: doc is missing key: /a/7: missing value",
        ),
        (
            {"op": "add", "path": "/a/7", "value": 1},
            "error in add for path: '/a/7': Unable to access invalid index: 7: invalid index referenced",
        ),
        (
            {"op": "move", "from": "/q", "path": "/r"},
            "error in move for path: 'q': Unable to remove nonexistent key: q: missing value",
        ),
        ({"op": "frob", "path": "/a"}, "Unexpected kind: frob"),
        ({"path": "/a"}, "Unexpected kind: unknown"),
        ({"op": "add", "value": 1}, "add operation failed to decode path: missing value"),
        ({"op": "replace", "path": "", "value": 1}, "replace operation value must be object or array"),
    ],
)
def test_an_operation_that_does_not_apply(operation: dict[str, Any], message: str) -> None:
    with pytest.raises(PatchError) as caught:
        json_patch(DOCUMENT, [operation])

    assert (caught.value.status, str(caught.value)) == (422, message)


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        (
            {"op": "add"},
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
        ),
        ([1], "error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp"),
    ],
)
def test_what_is_no_json_patch(patch: Any, message: str) -> None:
    with pytest.raises(PatchError) as caught:
        json_patch(DOCUMENT, patch)

    assert (caught.value.status, str(caught.value)) == (400, message)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc/~", max_size=2), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text("abc/~", max_size=2), VALUES, max_size=3)


def pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")


@given(OBJECTS, st.text("abc/~", max_size=2), VALUES)
def test_what_was_added_is_there_and_can_be_removed(document: dict[str, Any], key: str, value: Any) -> None:
    path = pointer(key)
    before = copy.deepcopy(document)

    added = json_patch(
        document, [{"op": "add", "path": path, "value": value}, {"op": "test", "path": path, "value": value}]
    )
    removed = json_patch(added, [{"op": "remove", "path": path}])

    assert added[key] == value
    assert removed == {k: v for k, v in before.items() if k != key}
    assert document == before


@given(OBJECTS, st.text("abc/~", max_size=2), st.text("abc/~", max_size=2))
def test_moving_there_and_back_changes_nothing(document: dict[str, Any], one: str, other: str) -> None:
    if one not in document or other in document:
        return

    there = {"op": "move", "from": pointer(one), "path": pointer(other)}
    back = {"op": "move", "from": pointer(other), "path": pointer(one)}

    assert json_patch(document, [there, back]) == document


@pytest.mark.parametrize(
    ("document", "patch", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b", "c": 1}, {"a": None}, {"c": 1}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": "b"}, {"a": {"x": None, "y": 1}}, {"a": {"y": 1}}),
    ],
)
def test_merge_patch(document: Any, patch: Any, expected: Any) -> None:
    assert merge_patch(document, patch) == expected


@given(OBJECTS, OBJECTS)
def test_merging_twice_is_merging_once(document: dict[str, Any], patch: dict[str, Any]) -> None:
    once = merge_patch(document, patch)

    assert merge_patch(once, patch) == once


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        (None, "Invalid JSON Patch"),
        ([1], "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"),
        (5, "error decoding patch: json: cannot unmarshal number into Go value of type map[string]interface {}"),
    ],
)
def test_what_is_no_merge_patch(patch: Any, message: str) -> None:
    with pytest.raises(PatchError) as caught:
        merge_patch({}, patch)

    assert (caught.value.status, str(caught.value)) == (400, message)
