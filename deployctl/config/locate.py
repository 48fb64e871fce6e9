"""On which line of a TOML document a key stands: tomli gives values but no places.

The text must be valid TOML (tomli has read it before); what is not, is located wrongly rather than refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import tomli

Path = tuple[str | int, ...]
"""Keys, and indices of arrays, from the document's root."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_ATOM = re.compile(r"[^,\]}#\r\n]*")
_STRINGS = {
    '"""': re.compile(r'"""(?:\\.|"{1,2}(?!")|[^"\\])*"{3,5}', re.DOTALL),
    "'''": re.compile(r"'''.*?'{3,5}", re.DOTALL),
    '"': re.compile(r'"(?:\\.|[^"\\\n])*"'),
    "'": re.compile(r"'[^'\n]*'"),
}


def locate(text: str) -> Mapping[Path, int]:
    """Every table, key and array element, with its 1-based line; a table's is where it is first opened."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lines: dict[Path, int] = {(): 1}
        self._lengths: dict[Path, int] = {}
        """Of arrays of tables: how many have been opened."""
        self._counted = (0, 1)
        """A place, and the line it is on."""

    def scan(self) -> Mapping[Path, int]:
        table: Path = ()
        while self._skip(_GAP) < len(self._text):
            if self._next("["):
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _header(self) -> Path:
        line, many = self._line(), self._next("[[")
        self._at += 2 if many else 1
        keys = self._keys()
        self._at += 2 if many else 1
        path = self._open((), keys[:-1], line)
        last: Path = (*path, keys[-1])
        if many:
            self._lengths[last] = self._lengths.get(last, 0) + 1
            self._lines.setdefault(last, line)
        opened = self._inside(last)
        self._lines.setdefault(opened, line)
        return opened

    def _open(self, path: Path, keys: tuple[str, ...], line: int) -> Path:
        """Descend through `keys`, into the newest element of any array of tables."""
        for key in keys:
            path = self._inside((*path, key))
            self._lines.setdefault(path, line)
        return path

    def _inside(self, path: Path) -> Path:
        return (*path, self._lengths[path] - 1) if path in self._lengths else path

    def _pair(self, table: Path) -> None:
        line, keys = self._line(), self._keys()
        path = self._open(table, keys[:-1], line)
        self._at += 1  # =
        self._lines[(*path, keys[-1])] = line
        self._value((*path, keys[-1]))

    def _keys(self) -> tuple[str, ...]:
        keys = [self._key()]
        while self._next("."):
            self._at += 1
            keys.append(self._key())
        return tuple(keys)

    def _key(self) -> str:
        self._skip(_BLANK)
        start = self._at
        if self._next('"') or self._next("'"):
            self._string()
            key = next(iter(tomli.loads(f"{self._text[start : self._at]} = 0")))
        else:
            self._skip(_BARE_KEY)
            key = self._text[start : self._at]
        self._skip(_BLANK)
        return key

    def _value(self, path: Path) -> None:
        self._skip(_BLANK)
        if self._next("["):
            self._array(path)
        elif self._next("{"):
            self._inline_table(path)
        elif not self._string():
            self._skip(_ATOM)

    def _array(self, path: Path) -> None:
        self._at += 1
        index = 0
        while self._skip(_GAP) < len(self._text) and not self._next("]"):
            self._lines[(*path, index)] = self._line()
            self._value((*path, index))
            index += 1
            self._separator()
        self._at += 1

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        while self._skip(_GAP) < len(self._text) and not self._next("}"):
            self._pair(path)
            self._separator()
        self._at += 1

    def _separator(self) -> None:
        self._skip(_GAP)
        if self._next(","):
            self._at += 1

    def _string(self) -> bool:
        for quote, pattern in _STRINGS.items():
            if self._next(quote):
                self._skip(pattern)
                return True
        return False

    def _next(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found else len(self._text)
        return self._at

    def _line(self) -> int:
        place, line = self._counted
        line += self._text.count("\n", place, self._at)
        self._counted = (self._at, line)
        return line
