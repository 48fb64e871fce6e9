"""Messages whose JSON is no object: times, quantities, int-or-string, raw JSON, lists in a wrapper."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from deployctl.sandbox.api.protobuf.wire import fields, signed

_META = "io.k8s.apimachinery.pkg.apis.meta.v1"
_EXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _numbers(data: bytes) -> dict[int, int]:
    return {number: signed(value) for number, value in fields(data) if isinstance(value, int)}


def _first(data: bytes, number: int) -> bytes:
    return next((value for found, value in fields(data) if found == number and isinstance(value, bytes)), b"")


def time(data: bytes) -> str | None:
    """The zero time is an empty message, null in JSON."""
    return _shown(data, "%Y-%m-%dT%H:%M:%SZ") if data else None


def micro_time(data: bytes) -> str | None:
    return _shown(data, "%Y-%m-%dT%H:%M:%S.%fZ") if data else None


def _shown(data: bytes, form: str) -> str:
    parts = _numbers(data)
    moment = _EPOCH + timedelta(seconds=parts.get(1, 0), microseconds=parts.get(2, 0) // 1000)
    return moment.strftime(form)


def int_or_string(data: bytes) -> int | str:
    parts = _numbers(data)
    return _first(data, 3).decode() if parts.get(1) else parts.get(2, 0)


def text(data: bytes) -> str:
    return _first(data, 1).decode() or "0"


def raw_json(data: bytes) -> Any:
    raw = _first(data, 1)
    return json.loads(raw) if raw else None


def texts(data: bytes) -> list[str]:
    return [value.decode() for _, value in fields(data) if isinstance(value, bytes)]


SPECIAL: dict[str, Callable[[bytes], Any]] = {
    f"{_META}.Time": time,
    f"{_META}.MicroTime": micro_time,
    f"{_META}.FieldsV1": raw_json,
    f"{_META}.Verbs": texts,
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": int_or_string,
    "io.k8s.apimachinery.pkg.api.resource.Quantity": text,
    "io.k8s.apimachinery.pkg.runtime.RawExtension": raw_json,
    f"{_EXTENSIONS}.JSON": raw_json,
    "io.k8s.api.authentication.v1.ExtraValue": texts,
    "io.k8s.api.authorization.v1.ExtraValue": texts,
    "io.k8s.api.certificates.v1.ExtraValue": texts,
}

UNIONS: dict[str, tuple[str, str]] = {
    f"{_EXTENSIONS}.JSONSchemaPropsOrBool": ("schema", "allows"),
    f"{_EXTENSIONS}.JSONSchemaPropsOrArray": ("schema", "jSONSchemas"),
    f"{_EXTENSIONS}.JSONSchemaPropsOrStringArray": ("schema", "property"),
}
"""Wrappers that stand for the one of their fields that is set, the first before the second."""
