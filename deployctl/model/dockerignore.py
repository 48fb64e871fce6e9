"""Which files of a build context stay at home: `.dockerignore` by Docker's own rules (moby/patternmatcher, Go's
`filepath.Match` and `filepath.Clean`). Where moby's regular expressions stray from what Docker documents (`^`, `\\d`),
the documents are followed. Paths are relative to the context, with `/`, and may hold surrogate-escaped bytes.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field

from deployctl.model.glob import BadGlob, Glob, compile_glob

BOM = b"\xef\xbb\xbf"
SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What Go's strings.TrimSpace takes away."""


class BadIgnoreFile(ValueError):
    """A line that no Docker would take: its 1-based number and what is wrong."""

    def __init__(self, line: int, text: str, reason: str) -> None:
        super().__init__(f"line {line}: {reason}: {text}")
        self.line = line
        self.text = text
        self.reason = reason


@dataclass(frozen=True)
class Rule:
    """One line. A negated one (`!`) takes back what earlier lines ignored."""

    text: str
    line: int
    negated: bool
    glob: Glob = field(repr=False)


@dataclass(frozen=True)
class Folder:
    """A folder on the way down, with the rules that it or one above it matches: they hold for all below."""

    path: str = ""
    """Empty for the context itself."""
    matched: int = 0
    """Bit n stands for rule n."""


@dataclass(frozen=True)
class IgnoreRules:
    """All lines of a file. The last one that matches a path or one of the folders above it decides."""

    rules: tuple[Rule, ...] = ()

    def ignores(self, path: str) -> bool:
        """Whether the path stays at home."""
        folder = Folder()
        *above, _ = path.split("/")
        for name in above:
            folder = self.enter(folder, name)
        return self.ignores_in(folder, path)

    def ignores_in(self, folder: Folder, path: str) -> bool:
        """The same for a path directly in a folder that was entered: quick for whole trees."""
        for number in range(len(self.rules) - 1, -1, -1):
            rule = self.rules[number]
            if folder.matched >> number & 1 or rule.glob.matches(path):
                return not rule.negated
        return False

    def enter(self, folder: Folder, name: str) -> Folder:
        """The folder of that name in another."""
        path = f"{folder.path}/{name}" if folder.path else name
        matched = folder.matched
        for number, rule in enumerate(self.rules):
            if not matched >> number & 1 and rule.glob.matches(path):
                matched |= 1 << number
        return Folder(path, matched)

    def may_keep_below(self, folder: Folder) -> bool:
        """Whether an ignored folder must be walked all the same: a negation may match something in it."""
        return any(rule.negated and rule.glob.may_match_below(folder.path) for rule in self.rules)

    @property
    def wildcard_negations(self) -> bool:
        """Whether there is a line such as `!**/keep`, which Docker's classic builder does not follow into folders."""
        return any(rule.negated and not rule.glob.literal for rule in self.rules)


def parse_dockerignore(content: bytes) -> IgnoreRules:
    """Rules from a file's bytes. Raises BadIgnoreFile."""
    text = content.removeprefix(BOM).decode("utf-8", "surrogateescape")
    rules = (_parse_line(number, line) for number, line in enumerate(text.split("\n"), start=1))
    return IgnoreRules(tuple(rule for rule in rules if rule is not None))


def _parse_line(number: int, line: str) -> Rule | None:
    if line.startswith("#"):
        return None
    line = line.strip(SPACE)
    negated = line.startswith("!")
    pattern = clean(line[1:].strip(SPACE) if negated else line)
    if negated and pattern in ("", "/"):
        raise BadIgnoreFile(number, line, "nothing follows the exclamation mark")
    if not pattern:
        return None
    try:
        return Rule(line, number, negated, compile_glob(pattern))
    except BadGlob as error:
        raise BadIgnoreFile(number, line, str(error)) from error


def clean(pattern: str) -> str:
    """Go's filepath.Clean, then without the leading slash: all patterns start at the context. Empty stays empty."""
    if not pattern:
        return ""
    cleaned = posixpath.normpath(pattern)
    cleaned = "/" + cleaned.lstrip("/") if cleaned.startswith("/") else cleaned
    return cleaned[1:] if len(cleaned) > 1 and cleaned.startswith("/") else cleaned
