"""Reading Dockerfiles and contexts, also strange ones."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from served_azure import archive

from deployctl.sandbox.arm.context import ContextError, unpack
from deployctl.sandbox.arm.dockerfile import DockerfileError, expand, pairs, parse
from deployctl.sandbox.arm.steps import Steps


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A", "1"),
        ("${A}b", "1b"),
        ("$NONE-", "-"),
        ("${NONE:-x}", "x"),
        ("${A:-x}", "1"),
        ("${A:+x}", "x"),
        ("${NONE:+x}", ""),
        (r"\$A", "$A"),
    ],
)
def test_variables(text: str, expected: str) -> None:
    assert expand(text, {"A": "1"}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=b", {"a": "b"}),
        ('a="b c" d=e', {"a": "b c", "d": "e"}),
        (r"a=b\ c", {"a": "b c"}),
        ("old form of it", {"old": "form of it"}),
        ("a=b=c", {"a": "b=c"}),
    ],
)
def test_pairs(text: str, expected: dict[str, str]) -> None:
    assert pairs(text) == expected


def test_continuations_comments_and_the_escape_directive() -> None:
    text = "# escape=`\n# a comment\nFROM x\nRUN one `\n  # in between\n\n  two\n  copy a b\n"
    (stage,) = parse(text, {}).stages
    assert [(i.keyword, i.rest) for i in stage.instructions] == [
        ("FROM", "x"),
        ("RUN", "one   two"),
        ("COPY", "a b"),
    ]


def test_arguments_before_from_are_seen_inside_only_when_asked_for() -> None:
    text = "ARG V=1\nFROM x:$V\nLABEL before=$V\nARG V\nLABEL after=$V"
    built = Steps(unpack(archive({})), {"V": "2"}).run(parse(text, {"V": "2"}), "")
    assert (built.base, built.labels) == ("x:2", {"before": "", "after": "2"})


def test_a_build_argument_that_nobody_takes_is_warned_of() -> None:
    steps = Steps(unpack(archive({})), {"UNUSED": "1", "HTTP_PROXY": "x"})
    steps.run(parse("FROM x", {}), "")
    assert steps.log[-1] == "[Warning] One or more build-args [UNUSED] were not consumed"


@given(st.text(max_size=300))
def test_any_text_is_a_dockerfile_or_said_why_not(text: str) -> None:
    outcome: object = ""
    try:
        outcome = parse(text, {}).stages
    except DockerfileError as error:
        outcome = str(error)
    assert outcome


@given(st.binary(max_size=300))
def test_any_bytes_are_a_context_or_said_why_not(content: bytes) -> None:
    for candidate in (content, gzip.compress(content)):
        outcome: object = ""
        try:
            outcome = unpack(candidate)
        except ContextError as error:
            outcome = str(error)
        assert outcome


NAMES = st.from_regex(r"[a-z]{1,8}(?:/[a-z]{1,8}){0,2}", fullmatch=True)


@given(st.dictionaries(NAMES, st.text(max_size=20), max_size=6), st.randoms())
def test_the_digest_of_a_context_does_not_depend_on_its_packing(files: dict[str, str], random: object) -> None:
    shuffled = list(files.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert unpack(archive(files)).digest() == unpack(archive(dict(shuffled))).digest()
    changed = {**files, "added": "x"}
    assert unpack(archive(changed)).digest() != unpack(archive({**files, "added": "y"})).digest()


def test_links_and_large_files_count_without_being_kept() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "target"
        tar.addfile(link)
        large = tarfile.TarInfo("./folder/large")
        large.size = 3 << 20
        tar.addfile(large, io.BytesIO(bytes(3 << 20)))
    context = unpack(buffer.getvalue())
    assert (sorted(context.files), sorted(context.contents), context.size) == (
        ["folder/large", "link"],
        ["link"],
        3 << 20,
    )
    assert [context.has(source) for source in ("folder", "folder/l*", "link", "nothing", ".")] == [
        True,
        True,
        True,
        False,
        True,
    ]
