"""Server-side apply in YAML: what is live, who applies what, what is live then."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
import quick_yaml
from hypothesis import given
from hypothesis import strategies as st

from deployctl.sandbox.fields import BadApply, Conflict, Ownership, TypedPatchError, server_side_apply, track_update
from deployctl.sandbox.schema.kinds import builtin_kind

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = datetime(2026, 1, 2, 3, 4, 9, tzinfo=UTC)
CONFIG_MAP = builtin_kind("v1", "ConfigMap")
DEPLOYMENT = builtin_kind("apps/v1", "Deployment")

Object = dict[str, Any]


def config(**data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}, "data": data}


def apply(live: Object | None, body: Object, by: str = "me", *, force: bool = False, now: datetime = NOW) -> Object:
    return server_side_apply(CONFIG_MAP, live, body, manager=by, force=force, now=now)


def owners(obj: Object) -> dict[str, Any]:
    return {e["manager"]: e["fieldsV1"] for e in obj["metadata"].get("managedFields", [])}


def test_a_created_object_says_who_applied_what_and_when() -> None:
    created = apply(None, config(a="1"))

    assert created == quick_yaml.document("""
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: c
          namespace: n
          managedFields:
          - manager: me
            operation: Apply
            apiVersion: v1
            time: '2026-01-02T03:04:05Z'
            fieldsType: FieldsV1
            fieldsV1: {'f:data': {'f:a': {}}}
        data: {a: '1'}
    """)


def test_the_same_apply_again_gives_the_very_same_object() -> None:
    live = apply(None, config(a="1"))

    assert apply(live, config(a="1"), now=LATER) is live


def test_what_is_no_longer_applied_goes_unless_somebody_else_owns_it() -> None:
    live = apply(apply(None, config(a="1", b="2")), config(b="2"), "other")

    assert apply(live, config())["data"] == {"b": "2"}


def test_a_conflict_names_manager_and_field_and_carries_them_as_data() -> None:
    live = track_update(CONFIG_MAP, None, config(a="1"), manager="kubectl-client-side-apply", now=NOW)

    with pytest.raises(Conflict) as caught:
        apply(live, config(a="2"))

    assert str(caught.value) == (
        'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.a'
    )
    assert caught.value.conflicts == (Ownership('"kubectl-client-side-apply" using v1', ("f:data", "f:a")),)
    assert (caught.value.conflicts[0].message, caught.value.conflicts[0].field) == (
        'conflict with "kubectl-client-side-apply" using v1',
        ".data.a",
    )


def test_several_conflicts_are_listed_by_manager() -> None:
    live = apply(apply(None, config(a="1", b="1"), "x"), config(c="1"), "y")

    with pytest.raises(Conflict) as caught:
        apply(live, config(a="2", b="2", c="2"), "z")

    assert str(caught.value) == (
        'Apply failed with 3 conflicts: conflicts with "x":\n- .data.a\n- .data.b\nconflicts with "y":\n- .data.c'
    )


def test_force_takes_the_field_over() -> None:
    live = apply(apply(None, config(a="1"), "x"), config(a="2"), "z", force=True)

    assert live["data"] == {"a": "2"}
    assert owners(live) == {"z": {"f:data": {"f:a": {}}}}


def test_the_same_value_is_owned_together_without_a_conflict() -> None:
    live = apply(apply(None, config(a="1"), "x"), config(a="1"), "y", now=LATER)

    assert owners(live) == {"x": {"f:data": {"f:a": {}}}, "y": {"f:data": {"f:a": {}}}}


def test_an_object_from_before_tracking_is_owned_by_before_first_apply() -> None:
    untracked = {**config(a="1"), "metadata": {"name": "c", "namespace": "n", "uid": "u"}}

    live = apply(untracked, config(b="2"))

    assert owners(live) == {"before-first-apply": {"f:data": {".": {}, "f:a": {}}}, "me": {"f:data": {"f:b": {}}}}


def test_a_field_that_the_type_does_not_have_is_a_typed_patch_error() -> None:
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d", "namespace": "n"},
        "spec": {"foo": 1},
    }

    with pytest.raises(TypedPatchError) as caught:
        server_side_apply(DEPLOYMENT, None, body, manager="me", force=True, now=NOW)

    assert str(caught.value) == (
        "failed to create typed patch object (n/d; apps/v1, Kind=Deployment): .spec.foo: field not declared in schema"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "Secret"}, "invalid object type: /v1, Kind=Secret"),
        ({"metadata": {"name": "c", "managedFields": []}}, "metadata.managedFields must be nil"),
    ],
)
def test_what_may_not_be_applied_at_all(change: Object, message: str) -> None:
    with pytest.raises(BadApply, match=message):
        apply(None, {**config(), **change})


def test_appliers_of_one_list_own_their_own_items() -> None:
    def deployment(text: str) -> Object:
        spec = {"template": {"spec": {"containers": quick_yaml.document(text)}}}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "d", "namespace": "n"},
            "spec": spec,
        }

    def applied(live: Object | None, text: str, by: str) -> Object:
        return server_side_apply(DEPLOYMENT, live, deployment(text), manager=by, force=False, now=NOW)

    live = applied(None, "[{name: c, image: 'x:1', env: [{name: A, value: '1'}]}]", "one")
    live = applied(live, "[{name: c, env: [{name: B, value: '2'}]}]", "two")
    live = applied(live, "[{name: c, image: 'x:1'}]", "one")

    container = live["spec"]["template"]["spec"]["containers"][0]
    assert (container["image"], container["env"]) == ("x:1", [{"name": "B", "value": "2"}])


KEYS = st.sampled_from("abcd")
DATA = st.dictionaries(KEYS, st.sampled_from(["1", "2"]), max_size=4)


@given(DATA, DATA)
def test_applying_twice_is_applying_once(first: dict[str, str], second: dict[str, str]) -> None:
    live = apply(apply(None, config(**first), "other"), config(**second), force=True)

    assert apply(live, config(**second), force=True, now=LATER) is live


@given(DATA, DATA)
def test_letting_go_removes_exactly_what_nobody_else_owns(theirs: dict[str, str], mine: dict[str, str]) -> None:
    live = apply(apply(None, config(**theirs), "other"), config(**mine), force=True)

    left = apply(live, config()).get("data", {})

    shared = {k: v for k, v in theirs.items() if mine.get(k, v) == v}
    assert left == shared


@given(DATA, DATA, DATA)
def test_what_was_applied_last_by_force_is_there(
    one: dict[str, str], two: dict[str, str], three: dict[str, str]
) -> None:
    live = apply(
        apply(apply(None, config(**one), "x"), config(**two), "y", force=True), config(**three), "z", force=True
    )

    assert three.items() <= live.get("data", {}).items()


@given(DATA, DATA)
def test_the_arguments_stay_as_they_are(first: dict[str, str], second: dict[str, str]) -> None:
    live, body = apply(None, config(**first), "other"), config(**second)
    before = copy.deepcopy((live, body))

    apply(live, body, force=True)

    assert (live, body) == before


NAMES = st.lists(st.sampled_from("ABCDE"), unique=True, max_size=5)


@given(NAMES, NAMES)
def test_a_merged_list_has_the_applied_order_and_every_item_once(before: list[str], after: list[str]) -> None:
    def account(names: list[str]) -> Object:
        metadata = {"name": "a", "namespace": "n"}
        secrets = [{"name": n} for n in names]
        return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, "secrets": secrets}

    kind = builtin_kind("v1", "ServiceAccount")
    live = server_side_apply(kind, None, account(before), manager="x", force=False, now=NOW)
    merged = server_side_apply(kind, live, account(after), manager="y", force=False, now=NOW)

    names = [s["name"] for s in merged.get("secrets", [])]
    assert sorted(names) == sorted({*before, *after})
    assert [n for n in names if n in after] == after
