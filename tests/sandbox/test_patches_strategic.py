"""Strategic merge patches as kubectl sends them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import quick_yaml
from hypothesis import given
from hypothesis import strategies as st

from deployctl.sandbox.patches import PatchError, strategic_merge
from deployctl.sandbox.schema.kinds import Kind, builtin_kind

DEPLOYMENT = builtin_kind("apps/v1", "Deployment")
ACCOUNT = builtin_kind("v1", "ServiceAccount")
LIVE = quick_yaml.document("""
    metadata: {labels: {a: b}, finalizers: [a, b]}
    spec:
      strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%}}
      template:
        spec:
          containers:
          - {name: web, image: "web:1", args: [a, b], env: [{name: A, value: "1"}, {name: B, value: "2"}]}
          - {name: log, image: "log:1"}
          volumes: [{name: tmp, emptyDir: {}}]
          tolerations: [{key: a}]
""")


def patched(text: str) -> Any:
    return strategic_merge(DEPLOYMENT, LIVE, quick_yaml.document(text))


def pod(obj: Any) -> Any:
    return obj["spec"]["template"]["spec"]


def test_a_container_is_found_by_its_name_and_the_rest_stays() -> None:
    found = pod(patched("spec: {template: {spec: {containers: [{name: web, image: 'web:2'}]}}}"))["containers"]

    assert found == [{**pod(LIVE)["containers"][0], "image": "web:2"}, pod(LIVE)["containers"][1]]


def test_a_list_without_a_merge_key_is_replaced() -> None:
    result = pod(patched("spec: {template: {spec: {tolerations: [{key: b}], containers: [{name: web, args: [c]}]}}}"))

    assert (result["tolerations"], result["containers"][0]["args"]) == ([{"key": "b"}], ["c"])


def test_an_item_is_deleted_by_directive() -> None:
    result = pod(patched("spec: {template: {spec: {containers: [{name: log, $patch: delete}]}}}"))

    assert [c["name"] for c in result["containers"]] == ["web"]


def test_a_list_is_replaced_by_directive() -> None:
    result = pod(patched("spec: {template: {spec: {containers: [{$patch: replace}, {name: new, image: 'n:1'}]}}}"))

    assert result["containers"] == [{"name": "new", "image": "n:1"}]


def test_a_map_is_replaced_or_emptied_by_directive() -> None:
    assert patched("metadata: {labels: {$patch: replace, c: d}}")["metadata"]["labels"] == {"c": "d"}
    assert patched("metadata: {labels: {$patch: delete}}")["metadata"]["labels"] == {}


def test_retained_keys_push_the_others_out() -> None:
    result = patched("spec: {strategy: {$retainKeys: [type], type: Recreate}}")

    assert result["spec"]["strategy"] == {"type": "Recreate"}


def test_the_order_of_a_list_follows_set_element_order() -> None:
    text = "spec: {template: {spec: {$setElementOrder/containers: [{name: log}, {name: web}]}}}"

    assert [c["name"] for c in pod(patched(text))["containers"]] == ["log", "web"]


def test_scalars_are_taken_out_of_a_set() -> None:
    assert patched("metadata: {$deleteFromPrimitiveList/finalizers: [a]}")["metadata"]["finalizers"] == ["b"]


def test_scalars_are_merged_into_a_set() -> None:
    assert patched("metadata: {finalizers: [c, a]}")["metadata"]["finalizers"] == ["c", "a", "b"]


def test_null_removes_and_a_new_map_loses_its_nulls_and_directives() -> None:
    result = patched("spec: {strategy: null, selector: {matchLabels: {a: b, c: null}}}")

    assert "strategy" not in result["spec"]
    assert result["spec"]["selector"] == {"matchLabels": {"a": "b"}}


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        (
            "spec: {template: {spec: {containers: [{image: z}]}}}",
            500,
            "map: map[image:z] does not contain declared merge key: name",
        ),
        ("{$patch: frob}", 500, "unknown patch type: frob in map: map[$patch:frob]"),
        (
            "spec: {template: {spec: {containers: [{name: web, $patch: merge}]}}}",
            500,
            "merging lists cannot yet be specified in the patch",
        ),
        ("spec: {strategy: {$retainKeys: [type], rollingUpdate: {}}}", 400, "invalid patch format of retainKeys"),
        ("metadata: {$deleteFromPrimitiveListX: [a]}", 400, "invalid patch format of primitive list"),
        ("[1]", 400, "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        (
            "spec: {template: {spec: {$setElementOrder/volumes: [{name: x}], volumes: [{name: tmp, emptyDir: null}]}}}",
            500,
            "The order in patch list:\n[map[emptyDir:<nil> name:tmp]]\n"
            " doesn't match $setElementOrder list:\n[map[name:x]]\n",
        ),
    ],
)
def test_a_patch_that_cannot_be_applied(text: str, status: int, message: str) -> None:
    with pytest.raises(PatchError) as caught:
        patched(text)

    assert (caught.value.status, str(caught.value)) == (status, message)


def test_custom_kinds_have_no_strategic_merge() -> None:
    kind = Kind("example.com", "v1", "Widget", "widgets", "widget", schema={"type": "object"})

    with pytest.raises(PatchError, match="strategic merge patch format is not supported"):
        strategic_merge(kind, {}, {})


NAMES = st.lists(st.sampled_from("ABCDE"), unique=True, max_size=5)


@given(NAMES, NAMES)
def test_merging_keyed_items_is_their_union_and_changes_no_argument(live: list[str], given_names: list[str]) -> None:
    before = {"secrets": [{"name": n} for n in live]}
    patch = {"secrets": [{"name": n} for n in given_names]}
    kept = copy.deepcopy((before, patch))

    result = strategic_merge(ACCOUNT, before, patch)
    again = strategic_merge(ACCOUNT, result, patch)

    assert sorted(s["name"] for s in result["secrets"]) == sorted({*live, *given_names})
    assert again == result
    assert (before, patch) == kept
