"""Image references, as containerd reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.sandbox.registry.reference import Reference, parse_reference

DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("redis", Reference("docker.io", "library/redis", "latest", "")),
        ("redis:7-alpine", Reference("docker.io", "library/redis", "7-alpine", "")),
        ("team/app:v1", Reference("docker.io", "team/app", "v1", "")),
        ("docker.io/redis", Reference("docker.io", "library/redis", "latest", "")),
        ("localhost/app", Reference("localhost", "app", "latest", "")),
        ("localhost:5000/a/b/c:v1", Reference("localhost:5000", "a/b/c", "v1", "")),
        (f"r.example.com/app@{DIGEST}", Reference("r.example.com", "app", "", DIGEST)),
        (f"r.example.com/app:v1@{DIGEST}", Reference("r.example.com", "app", "v1", DIGEST)),
        ("r.example.com/a__b/c-d.e", Reference("r.example.com", "a__b/c-d.e", "latest", "")),
    ],
)
def test_what_a_reference_means(text: str, expected: Reference) -> None:
    assert parse_reference(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "Upper/case", "r.example.com/", "r.example.com/a:", "a:b:c", "a@sha256:short", "r.io/a//b", "a b", "r.io/-a"],
)
def test_what_is_none(text: str) -> None:
    assert parse_reference(text) is None


PARTS = st.from_regex(r"[a-z0-9]+(?:[._-][a-z0-9]+)*", fullmatch=True)
HOSTS = st.sampled_from(["r.example.com", "localhost:5000", "localhost", "10.0.0.1:443", "docker.io"])
TAGS = st.one_of(st.just(""), st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True))


@given(HOSTS, st.lists(PARTS, min_size=1, max_size=4), TAGS, st.sampled_from(["", DIGEST]))
def test_a_reference_in_full_reads_back_as_itself(host: str, parts: list[str], tag: str, digest: str) -> None:
    written = f"{host}/{'/'.join(parts)}{f':{tag}' if tag else ''}{f'@{digest}' if digest else ''}"
    parsed = parse_reference(written)
    assert parsed is not None
    assert (parsed.host, parsed.digest, parsed.tag) == (host, digest, tag or ("" if digest else "latest"))
    assert parse_reference(str(parsed)) == parsed


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    parsed = parse_reference(text)
    assert parsed is None or parse_reference(str(parsed)) == parsed
