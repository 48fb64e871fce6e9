"""OpenAPI v2 definitions and their protobuf messages, as a real server of 1.37 gives them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.sandbox.api.protobuf.openapi_v2 import encode, schema
from deployctl.sandbox.api.protobuf.wire import fields
from deployctl.sandbox.schema.kinds import Kind, builtin_kinds
from deployctl.sandbox.schema.openapi_v2 import definitions

PRESERVE = "x-kubernetes-preserve-unknown-fields"
INT_OR_STRING, EMBEDDED = "x-kubernetes-int-or-string", "x-kubernetes-embedded-resource"
META = {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}
TEXT = {"type": "string"}
SCALARS = {1: "$ref", 2: "format", 4: "description"}


def gadget(**spec: Any) -> Kind:
    properties = {"spec": {"type": "object", "properties": spec}}
    return Kind("example.com", "v1", "Gadget", "gadgets", "gadget", schema={"type": "object", "properties": properties})


def defined(**spec: Any) -> Any:
    """What a real server was seen to make of these properties is what the tests below expect."""
    made = definitions([gadget(**spec)])["com.example.v1.Gadget"]
    return made["properties"]["spec"]["properties"]


def inside(data: bytes) -> dict[int, bytes]:
    return {number: value for number, value in fields(data) if isinstance(value, bytes)}


def read(data: bytes) -> dict[str, Any]:
    """The Schema message back, as far as the definitions of built-in types go."""
    made: dict[str, Any] = {}
    for number, value in fields(data):
        assert isinstance(value, bytes)
        if number in SCALARS:
            made[SCALARS[number]] = value.decode()
        elif number == 19:
            made.setdefault("required", []).append(value.decode())
        elif number == 20:
            made.setdefault("enum", []).append(json.loads(inside(value)[2]))
        elif number == 22:
            made["type"] = inside(value)[1].decode()
        elif number in (21, 23):
            made["additionalProperties" if number == 21 else "items"] = read(inside(value)[1])
        elif number == 25:
            made["properties"] = named(value)
        else:
            assert number == 31
            made[inside(value)[1].decode()] = json.loads(inside(inside(value)[2])[2])
    return made


def named(data: bytes) -> dict[str, Any]:
    pairs = [inside(value) for _, value in fields(data) if isinstance(value, bytes)]
    return {pair[1].decode(): read(pair[2]) for pair in pairs}


def references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for below in value.values():
            yield from references(below)
    elif isinstance(value, list):
        for below in value:
            yield from references(below)


def test_a_schema_is_the_bytes_that_a_real_server_sends() -> None:
    assert schema({"format": "int-or-string", "type": "string"}) == b"\x12\rint-or-string\xb2\x01\x08\n\x06string"
    data = {"additionalProperties": {"format": "byte", "type": "string"}, "type": "object"}
    assert schema(data) == b"\xaa\x01\x13\n\x11\x12\x04byte\xb2\x01\x08\n\x06string\xb2\x01\x08\n\x06object"
    assert schema({"enum": ["OnDelete"]}) == b'\xa2\x01\x0c\x12\n"OnDelete"'
    limits = {"maximum": 9, "minimum": 0, "minLength": 1, "pattern": "^a"}
    assert schema(limits) == b"\x39\x00\x00\x00\x00\x00\x00\x22\x40" + b"\x60\x01" + b"\x6a\x02^a"
    assert schema({"additionalProperties": False}) == b"\xaa\x01\x02\x10\x00"


def test_a_document_has_every_definition_by_its_name() -> None:
    every = definitions(builtin_kinds())
    document = {"swagger": "2.0", "info": {"title": "T", "version": "1"}, "paths": {}, "definitions": every}

    parts = inside(encode(document))

    assert {number: parts[number] for number in (1, 2, 8)} == {1: b"2.0", 2: b"\n\x01T\x12\x011", 8: b""}
    assert named(parts[9]) == every


@given(st.text(min_size=1, max_size=300), st.text(min_size=1))
def test_names_and_texts_of_any_length_are_read_back(name: str, text: str) -> None:
    told = {"type": "object", "properties": {name: {"description": text}}, "x-any": {name: text}}
    assert read(schema(told)) == told


def test_definitions_refer_to_nothing_that_is_not_defined() -> None:
    every = definitions([*builtin_kinds(), gadget()])
    assert set(references(every)) <= {f"#/definitions/{name}" for name in every}
    assert not {text for text in ("x-go-", "components/schemas") if text in str(every.values())}


def test_built_in_types_speak_version_2() -> None:
    every = definitions(builtin_kinds())
    assert every["io.k8s.apimachinery.pkg.util.intstr.IntOrString"] == {"type": "string", "format": "int-or-string"}
    assert every["io.k8s.apimachinery.pkg.api.resource.Quantity"] == {"type": "string"}
    strategy = every["io.k8s.api.apps.v1.DeploymentSpec"]["properties"]["strategy"]
    assert strategy == {
        "$ref": "#/definitions/io.k8s.api.apps.v1.DeploymentStrategy",
        "x-kubernetes-patch-strategy": "retainKeys",
    }


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({"type": "integer", "minimum": 1, "default": 3}, {"type": "integer", "minimum": 1}),
        ({INT_OR_STRING: True, "anyOf": [{"type": "integer"}, TEXT]}, {INT_OR_STRING: True}),
        ({"type": "object", PRESERVE: True, "properties": {"a": TEXT}}, {PRESERVE: True}),
        ({"$ref": "#/elsewhere", "title": "t"}, {"title": "t"}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"items": [TEXT]}, {"items": {}}),
        ({"type": "array", "items": [TEXT]}, {"type": "array", "items": {}}),
        ({"type": "object", "properties": {"a": None}, "required": None}, {"type": "object", "properties": {"a": {}}}),
        ({"type": "object", "additionalProperties": False}, {"type": "object", "additionalProperties": False}),
        ({"type": "object", "nullable": True, "properties": {"a": TEXT}}, {}),
        ({"type": "string", "nullable": True, "enum": ["a"], "minLength": 1}, {"enum": ["a"], "minLength": 1}),
        ({"type": "string", "allOf": [{"minLength": 1}], "not": {"pattern": "b"}}, {"type": "string"}),
        (
            {"type": "object", "properties": {"default": TEXT, "nullable": {"type": "boolean"}}},
            {"type": "object", "properties": {"default": TEXT, "nullable": {"type": "boolean"}}},
        ),
        (
            {"type": "object", EMBEDDED: True, "required": ["spec"], "properties": {"spec": {}}},
            {
                "type": "object",
                EMBEDDED: True,
                "required": ["spec", "kind", "apiVersion"],
                "properties": {"spec": {}, "apiVersion": TEXT, "kind": TEXT, "metadata": META},
            },
        ),
    ],
)  # fmt: skip
def test_a_custom_kinds_schema_says_only_what_version_2_can(given: Any, made: Any) -> None:
    assert defined(one=given, many={"type": "array", "items": given}) == {
        "one": made,
        "many": {"type": "array", "items": made},
    }


def test_a_custom_kind_and_its_list_are_found_by_their_kinds() -> None:
    every = definitions([gadget()])
    found = [every[f"com.example.v1.{name}"]["x-kubernetes-group-version-kind"] for name in ("Gadget", "GadgetList")]
    assert found == [[{"group": "example.com", "kind": kind, "version": "v1"}] for kind in ("Gadget", "GadgetList")]
    assert every["com.example.v1.GadgetList"]["properties"]["items"]["items"] == {
        "$ref": "#/definitions/com.example.v1.Gadget"
    }


def test_a_kind_that_keeps_unknown_fields_has_no_properties() -> None:
    kind = Kind("example.com", "v1", "Open", "opens", "open", schema={"type": "object", PRESERVE: True})
    assert definitions([kind])["com.example.v1.Open"] == {
        "type": "object",
        "x-kubernetes-group-version-kind": [{"group": "example.com", "kind": "Open", "version": "v1"}],
    }
