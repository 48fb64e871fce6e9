"""Strict decoding: unknown and duplicate fields."""

from __future__ import annotations

from typing import Any

import pytest

from deployctl.sandbox.schema.kinds import builtin_kind
from deployctl.sandbox.schema.strict import error, problems

DEPLOYMENT = builtin_kind("apps/v1", "Deployment")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"spec": {"replicas": 1}}, []),
        (
            {
                "metadata": {"x": 2},
                "foo": 1,
                "spec": {"template": {"spec": {"containers": [{"name": "a", "imagee": "b"}]}}},
            },
            [
                'unknown field "metadata.x"',
                'unknown field "foo"',
                'unknown field "spec.template.spec.containers[0].imagee"',
            ],
        ),
        (
            '{"metadata":{"name":"a","name":"b","labels":{"q":"1","q":"2"}},"spec":{"foo":1,"foo":2,"replicas":1,"replicas":2}}',
            [
                'duplicate field "metadata.name"',
                'duplicate field "metadata.labels.q"',
                'unknown field "spec.foo"',
                'duplicate field "spec.replicas"',
            ],
        ),
        (
            "kind: Deployment\nmetadata: {name: a, name: b}\nspec: {replicas: 1, foo: 1}\n",
            ['line 2: key "name" already set in map', 'unknown field "spec.foo"'],
        ),
        (b'{"spec":{"bar":1}}', ['unknown field "spec.bar"']),
        ({"spec": {"template": {"spec": {"nodeSelector": {"anything": "goes"}}}}}, []),
    ],
)
def test_problems(body: Any, found: list[str]) -> None:
    assert problems(DEPLOYMENT, body) == found


def test_the_error_lists_them_all() -> None:
    text = error(DEPLOYMENT, ['line 3: key "name" already set in map', 'unknown field "spec.foo"'])

    assert text == (
        'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error:'
        ' yaml: unmarshal errors:\n  line 3: key "name" already set in map, unknown field "spec.foo"'
    )


def test_a_text_that_is_neither_json_nor_yaml_is_an_error() -> None:
    with pytest.raises(ValueError):
        problems(DEPLOYMENT, "{a: [")
