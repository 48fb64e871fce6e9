"""Defaults beyond what is recorded: rules that need several examples, and that nothing is defaulted twice."""

from __future__ import annotations

import pytest
from schema_cases import created_objects, in_namespace, kind_of, title

from deployctl.sandbox.schema.computed.pods import pull_policy
from deployctl.sandbox.schema.defaults import with_defaults
from deployctl.sandbox.schema.validation import validate_create, validate_update


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("busybox", "Always"),
        ("busybox:latest", "Always"),
        ("registry.example:5000/a/b", "Always"),
        ("registry.example:5000/a/b:v1", "IfNotPresent"),
        ("a@sha256:" + "a" * 64, "IfNotPresent"),
        ("a:latest@sha256:" + "a" * 64, "Always"),
        ("", "IfNotPresent"),
        ("Not A Reference", "IfNotPresent"),
    ],
)
def test_the_pull_policy_follows_the_tag(image: str, policy: str) -> None:
    assert pull_policy(image) == policy


@pytest.mark.parametrize("obj", created_objects(), ids=title)
def test_defaulting_again_changes_nothing(obj: dict[str, object]) -> None:
    kind = kind_of(obj)
    once = with_defaults(kind, in_namespace(obj))

    assert with_defaults(kind, once) == once


@pytest.mark.parametrize("obj", created_objects(), ids=title)
def test_a_good_object_has_nothing_wrong_new_or_unchanged(obj: dict[str, object]) -> None:
    kind = kind_of(obj)
    stored = with_defaults(kind, in_namespace(obj))

    assert validate_create(kind, stored) == []
    assert validate_update(kind, stored, stored) == []
