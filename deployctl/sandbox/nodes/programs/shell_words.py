"""The small shell's commands. Each takes its arguments and gives an exit status."""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import urlsplit

from deployctl.sandbox.nodes.programs.process import Surroundings

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(words: list[str]) -> float | None:
    """What `sleep` was asked for; None for ever."""
    total = 0.0
    for word in words:
        if word in ("infinity", "inf"):
            return None
        unit = _UNITS.get(word[-1:], 0.0)
        total += float(word[:-1]) * unit if unit else float(word)
    return total


def number(words: list[str], otherwise: int) -> int:
    return int(words[0]) % 256 if words and words[0].lstrip("-").isdigit() else otherwise


def succeed(_around: Surroundings, _words: list[str]) -> int:
    return 0


def fail(_around: Surroundings, _words: list[str]) -> int:
    return 1


def echo(around: Surroundings, words: list[str]) -> int:
    around.log(" ".join(word for word in words if word not in ("-n", "-e")).replace("\\n", "\n"))
    return 0


def date(around: Surroundings, _words: list[str]) -> int:
    around.log(around.clock.now().strftime("%a %b %e %H:%M:%S UTC %Y"))
    return 0


def env(around: Surroundings, words: list[str]) -> int:
    names = [word for word in words if not word.startswith("-")]
    for name, value in sorted(around.env.items()):
        if not names:
            around.log(f"{name}={value}")
        elif name in names:
            around.log(value)
    return 0 if all(name in around.env for name in names) else 1


def test(_around: Surroundings, words: list[str]) -> int:
    """`[ -n x ]`, `[ -z x ]`, `[ a = b ]`, `[ a != b ]`, `[ a -lt b ]` …; files exist."""
    words = words[:-1] if words[-1:] == ["]"] else words
    if words[:1] == ["!"]:
        return 1 - _holds(words[1:])
    return 0 if _holds(words) else 1


_COMPARE = {"-eq": "==", "-ne": "!=", "-lt": "<", "-le": "<=", "-gt": ">", "-ge": ">="}


def _holds(words: list[str]) -> bool:
    match words:
        case ["-n", value]:
            return bool(value)
        case ["-n"] | []:
            return False
        case ["-z", value]:
            return not value
        case ["-z"]:
            return True
        case [left, "=" | "==", right]:
            return left == right
        case [left, "!=", right]:
            return left != right
        case [left, operator, right] if operator in _COMPARE:
            return _compares(int(left or 0), operator, int(right or 0))
        case [flag, _] if flag.startswith("-"):
            return True
    return bool(words[0])


def _compares(left: int, operator: str, right: int) -> bool:
    return {
        "-eq": left == right,
        "-ne": left != right,
        "-lt": left < right,
        "-le": left <= right,
        "-gt": left > right,
        "-ge": left >= right,
    }[operator]


def netcat(around: Surroundings, words: list[str]) -> int:
    """`nc -z HOST PORT`."""
    plain = [word for word in words if not word.startswith("-")]
    for host, port in pairwise(plain):
        if port.isdigit() and not host.isdigit():
            return 0 if around.reaches(host, int(port)) else 1
    return 1


def lookup(around: Surroundings, words: list[str]) -> int:
    """`nslookup HOST`, `getent hosts HOST`: port 0 asks for the name alone."""
    names = [word for word in words if not word.startswith("-") and word != "hosts"]
    return 0 if names and around.reaches(names[0], 0) else 1


def fetch(around: Surroundings, words: list[str]) -> int:
    """`wget`/`curl URL`: whether something answers there."""
    urls = [word for word in words if "://" in word]
    plain = [word for word in words if not word.startswith("-")]
    text = urls[0] if urls else f"http://{plain[-1]}" if plain else ""
    parts = urlsplit(text)
    if not parts.hostname:
        return 1
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return 0 if around.reaches(parts.hostname, port) else 7
