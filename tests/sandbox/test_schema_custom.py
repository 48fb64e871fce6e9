"""Custom resources: types, defaults, pruning, validation and field ownership from a definition's own schema.

What is expected was seen on a real API server.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import quick_yaml

from deployctl.sandbox.fields import TypedPatchError, server_side_apply, track_update
from deployctl.sandbox.schema.decode import DecodeError, empty
from deployctl.sandbox.schema.defaults import with_defaults
from deployctl.sandbox.schema.kinds import Kind
from deployctl.sandbox.schema.strict import problems
from deployctl.sandbox.schema.validation import Cause, validate_create

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SCHEMA = quick_yaml.document("""
    type: object
    required: [spec]
    properties:
      spec:
        type: object
        required: [size]
        properties:
          size: {type: integer, minimum: 1, maximum: 10}
          color: {type: string, enum: [red, blue], default: red}
          name: {type: string, pattern: "^[a-z]+$", maxLength: 5, minLength: 2}
          nested: {type: object, default: {}, properties: {depth: {type: integer, default: 3}, open: {type: boolean}}}
          maybe: {type: string, nullable: true}
          port: {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}
          tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}
          parts:
            type: array
            maxItems: 2
            x-kubernetes-list-type: map
            x-kubernetes-list-map-keys: [id]
            items: {type: object, required: [id], properties: {id: {type: string}, v: {type: integer, default: 7}}}
          plain: {type: array, items: {type: object, properties: {a: {type: string}}}}
          labels: {type: object, additionalProperties: {type: string}}
          atomic: {type: object, x-kubernetes-map-type: atomic, properties: {a: {type: string}, b: {type: string}}}
          free: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {known: {type: integer}}}
          template: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
          when: {type: string, format: date-time}
      status: {type: object, properties: {phase: {type: string}}}
