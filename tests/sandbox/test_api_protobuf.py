"""Protobuf bodies, as some of kubectl's commands send them, read from bytes made by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.sandbox.api.protobuf import ProtobufError, decode
from deployctl.sandbox.api.protobuf.wire import fields, signed, varint

POD = "io.k8s.api.core.v1.Pod"
DEPLOYMENT = "io.k8s.api.apps.v1.Deployment"
CONFIG_MAP = "io.k8s.api.core.v1.ConfigMap"
DEFINITION = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition"


def number(value: int) -> bytes:
    value &= (1 << 64) - 1
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def field(place: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return number(place << 3) + number(value)
    content = value.encode() if isinstance(value, str) else value
    return number(place << 3 | 2) + number(len(content)) + content


def envelope(kind: str, message: bytes, api_version: str = "v1") -> bytes:
    return b"k8s\x00" + field(1, field(1, api_version) + field(2, kind)) + field(2, message)


def decoded(kind: str, message: bytes, name: str, api_version: str = "v1") -> Any:
    return decode(envelope(kind, message, api_version), lambda _version, _kind: name)


def metadata(name: str) -> bytes:
    return field(1, name) + field(8, b"")


def test_a_config_map_with_maps_and_bytes() -> None:
    entries = field(2, field(1, "k") + field(2, "v")) + field(2, field(1, "empty"))
    message = field(1, metadata("a")) + entries + field(3, field(1, "b") + field(2, b"\x00\xff"))
    assert decoded("ConfigMap", message, CONFIG_MAP) == {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": {"name": "a"},
        "data": {"k": "v", "empty": ""},
        "binaryData": {"b": "AP8="},
    }


def test_embedded_structs_times_quantities_and_either_number_or_text() -> None:
    limits = field(1, field(1, "memory") + field(2, field(1, "1Gi")))
    probe = field(1, field(2, field(1, "/health") + field(2, field(1, 1) + field(3, "http"))))
    numbered = field(1, field(2, field(2, field(1, 0) + field(2, 8080))))
    container = field(1, "app") + field(8, limits) + field(10, numbered) + field(11, probe)
    volume = field(1, "data") + field(2, field(2, b""))
    spec = field(1, volume) + field(2, container) + field(5, 5)
    created = field(1, 1_700_000_000)
    message = field(1, field(1, "p") + field(8, created)) + field(2, spec)
    made = decoded("Pod", message, POD)
    assert made["metadata"] == {"name": "p", "creationTimestamp": "2023-11-14T22:13:20Z"}
    assert made["spec"] == {
        "volumes": [{"name": "data", "emptyDir": {}}],
        "containers": [
            {
                "name": "app",
                "resources": {"limits": {"memory": "1Gi"}},
                "livenessProbe": {"httpGet": {"port": 8080}},
                "readinessProbe": {"httpGet": {"path": "/health", "port": "http"}},
            }
        ],
        "activeDeadlineSeconds": 5,
    }


def test_negative_numbers_and_zeros_that_were_set() -> None:
    spec = field(1, 0) + field(5, -1)
    assert decoded("Deployment", field(2, spec), DEPLOYMENT, "apps/v1")["spec"] == {
        "replicas": 0,
        "minReadySeconds": -1,
    }


def test_a_schemas_raw_json_and_either_schema_or_truth() -> None:
    inner = field(5, "object") + field(8, field(1, b'{"a":[1]}')) + field(30, field(1, 1))
    items = field(24, field(1, field(5, "string")))
    property_ = field(29, field(1, "p") + field(2, inner)) + field(29, field(1, "q") + field(2, items))
    version = field(1, "v1") + field(4, field(1, property_))
    made = decoded("CustomResourceDefinition", field(2, field(7, version)), DEFINITION, "apiextensions.k8s.io/v1")
    properties = made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    assert properties == {
        "p": {"type": "object", "default": {"a": [1]}, "additionalProperties": True},
        "q": {"items": {"type": "string"}},
    }


@pytest.mark.parametrize("body", [b"", b"{}", b"k8s\x00\x0a\xff", envelope("ConfigMap", b"\x0a\x05a")])
def test_what_is_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(ProtobufError):
        decode(body, lambda _version, _kind: CONFIG_MAP)


def test_a_kind_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ProtobufError, match='no kind "Foo" is registered for version "v9"'):
        decode(envelope("Foo", b"", "v9"), lambda _version, _kind: None)


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_64_bit_number_survives(value: int) -> None:
    found, end = varint(number(value), 0)
    assert (signed(found), end) == (value, len(number(value)))


@given(st.binary(max_size=60))
def test_any_bytes_are_a_message_or_an_error(data: bytes) -> None:
    try:
        list(fields(data))
    except ProtobufError:
        return
