"""OpenAPI documents, as far as kubectl reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from deployctl.sandbox.schema.kinds import Kind, builtin_kinds
from deployctl.sandbox.schema.openapi import document, index

WIDGET = Kind(
    "example.com",
    "v1",
    "Widget",
    "widgets",
    "widget",
    schema={"type": "object", "properties": {"spec": {"type": "object"}}},
)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for below in value.values():
            yield from references(below)
    elif isinstance(value, list):
        for below in value:
            yield from references(below)


def test_every_group_version_has_a_path() -> None:
    paths = index()["paths"]

    assert {"api/v1", "apis/apps/v1", "apis/networking.k8s.io/v1"} <= set(paths)
    assert paths["api/v1"]["serverRelativeURL"].startswith("/openapi/v3/api/v1?hash=")


def test_a_definition_changes_the_index_only_where_it_is_served() -> None:
    before, after = index()["paths"], index([*builtin_kinds(), WIDGET])["paths"]

    assert set(after) - set(before) == {"apis/example.com/v1"}
    assert all(after[path] == before[path] for path in before)


@pytest.mark.parametrize(("group", "version"), sorted({(k.group, k.version) for k in builtin_kinds()}))
def test_a_document_refers_to_nothing_that_it_does_not_have(group: str, version: str) -> None:
    found = document(group, version)

    have = {f"#/components/schemas/{name}" for name in found["components"]["schemas"]}
    assert set(references(found)) <= have


def test_patch_says_that_dry_run_and_field_validation_are_supported() -> None:
    patch = document("apps", "v1")["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]

    assert {p["name"] for p in patch["parameters"]} == {"dryRun", "fieldManager", "fieldValidation", "force"}
    assert patch["x-kubernetes-group-version-kind"] == {"group": "apps", "kind": "Deployment", "version": "v1"}
    assert "application/strategic-merge-patch+json" in patch["requestBody"]["content"]


def test_a_custom_kind_is_found_by_its_group_version_kind_and_has_no_strategic_patch() -> None:
    found = document("example.com", "v1", [*builtin_kinds(), WIDGET])

    schema = found["components"]["schemas"]["com.example.v1.Widget"]
    assert schema["x-kubernetes-group-version-kind"] == [{"group": "example.com", "version": "v1", "kind": "Widget"}]
    patch = found["paths"]["/apis/example.com/v1/namespaces/{namespace}/widgets/{name}"]["patch"]
    assert "application/strategic-merge-patch+json" not in patch["requestBody"]["content"]


def test_nothing_of_our_own_table_shows() -> None:
    assert "x-go-" not in str(document("", "v1"))


def test_a_group_version_that_is_not_served_is_an_error() -> None:
    with pytest.raises(KeyError):
        document("nope", "v1")
