"""`WWW-Authenticate`, parsed: what a registry wants to see (RFC 9110, section 11.6.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf"\s*({_WORD})\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|({_WORD}[^\s,]*|[^\s,\"]+))\s*")
_SCHEME = re.compile(rf"\s*({_WORD})(?:\s+|\s*$|\s*(?=,))")


@dataclass(frozen=True)
class Challenge:
    """One way to authenticate; scheme and parameter names in lower case."""

    scheme: str
    parameters: Mapping[str, str]

    def get(self, name: str) -> str:
        return self.parameters.get(name, "")


def parse_challenges(header: str) -> tuple[Challenge, ...]:
    """Every challenge of a header, several in one line included; what cannot be read is passed over."""
    found: list[tuple[str, dict[str, str]]] = []
    position = 0
    while position < len(header):
        parameter = _PARAMETER.match(header, position) if found else None
        scheme = None if parameter else _SCHEME.match(header, position)
        if parameter:
            name, quoted, plain = parameter.groups()
            value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain
            found[-1][1].setdefault(name.lower(), value)
        elif scheme:
            found.append((scheme[1].lower(), {}))
        match = parameter or scheme
        position = match.end() if match and match.end() > position else position + 1
        while position < len(header) and header[position] in ", \t":
            position += 1
    return tuple(Challenge(scheme, parameters) for scheme, parameters in found)


def choose(challenges: tuple[Challenge, ...]) -> Challenge | None:
    """Bearer before Basic, as docker does: a token opens one scope, a password everything."""
    for scheme in ("bearer", "basic"):
        for challenge in challenges:
            if challenge.scheme == scheme:
                return challenge
    return None
