"""What a value may look like. Each shape says what it expects, and what is wrong with a value that is not it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from deployctl.config.workload import workload
from deployctl.model.image import REPOSITORY, TAG
from deployctl.model.tag import placeholders


class Shape(Protocol):
    """A kind of value."""

    @property
    def expected(self) -> str:
        """What to write, as a noun phrase with an example."""

    def wrong(self, value: object, root: Path, /) -> str:
        """What is wrong with a value, as a clause; empty when nothing is. Relative paths start at `root`."""


def kind_of(value: object) -> str:
    """A TOML value's type, in TOML's words."""
    names: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "a boolean"),
        (str, "a string"),
        (int, "an integer"),
        (float, "a float"),
        (list, "an array"),
        (dict, "a table"),
        ((date, time), "a date or time"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), "nothing")


@dataclass(frozen=True)
class Text:
    """A string, of a pattern where there is one."""

    expected: str = "a string"
    pattern: str = r"(?s).*"

    def wrong(self, value: object, _root: Path, /) -> str:
        if not isinstance(value, str):
            return f"it is {kind_of(value)}"
        return "" if re.fullmatch(self.pattern, value) else f"it is `{value}`"


_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])"
HOST = Text("a host name, with :PORT when it is not 443", rf"{_HOST}(?::[0-9]{{1,5}})?")
HOST_PORT = Text("HOST:PORT", rf"{_HOST}:[0-9]{{1,5}}")
DIALLED = Text(
    "HOST:PORT, or http=HOST:PORT,https=HOST:PORT",
    rf"{_HOST}:[0-9]{{1,5}}|https?={_HOST}:[0-9]{{1,5}}(?:,https?={_HOST}:[0-9]{{1,5}})?",
)
NAME = Text("a DNS label: lower-case letters, digits and `-`", r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    options: tuple[str, ...]

    @property
    def expected(self) -> str:
        return "one of " + ", ".join(f'"{option}"' for option in self.options)

    def wrong(self, value: object, _root: Path, /) -> str:
        if not isinstance(value, str):
            return f"it is {kind_of(value)}"
        return "" if value in self.options else f"it is `{value}`"


@dataclass(frozen=True)
class Flag:
    expected: str = "true or false"

    def wrong(self, value: object, _root: Path, /) -> str:
        return "" if isinstance(value, bool) else f"it is {kind_of(value)}"


@dataclass(frozen=True)
class Number:
    """An integer, or any number where fractions make sense, within inclusive bounds."""

    low: float
    high: float
    unit: str
    whole: bool = False

    @property
    def expected(self) -> str:
        return f"{'an integer' if self.whole else 'a number'} from {self.low:g} to {self.high:g} ({self.unit})"

    def wrong(self, value: object, _root: Path, /) -> str:
        kinds = int if self.whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            return f"it is {kind_of(value)}"
        good = math.isfinite(value) and self.low <= value <= self.high
        return "" if good else f"it is {value}"


@dataclass(frozen=True)
class Url:
    """http or https, a host, perhaps a port; a path only where it is part of a service's address."""

    expected: str = "a URL, such as https://example.com"
    path: bool = False

    def wrong(self, value: object, _root: Path, /) -> str:
        if not isinstance(value, str):
            return f"it is {kind_of(value)}"
        try:
            parts = urlsplit(value)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            return f"it is `{value}`"
        if not good:
            return f"it is `{value}`"
        if parts.username is not None or parts.password is not None:
            return "it holds a user name or a password"
        if parts.query or parts.fragment or (parts.path.strip("/") and not self.path):
            return f"it holds more than a host: `{value}`"
        return ""


@dataclass(frozen=True)
class Template:
    """Text with placeholders. What it makes is tried with harmless values."""

    names: tuple[str, ...]
    makes: str
    """`tag` or `repository`."""
    example: str

    @property
    def expected(self) -> str:
        listed = ", ".join(f"{{{name}}}" for name in self.names)
        return f'a {self.makes} with any of {listed}, such as "{self.example}"'

    def wrong(self, value: object, _root: Path, /) -> str:
        if not isinstance(value, str):
            return f"it is {kind_of(value)}"
        try:
            used = placeholders(value)
        except ValueError as error:
            return str(error)
        unknown = next((name for name in used if name not in self.names), None)
        if unknown is not None:
            return f"`{{{unknown}}}` is not a placeholder of it"
        made = value.format(**dict.fromkeys(self.names, "1"))
        grammar = TAG if self.makes == "tag" else REPOSITORY
        return "" if grammar.fullmatch(made) else f"`{value}` can never make a {self.makes}"


@dataclass(frozen=True)
class WorkloadName:
    expected: str = 'KIND/NAME, such as "deployment/backend", "statefulset/db" or "cronjob/nightly"'

    def wrong(self, value: object, _root: Path, /) -> str:
        if not isinstance(value, str):
            return f"it is {kind_of(value)}"
        return "" if workload(value) else f"it is `{value}`"


def full_path(value: str, root: Path, home: Path) -> Path:
    """A path of the configuration as an absolute one; `~` is the user's home."""
    if value == "~" or value.startswith("~/"):
        return home / value[2:]
    return root / value


@dataclass(frozen=True)
class File:
    """A file of the tree, which must be there."""

    expected: str = "a file, relative to this one's folder"

    def wrong(self, value: object, root: Path, /) -> str:
        if not isinstance(value, str) or not value:
            return f"it is {kind_of(value) if value else 'empty'}"
        path = full_path(value, root, Path.home())
        if path.is_file():
            return ""
        return f"`{value}` is a folder" if path.is_dir() else f"there is no file `{value}`"


@dataclass(frozen=True)
class Folder:
    """A folder of the tree, which must be there, perhaps with one of some files in it."""

    expected: str = "a folder, relative to this file's"
    holds: tuple[str, ...] = ()

    def wrong(self, value: object, root: Path, /) -> str:
        if not isinstance(value, str) or not value:
            return f"it is {kind_of(value) if value else 'empty'}"
        path = full_path(value, root, Path.home())
        if not path.is_dir():
            return f"`{value}` is a file" if path.exists() else f"there is no folder `{value}`"
        if self.holds and not any((path / name).is_file() for name in self.holds):
            return f"there is no {self.holds[0]} in `{value}`"
        return ""


@dataclass(frozen=True)
class OuterFile:
    """A file of the user's machine, outside the tree: looked for only when it is used."""

    expected: str = "a file, absolute, with ~, or relative to this one's folder"

    def wrong(self, value: object, _root: Path, /) -> str:
        if isinstance(value, str) and value:
            return ""
        return f"it is {kind_of(value) if value != '' else 'empty'}"


@dataclass(frozen=True)
class BuildValue:
    """A build argument: its value, or the environment variable that holds it."""

    expected: str = 'a string, or { env = "NAME" } for a secret that an environment variable holds'

    def wrong(self, value: object, _root: Path, /) -> str:
        if isinstance(value, str):
            return ""
        if isinstance(value, dict) and set(value) == {"env"} and isinstance(value["env"], str) and value["env"]:
            return ""
        return f"it is {kind_of(value)}" + (" of another form" if isinstance(value, dict) else "")


@dataclass(frozen=True)
class Wanted:
    """A value that a field of the health document must have; nested tables are longer paths."""

    expected: str = "a string, a number or a boolean"

    def wrong(self, value: object, root: Path, /) -> str:
        if isinstance(value, dict):
            return next((fault for inner in value.values() if (fault := self.wrong(inner, root))), "")
        return "" if isinstance(value, str | int | float) else f"it is {kind_of(value)}"
