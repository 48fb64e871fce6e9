"""YAML as kubectl reads it, and kubectl itself as the judge."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.adapters.kustomize.yaml_text import documents

LINES = """
y Y yes Yes YES on On ON n N no No NO off Off OFF true True TRUE false False FALSE tRue yEs
~ null Null NULL nULL
0 1 -1 +1 007 0644 08 09 0o17 0O17 0x1F 0X1f -0x1f 0b101 -0b1 1_000 _1 1__0 0_7 1234567890123456789 0x 0b 0o
1.5 -1.5 +1.5 .5 -.5 1. 1e3 1E3 1e+3 1.5e-3 1e 1.e3 1_0.5 . -. .e3 --1 1-2
.inf .Inf .INF -.inf +.inf .nan .NaN 1.2.3 1,000
12:30:45 1:20 190:20:30.15 2024-01-01 2024-01-01T00:00:00Z 2024-1-1
= << v1.2 0.8.8 1.10 100m 64Mi 1Gi a-b a/b 'quoted' "1"
"""
PLAIN = [scalar for line in LINES.splitlines() for scalar in line.split()]


def read(scalar: str) -> object:
    (document,) = documents(f"- {scalar}\n")
    assert isinstance(document, list)
    return document[0]


def as_kubectl_reads(scalars: list[str]) -> list[object]:
    """kubectl prints an object of any kind as JSON, without a cluster."""
    values = "".join(f"  - {scalar}\n" for scalar in scalars)
    text = f"apiVersion: example.com/v1\nkind: Any\nmetadata: {{name: a}}\nspec:\n  values:\n{values}"
    command = ["kubectl", "label", "--local", "-f", "-", "-o", "json", "a=b"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout)["spec"]["values"])


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl")
def test_plain_scalars_mean_what_they_mean_to_kubectl() -> None:
    # JSON has no infinity: kubectl refuses these, and no object can hold them.
    scalars = [scalar for scalar in PLAIN if scalar.lower().lstrip("+-") not in (".inf", ".nan")]

    ours = [read(scalar) for scalar in scalars]

    pairs = dict(zip(scalars, zip(ours, as_kubectl_reads(scalars), strict=True), strict=True))
    differing = {s: (a, b) for s, (a, b) in pairs.items() if json.dumps(a) != json.dumps(b)}
    assert differing == {}


@given(st.text(alphabet="0123456789abcdefoxbeyn.:+-_~=", min_size=1, max_size=6))
def test_no_plain_scalar_is_an_error(scalar: str) -> None:
    text = f"a: {scalar} x\n"  # with a second word it is a string, whatever it looks like
    if ": " in scalar or scalar.startswith(("- ", "-")) or scalar.endswith(":"):
        return
    assert documents(text) == [{"a": f"{scalar} x"}]


Words = st.text(alphabet="ab1: #-'\"\\\n\té名{}[],&*!|>%@`~yn", max_size=12)


@given(st.dictionaries(Words, Words | st.integers() | st.booleans() | st.none(), max_size=4))
def test_json_is_read_as_json(value: dict[str, object]) -> None:
    assert documents(json.dumps(value, ensure_ascii=False)) == [value]


def test_dates_stay_text_and_empty_documents_are_left_out() -> None:
    assert documents("---\n---\na: 2024-01-01\n---\n") == [{"a": "2024-01-01"}]


def test_anchors_and_merges_are_resolved() -> None:
    assert documents("base: &b {x: 1}\nmore: {<<: *b, z: 2}\n") == [{"base": {"x": 1}, "more": {"x": 1, "z": 2}}]


def test_keys_are_text_as_in_json() -> None:
    assert documents("{1: a, y: b, 1.5: c, '2': d}") == [{"1": "a", "true": "b", "1.5": "c", "2": "d"}]
