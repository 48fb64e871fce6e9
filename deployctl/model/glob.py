"""One pattern of a .dockerignore: Go's `filepath.Match`, and Docker's `**` for any number of folders."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from re import Pattern


class BadGlob(ValueError):
    """A pattern that `filepath.Match` calls bad."""


@dataclass(frozen=True)
class Glob:
    """A compiled pattern."""

    text: str
    literal: bool
    """No wildcard, class or escape in it: compared as it is."""
    expression: Pattern[str] = field(repr=False)
    segments: tuple[Pattern[str] | None, ...] = field(repr=False)
    """Of the parts up to the first that may match slashes; None there."""

    def matches(self, path: str) -> bool:
        """Whether it matches this very path; what holds for a folder and its content is the rules' affair."""
        if self.literal:
            return path == self.text
        return self.expression.fullmatch(path) is not None

    def may_match_below(self, folder: str) -> bool:
        """Whether it could match a path strictly below the folder; when in doubt, yes."""
        names = folder.split("/") if folder else []
        for name, segment in zip(names, self.segments, strict=False):
            if segment is None:
                return True
            if not segment.fullmatch(name):
                return False
        return len(self.segments) > len(names) or None in self.segments


def compile_glob(pattern: str) -> Glob:
    """Raises BadGlob."""
    literal = not any(sign in pattern for sign in "*?[\\")
    if literal:
        segments = tuple(re.compile(re.escape(part)) for part in pattern.split("/"))
        return Glob(pattern, literal, re.compile(re.escape(pattern)), segments)
    return Glob(pattern, literal, re.compile(translate(pattern), re.DOTALL), _segments(pattern))


def _segments(pattern: str) -> tuple[Pattern[str] | None, ...]:
    """Part by part, as far as slashes in the pattern are surely slashes in the path."""
    found: list[Pattern[str] | None] = []
    for part in pattern.split("/"):
        if "**" in part or "[" in part or "\\" in part:
            return (*found, None)
        found.append(re.compile(translate(part), re.DOTALL))
    return tuple(found)


def translate(pattern: str) -> str:
    """The regular expression of a pattern, to be matched in full. Raises BadGlob."""
    out: list[str] = []
    position = 0
    while position < len(pattern):
        piece, position = _next(pattern, position)
        out.append(piece)
    return "".join(out)


def _next(pattern: str, at: int) -> tuple[str, int]:
    """The expression of what stands at a position, and where the next thing stands."""
    sign = pattern[at]
    if sign == "*":
        return _stars(pattern, at)
    if sign == "?":
        return "[^/]", at + 1
    if sign == "[":
        return _class(pattern, at + 1)
    if sign == "\\":
        return re.escape(_escaped(pattern, at + 1)), at + 2
    return re.escape(sign), at + 1


def _stars(pattern: str, at: int) -> tuple[str, int]:
    """`*` is anything but a slash. `**` is any number of folders; at the end, and before a name at the very start,
    anything at all (moby's prefix and suffix matches)."""
    if not pattern.startswith("**", at):
        return "[^/]*", at + 1
    end = at + 2
    slash = pattern.startswith("/", end)
    end += slash
    if end == len(pattern):
        return ".*", end
    if at == 0 and not slash and not any(sign in pattern[end:] for sign in "*?[]\\"):
        return ".*", end
    return "(?:.*/)?", end


def _class(pattern: str, at: int) -> tuple[str, int]:
    """`[a-z]` or `[^a-z]`; like Go's, it may match a slash."""
    negated = pattern.startswith("^", at)
    at += negated
    ranges: list[str] = []
    while not (pattern.startswith("]", at) and ranges):
        low, at = _bound(pattern, at)
        high = low
        if pattern.startswith("-", at):
            high, at = _bound(pattern, at + 1)
        if low > high:
            raise BadGlob(f"the range {low}-{high} runs backwards")
        ranges.append(f"{re.escape(low)}-{re.escape(high)}")
    return f"[{'^' if negated else ''}{''.join(ranges)}]", at + 1


def _bound(pattern: str, at: int) -> tuple[str, int]:
    """One end of a range in a class."""
    if at >= len(pattern) or pattern[at] in "-]":
        raise BadGlob("a character class is not well formed")
    if pattern[at] == "\\":
        return _escaped(pattern, at + 1), at + 2
    return pattern[at], at + 1


def _escaped(pattern: str, at: int) -> str:
    if at >= len(pattern):
        raise BadGlob("it ends in a backslash")
    return pattern[at]
