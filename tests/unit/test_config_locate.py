"""On which line a key stands."""

from __future__ import annotations

from typing import Any

import tomli
from hypothesis import given
from hypothesis import strategies as st

from deployctl.config.locate import Path, locate

DOCUMENT = """\
# a comment = [not a key]
title = "a # in a string"

[registry] # and one here
name = 'it"s' # "two"
"""


def test_tables_and_keys() -> None:
    assert locate(DOCUMENT) == {(): 1, ("title",): 2, ("registry",): 4, ("registry", "name"): 5}


def test_dotted_and_quoted_keys() -> None:
    text = 'a . b."c.d" = 1\n"e\\u0066" = 2\n\'g"h\' = 3\n[x."y.z".w]\nk=1'
    assert locate(text) == {
        (): 1,
        ("a",): 1,
        ("a", "b"): 1,
        ("a", "b", "c.d"): 1,
        ("ef",): 2,
        ('g"h',): 3,
        ("x",): 4,
        ("x", "y.z"): 4,
        ("x", "y.z", "w"): 4,
        ("x", "y.z", "w", "k"): 5,
    }


def test_arrays_and_inline_tables_over_lines() -> None:
    text = (
        'list = [\n  "a", # one\n  # between\n  ["b", "]"],\n]\ntable = { x = 1, y = { z = [2,\n3] } }\nlast = true\n'
    )
    assert locate(text) == {
        (): 1,
        ("list",): 1,
        ("list", 0): 2,
        ("list", 1): 4,
        ("list", 1, 0): 4,
        ("list", 1, 1): 4,
        ("table",): 6,
        ("table", "x"): 6,
        ("table", "y"): 6,
        ("table", "y", "z"): 6,
        ("table", "y", "z", 0): 6,
        ("table", "y", "z", 1): 7,
        ("last",): 8,
    }


def test_multi_line_strings_hold_no_keys() -> None:
    text = "a = \"\"\"\nb = 1\n\\\"\"\" ''' c = 2\n\"\"\"\"\nd = '''\n[e]\n'''''\nf = 3\n"
    assert locate(text) == {(): 1, ("a",): 1, ("d",): 5, ("f",): 8}


def test_arrays_of_tables_count() -> None:
    text = "[[a.b]]\nx=1\n[a.b.c]\ny=1\n[[a.b]]\nx=2\n[[a.b.d]]\n[[a.b.d]]\nz=1\n"
    assert locate(text) == {
        (): 1,
        ("a",): 1,
        ("a", "b"): 1,
        ("a", "b", 0): 1,
        ("a", "b", 0, "x"): 2,
        ("a", "b", 0, "c"): 3,
        ("a", "b", 0, "c", "y"): 4,
        ("a", "b", 1): 5,
        ("a", "b", 1, "x"): 6,
        ("a", "b", 1, "d"): 7,
        ("a", "b", 1, "d", 0): 7,
        ("a", "b", 1, "d", 1): 8,
        ("a", "b", 1, "d", 1, "z"): 9,
    }


def test_a_table_s_line_is_where_it_is_first_opened() -> None:
    assert locate("\n[a.b]\n[a]\nx=1\n")["a",] == 2


def test_windows_line_endings_count_once() -> None:
    assert locate("a = 1\r\n\r\nb = '''\r\n'''\r\nc = 2020-01-01 10:00:00\r\n")["c",] == 5


KEYS = st.one_of(st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True), st.text(max_size=6))
SCALARS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.text(max_size=12),
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
TABLES = st.dictionaries(KEYS, VALUES, max_size=4)


def quoted(text: str) -> str:
    escaped = "".join(c if c.isalnum() or c in " .#[]{}=,'-_" else f"\\U{ord(c):08x}" for c in text)
    return f'"{escaped}"'


def written(value: Any) -> str:
    """TOML of a value, with line breaks and comments wherever they are allowed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return "[ # [{ \n" + ",\n".join(written(item) for item in value) + "\n]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{quoted(k)} = {written(v)}" for k, v in value.items()) + " }"
    return repr(value)


def paths(value: Any, at: Path = ()) -> set[Path]:
    """Every place in a decoded document."""
    here: set[Path] = {at}
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return here.union(*(paths(child, (*at, key)) for key, child in children))


@given(st.dictionaries(KEYS, TABLES, min_size=1, max_size=3))
def test_every_place_of_any_document_is_found_on_the_line_that_names_it(document: dict[str, dict[str, Any]]) -> None:
    text = "".join(
        f"# [x]\n[{quoted(name)}]\n" + "".join(f"{quoted(k)}={written(v)}\n" for k, v in table.items())
        for name, table in document.items()
    )
    lines = locate(text)
    assert tomli.loads(text) == document
    assert set(lines) == paths(document)
    source = text.split("\n")
    for path, line in lines.items():
        if path and isinstance(path[-1], str):
            assert quoted(path[-1]) in source[line - 1]
