"""The rules against a second matcher, written for these tests alone: slow, naive, without regular expressions."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import example, given
from hypothesis import strategies as st

from deployctl.model.dockerignore import BadIgnoreFile, Folder, parse_dockerignore

# ------------------------------------------------------------------ the naive matcher


def naive_match(pattern: str, path: str) -> bool:
    """Whether a cleaned pattern matches a whole path: tries everything that a star may stand for."""
    if not pattern:
        return not path
    if pattern == "**":
        return True
    if pattern.startswith("**"):
        return naive_stars(pattern[2:].removeprefix("/"), path)
    sign, rest = pattern[0], pattern[1:]
    if sign == "*":
        return any(naive_match(rest, path[n:]) for n in range(len(path) + 1) if "/" not in path[:n])
    if sign == "[":
        end, accepts = naive_class(rest)
        return bool(path) and accepts(path[0]) and naive_match(rest[end:], path[1:])
    if sign == "\\":
        sign, rest = rest[0], rest[1:]
        return path.startswith(sign) and naive_match(rest, path[1:])
    if not path:
        return False
    return (path[0] == sign or (sign == "?" and path[0] != "/")) and naive_match(rest, path[1:])


def naive_stars(rest: str, path: str) -> bool:
    """`**` that is not alone: nothing, or any number of whole folders; at the end anything."""
    if not rest:
        return True
    starts = [0, *(n + 1 for n, sign in enumerate(path) if sign == "/")]
    return any(naive_match(rest, path[n:]) for n in starts)


def naive_class(text: str) -> tuple[int, Callable[[str], bool]]:
    """Where a class ends, and what it accepts; only the simple classes that the strategy makes."""
    end = text.index("]")
    inside = text[:end].removeprefix("^")
    negated = text.startswith("^")
    return end + 1, lambda sign: (sign in inside) != negated


def naive_ignores(lines: list[str], path: str) -> bool:
    parts = path.split("/")
    above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    ignored = False
    for line in lines:
        negated, pattern = line.startswith("!"), line.removeprefix("!")
        if any(naive_match_top(pattern, one) for one in above):
            ignored = not negated
    return ignored


def naive_match_top(pattern: str, path: str) -> bool:
    """Docker's one exception: `**name` at the very start, without wildcards after it, is a suffix."""
    if pattern.startswith("**") and pattern[2:3] not in ("", "/") and not set(pattern[2:]) & set("*?[]\\"):
        return path.endswith(pattern[2:])
    return naive_match(pattern, path)


# ------------------------------------------------------------------ what it is compared on

NAMES = st.text("ab.+", min_size=1, max_size=3).filter(lambda name: name.strip(".") != "")
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PIECES = st.sampled_from(["a", "b", ".", "+", "*", "?", "**", "[ab]", "[^a]", "\\a", "\\*", "ab"])
PARTS = st.lists(PIECES, min_size=1, max_size=3).map("".join).filter(lambda part: part.strip(".") != "")
PATTERNS = st.lists(st.one_of(PARTS, NAMES, st.just("**")), min_size=1, max_size=4).map("/".join)
LINES = st.tuples(st.sampled_from(["", "", "!"]), PATTERNS).map("".join)


def tidy(line: str) -> bool:
    """Only what Clean leaves as it is; cleaning has its own table. Runs of three stars are read in pairs by Docker."""
    return "***" not in line and "**/**" not in line


@given(st.lists(LINES.filter(tidy), min_size=1, max_size=5), PATHS)
@example(["a", "!a/b", "a/b"], "a/b/c")
@example(["**/a", "!b/**"], "b/a")
def test_both_matchers_agree(lines: list[str], path: str) -> None:
    assert parse_dockerignore("\n".join(lines).encode()).ignores(path) == naive_ignores(lines, path)


@given(st.lists(LINES, min_size=1, max_size=5), PATHS)
def test_a_walk_that_skips_folders_finds_what_asking_for_every_path_finds(lines: list[str], path: str) -> None:
    rules = parse_dockerignore("\n".join(lines).encode())
    *above, _ = path.split("/")
    folder, reached = Folder(), True
    for name in above:
        inner = rules.enter(folder, name)
        if rules.ignores_in(folder, inner.path) and not rules.may_keep_below(inner):
            reached = False
            break
        folder = inner
    found = reached and not rules.ignores_in(folder, path)
    assert found == (not rules.ignores(path))


@given(st.binary(max_size=80))
@example(b"\xef\xbb\xbf[\xff-\xff]")
@example(b"[[:alpha:]]")
def test_any_bytes_are_rules_or_a_named_line(content: bytes) -> None:
    try:
        verdict: object = parse_dockerignore(content).ignores("some/path")
    except BadIgnoreFile as error:
        verdict = 1 <= error.line <= content.count(b"\n") + 1 or "a line that is not there"
    assert verdict in (True, False)
