"""Where the label of a build context goes in a Dockerfile, and where it is left out."""

from __future__ import annotations

import pytest

from deployctl.model.dockerfile import labelled

LABEL = 'LABEL k="v"\n'


def put(text: str, target: str = "") -> str:
    return labelled(text.encode(), target, "k", "v").decode()


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("FROM a\nRUN x\n@", ""),
        ("FROM a\r\nRUN x\r\n@", ""),
        ("FROM a AS one\nFROM b AS two\n@", ""),
        ("FROM a AS one\n@FROM b AS two\n", "one"),
        ("FROM a as One\n@from --platform=linux/amd64 b as two\n", "oNE"),
        ("FROM a\n@FROM b\n", "0"),
        ("ARG X=1\nFROM a:$X\n# FROM comment\n@", ""),
        ("FROM a AS one\nRUN x \\\n\n  # FROM c\n  FROM d\n@FROM b\n", "one"),
        ("FROM a AS one\nRUN <<EOT\nFROM x\nEOT\n@FROM b\n", "one"),
        ("# escape=`\nFROM a AS one\nRUN dir C:\\\n@FROM b\n", "one"),
        ("\ufeffFROM a\n@", ""),
    ],
)
def test_the_label_ends_the_stage_that_is_built(text: str, target: str) -> None:
    """`@` marks the place."""
    assert put(text.replace("@", ""), target) == text.replace("@", LABEL)


def test_a_last_line_without_an_end_gets_one() -> None:
    assert put("FROM a") == f"FROM a\n{LABEL}"


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("", ""),
        ("# nothing\n", ""),
        ("RUN x\n", ""),
        ("FROM a\n", "missing"),
        ("FROM a\nRUN x \\\n", ""),
        ("FROM a\nRUN x \\\n\n# end\n", ""),
        ("FROM a\nRUN <<EOT\nnever closed\n", ""),
    ],
)
def test_a_dockerfile_whose_end_cannot_be_told_is_left_as_it_is(text: str, target: str) -> None:
    assert put(text, target) == text
