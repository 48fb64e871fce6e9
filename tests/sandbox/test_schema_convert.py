"""Type errors after a strategic merge patch, as seen on a real API server."""

from __future__ import annotations

from typing import Any

import pytest

from deployctl.sandbox.schema.convert import fault
from deployctl.sandbox.schema.kinds import builtin_kind

DEPLOYMENT = builtin_kind("apps/v1", "Deployment")


def containers(value: Any) -> Any:
    return {"spec": {"template": {"spec": {"containers": value}}}}


@pytest.mark.parametrize(
    ("obj", "text"),
    [
        ({"spec": {"replicas": "x"}}, "unrecognized type: int32"),
        ({"spec": {"replicas": 1.5}}, "cannot convert float64 to int32"),
        ({"spec": {"replicas": 2.0}}, ""),
        ({"spec": []}, "cannot restore struct from: slice"),
        (containers({"a": 1}), "cannot restore slice from map"),
        (containers([{"name": "c", "image": 5}]), "cannot convert int64 to string"),
        (containers([{"name": "c", "tty": "x"}]), "unrecognized type: bool"),
        (containers([{"name": "c", "resources": {"limits": {"cpu": 1}}}]), ""),
        ({"metadata": {"labels": [1]}}, "cannot restore map from slice"),
        ({"metadata": {"labels": {"a": True}}}, "unrecognized type: string"),
        ({"spec": {"unknown": [1]}}, ""),
    ],
)
def test_the_first_value_that_cannot_be_converted(obj: Any, text: str) -> None:
    assert fault(DEPLOYMENT, obj) == text
