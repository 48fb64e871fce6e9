"""Whatever a kustomization looks like: a bump changes one entry's meaning, and of the text only what says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from deployctl.model.image import Image
from deployctl.model.kustomization import ImageEntry
from deployctl.overlay import bump, read_entries, read_entry

HOSTS = st.sampled_from(["shop.azurecr.io", "localhost:5000", "[::1]:5000", "10.0.0.1:443"])
REPOSITORIES = st.from_regex(r"[a-z0-9]{1,6}(/[a-z0-9]{1,4}){0,2}", fullmatch=True)
TAGS = st.one_of(
    st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,12}", fullmatch=True),
    st.sampled_from(["1.10", "1e3", "0755", "on", "No", "null", "2024-01-01", "0x1F", "1_000", "1", "y"]),
    st.from_regex(r"[0-9._eE-]{1,6}", fullmatch=True).filter(lambda tag: tag[0] not in ".-"),
)
IMAGES = st.builds(Image, HOSTS, REPOSITORIES, TAGS)
NEW_NAMES = st.builds("{}/{}".format, HOSTS, REPOSITORIES)
DIGESTS = st.sampled_from(["sha256:" + "0" * 64, "sha256:" + "a" * 64])
COMMENTS = st.sampled_from(["", " # from a file", "   #x", " # newTag: 'no' &a *a"])
BLANKS = st.sampled_from(["", "\n", "# images:\n", "  # a comment, deeper\n", "\n\n"])
QUOTES = st.sampled_from(["", "'", '"'])
NAMES = ("api", "web", "shop/job")
EXAMPLES = settings(max_examples=80, deadline=None)


def quoted(text: str, quote: str) -> str:
    """A scalar, bare only where that is surely text."""
    sure = re.fullmatch(r"v[a-z0-9./:-]*[a-z0-9]|sha256:[0-9a-f]+|[a-z]{3,4}|[a-z]+/[a-z]+", text) and text != "null"
    return text if sure and not quote else f"'{text}'" if quote == "'" else f'"{text}"'


def values(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(quoted, texts, QUOTES)


@st.composite
def pairs(draw: st.DrawFn, name: str) -> list[tuple[str, str]]:
    """The keys of an entry, in any order, `name` among them."""
    found = [("name", draw(values(st.just(name))))]
    others = {"newName": NEW_NAMES, "newTag": TAGS, "digest": DIGESTS}
    found += [(key, draw(values(texts))) for key, texts in others.items() if draw(st.booleans())]
    return draw(st.permutations(found))


@st.composite
def entries(draw: st.DrawFn, name: str) -> str:
    """One item of `images:`, in block or flow style."""
    found = draw(pairs(name))
    if draw(st.booleans()):
        body = ", ".join(f"{key}: {value}" for key, value in found)
        return f"- {{{body}}}{draw(COMMENTS)}\n"
    lines = [f"{key}:{draw(st.sampled_from([' ', '   ']))}{value}{draw(COMMENTS)}" for key, value in found]
    between = [draw(st.sampled_from(["", "\n", "# between\n"])) for _ in lines]
    rest = "".join(f"{gap}  {line}\n" for gap, line in zip(between[1:], lines[1:], strict=True))
    return f"- {lines[0]}\n{rest}"


@st.composite
def kustomizations(draw: st.DrawFn) -> str:
    """A whole file: comments, other keys, entries in any order, either line ending, with or without a last one."""
    listed = draw(st.permutations(NAMES))
    body = "".join(draw(BLANKS) + draw(entries(name)) for name in listed)
    text = (
        draw(st.sampled_from(["", "\ufeff", "---\n", "# top\n"]))
        + "resources: [../base] # them\n"
        + f"images:{draw(COMMENTS)}\n{body}"
        + draw(st.sampled_from(["", "namespace: &ns shop\nnamePrefix: *ns\n"]))
    )
    if draw(st.booleans()):
        text = text.removesuffix("\n")
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


def decoded(text: str) -> Mapping[str, Any]:
    found = next(iter(yaml.safe_load_all(text)))
    assert isinstance(found, dict)
    return found


def without(text: str, name: str) -> Mapping[str, Any]:
    """What a file means, but for the image that one entry gives."""
    found = dict(decoded(text))
    found["images"] = [{"name": name} if e["name"] == name else e for e in found["images"]]
    return found


@EXAMPLES
@given(kustomizations(), st.sampled_from(NAMES), IMAGES)
def test_only_this_entry_means_something_else_and_it_gives_the_image(text: str, name: str, image: Image) -> None:
    after = bump(text, name, image).after
    assert without(after, name) == without(text, name)
    mine = next(e for e in decoded(after)["images"] if e["name"] == name)
    assert mine.get("newName", name) == image.name
    assert (mine["newTag"], mine.get("digest")) == (image.tag, None)


@EXAMPLES
@given(kustomizations(), st.sampled_from(NAMES), IMAGES)
def test_a_second_bump_changes_nothing(text: str, name: str, image: Image) -> None:
    after = bump(text, name, image).after
    assert bump(after, name, image).after == after


@EXAMPLES
@given(kustomizations(), st.sampled_from(NAMES), IMAGES)
def test_line_endings_stay_and_the_last_line_ends_as_before(text: str, name: str, image: Image) -> None:
    after = bump(text, name, image).after
    breaks = "\r\n" if "\r\n" in text else "\n"
    assert after.replace(breaks, "").count("\n") == after.replace(breaks, "").count("\r") == 0
    assert after.endswith(breaks) == text.endswith(breaks)


def lines_of(text: str) -> list[str]:
    """Without their breaks, for a last line that had none gets one when a line is put below it."""
    return text.replace("\r\n", "\n").split("\n")


@EXAMPLES
@given(kustomizations(), st.sampled_from(NAMES), TAGS)
def test_a_new_tag_is_one_line_and_every_other_line_stays_byte_for_byte(text: str, name: str, tag: str) -> None:
    entry = read_entry(text, name)
    host, _, repository = entry.target.rpartition("/") if "/" in entry.target else ("", "", entry.target)
    before, after = lines_of(text), lines_of(bump(text, name, Image(host, repository, tag)).after)
    if entry.new_tag and not entry.digest:
        assert len(before) == len(after)
        assert sum(a != b for a, b in zip(before, after, strict=True)) <= 1
    else:
        assert len(set(after) - set(before)) <= 2
    gone = [line for line in before if line not in after]
    assert all(any(word in line for word in ("newTag", "digest", "name")) for line in gone)


@EXAMPLES
@given(kustomizations())
def test_entries_are_read_as_yaml_reads_them(text: str) -> None:
    def plain(entry: ImageEntry) -> dict[str, str]:
        both = {"name": entry.name, "newName": entry.new_name, "newTag": entry.new_tag, "digest": entry.digest}
        return {key: value for key, value in both.items() if value}

    assert [plain(entry) for entry in read_entries(text)] == decoded(text)["images"]