""")
WIDGET = Kind("example.com", "v1", "Widget", "widgets", "widget", subresources=("status",), schema=SCHEMA)

Object = dict[str, Any]


def widget(**spec: Any) -> Object:
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "n"}, "spec": spec}


def stored_spec(**spec: Any) -> Any:
    return with_defaults(WIDGET, widget(**spec))["spec"]


DEFAULTS = {"color": "red", "nested": {"depth": 3}}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"size": 1}, {"size": 1}),
        ({"size": 1, "foo": 1, "plain": [{"a": "x", "z": 1}]}, {"size": 1, "plain": [{"a": "x"}]}),
        ({"size": 1, "color": None, "name": None, "tags": None}, {"size": 1}),
        ({"size": 1, "maybe": None}, {"size": 1, "maybe": None}),
        ({"size": 1, "labels": {"a": None, "b": "c"}}, {"size": 1, "labels": {"b": "c"}}),
        ({"size": 1, "free": {"known": 1, "x": {"y": None}}}, {"size": 1, "free": {"known": 1, "x": {"y": None}}}),
        ({"size": 1, "parts": [{"id": "a"}]}, {"size": 1, "parts": [{"id": "a", "v": 7}]}),
        ({"size": 1, "nested": {"open": True, "off": 1}}, {"size": 1, "nested": {"open": True, "depth": 3}}),
    ],
)
def test_what_is_not_declared_is_pruned_and_what_has_a_default_is_filled_in(spec: Object, expected: Object) -> None:
    assert stored_spec(**spec) == {**DEFAULTS, **expected}


def test_metadata_is_decoded_like_any_object_s() -> None:
    odd = {**widget(size=1), "metadata": {"name": "w", "namespace": "n", "foo": 1, "creationTimestamp": None}}

    assert with_defaults(WIDGET, odd)["metadata"] == {"name": "w", "namespace": "n"}


def test_metadata_of_a_wrong_type_is_a_decoding_error() -> None:
    with pytest.raises(DecodeError) as caught:
        with_defaults(WIDGET, {**widget(size=1), "metadata": {"name": "w", "labels": {"a": 1}}})

    assert str(caught.value) == (
        'Widget in version "v1" cannot be handled as a Widget:'
        " json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string"
    )


def body_type(field: str, wanted: str, given: str) -> Cause:
    text = f'Invalid value: "{given}": {field} in body must be of type {wanted}: "{given}"'
    return Cause("FieldValueTypeInvalid", text, field)


@pytest.mark.parametrize(
    ("spec", "causes"),
    [
        ({}, [Cause("FieldValueRequired", "Required value", "spec.size")]),
        (
            {"size": 0},
            [
                Cause(
                    "FieldValueInvalid",
                    "Invalid value: 0: spec.size in body should be greater than or equal to 1",
                    "spec.size",
                )
            ],
        ),
        (
            {"size": 11},
            [
                Cause(
                    "FieldValueInvalid",
                    "Invalid value: 11: spec.size in body should be less than or equal to 10",
                    "spec.size",
                )
            ],
        ),
        ({"size": "x"}, [body_type("spec.size", "integer", "string")]),
        (
            {"size": 1, "color": "green"},
            [
                Cause(
                    "FieldValueNotSupported",
                    'Unsupported value: "green": supported values: "red", "blue"',
                    "spec.color",
                )
            ],
        ),
        (
            {"size": 1, "name": "A1"},
            [
                Cause(
                    "FieldValueInvalid", "Invalid value: \"A1\": spec.name in body should match '^[a-z]+$'", "spec.name"
                )
            ],
        ),
        (
            {"size": 1, "name": "toolong"},
            [Cause("FieldValueTooLong", "Too long: may not be more than 5 bytes", "spec.name")],
        ),
        (
            {"size": 1, "name": "a"},
            [
                Cause(
                    "FieldValueInvalid",
                    'Invalid value: "a": spec.name in body should be at least 2 chars long',
                    "spec.name",
                )
            ],
        ),
        ({"size": 1, "tags": ["a", "a"]}, [Cause("FieldValueDuplicate", 'Duplicate value: "a"', "spec.tags[1]")]),
        (
            {"size": 1, "parts": [{"id": "a"}, {"id": "a"}]},
            [Cause("FieldValueDuplicate", 'Duplicate value: {"id":"a"}', "spec.parts[1]")],
        ),
        (
            {"size": 1, "parts": [{"id": "a"}, {"id": "b"}, {"id": "c"}]},
            [Cause("FieldValueTooMany", "Too many: 3: must have at most 2 items", "spec.parts")],
        ),
        ({"size": 1, "parts": [{}]}, [Cause("FieldValueRequired", "Required value", "spec.parts[0].id")]),
        ({"size": 1, "plain": [None]}, [body_type("spec.plain[0]", "object", "null")]),
        (
            {"size": 1, "template": {"spec": 1}},
            [
                Cause("FieldValueRequired", "Required value", "spec.template.apiVersion"),
                Cause("FieldValueRequired", "Required value", "spec.template.kind"),
            ],
        ),
        ({"size": 1, "when": "x"}, [body_type("spec.when", "date-time", "x")]),
        ({"size": 1, "when": "2026-01-02T03:04:05Z", "port": "http", "maybe": None}, []),
    ],
)
def test_a_resource_is_checked_against_its_schema(spec: Object, causes: list[Cause]) -> None:
    assert validate_create(WIDGET, with_defaults(WIDGET, widget(**spec))) == causes


def test_strict_decoding_names_what_the_schema_does_not_have() -> None:
    odd = {**widget(size=1, foo=1, nested={"bar": 2}, free={"any": 1}), "extra": 1}

    assert problems(WIDGET, odd) == [
        'unknown field "spec.foo"',
        'unknown field "spec.nested.bar"',
        'unknown field "extra"',
    ]


def apply(live: Object | None, body: Object, by: str, *, force: bool = False) -> Object:
    return server_side_apply(WIDGET, live, body, manager=by, force=force, now=NOW)


def test_sets_and_keyed_lists_are_shared_item_by_item() -> None:
    live = apply(None, widget(size=1, tags=["a", "b"], parts=[{"id": "x"}]), "one")
    live = apply(live, widget(size=1, tags=["c"], parts=[{"id": "y", "v": 1}]), "two")
    live = apply(live, widget(size=1, tags=["b"]), "one")

    assert (live["spec"]["tags"], live["spec"]["parts"]) == (["b", "c"], [{"id": "y", "v": 1}])


def test_plain_lists_and_atomic_maps_have_one_owner() -> None:
    live = apply(None, widget(size=1, plain=[{"a": "x"}], atomic={"a": "1"}), "one")
    live = apply(live, widget(size=1, plain=[{"a": "y"}], atomic={"b": "1"}), "two", force=True)

    owned = {e["manager"]: e["fieldsV1"] for e in live["metadata"]["managedFields"]}
    assert owned == {
        "one": {"f:spec": {"f:size": {}}},
        "two": {"f:spec": {"f:size": {}, "f:plain": {}, "f:atomic": {}}},
    }
    assert live["spec"]["atomic"] == {"b": "1"}


def test_unknown_fields_cannot_be_applied() -> None:
    with pytest.raises(TypedPatchError, match=r"\.spec\.foo: field not declared in schema"):
        apply(None, widget(size=1, foo=1), "one")


def test_a_status_writer_owns_nothing_of_metadata() -> None:
    live = track_update(WIDGET, None, with_defaults(WIDGET, widget(size=1)), manager="one", now=NOW)
    after = {**live, "status": {"phase": "x"}, "metadata": {**live["metadata"], "labels": {"a": "b"}}}

    written = track_update(WIDGET, live, after, manager="c", now=NOW, subresource="status")

    owned = {e["manager"]: e["fieldsV1"] for e in written["metadata"]["managedFields"]}
    assert owned["c"] == {"f:status": {".": {}, "f:phase": {}}}


def test_an_empty_custom_object_has_no_body() -> None:
    assert empty(WIDGET) == {"apiVersion": "example.com/v1", "kind": "Widget"}


def test_a_definition_without_properties_keeps_everything() -> None:
    open_schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    kind = Kind("example.com", "v1", "Open", "opens", "open", schema=open_schema)
    obj = {"apiVersion": "example.com/v1", "kind": "Open", "metadata": {"name": "o"}, "spec": {"a": [{"b": None}]}}

    assert with_defaults(kind, obj) == obj
    assert problems(kind, obj) == []
