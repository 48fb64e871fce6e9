"""Reading a Dockerfile as the classic builder does: ACR Tasks have no BuildKit."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

KEYWORDS = frozenset(
    {"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER"}
    | {"ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"}
)
VARIABLE = re.compile(r"\\?\$(?:(\w+)|\{(\w+)(?::([-+])([^}]*))?\})")


class DockerfileError(ValueError):
    """A Dockerfile that the builder refuses, in its words."""


@dataclass(frozen=True)
class Instruction:
    """One line: keyword in capitals, flags such as `--from`, the rest, and the text for the log."""

    keyword: str
    flags: Mapping[str, str]
    rest: str
    text: str

    def words(self) -> list[str]:
        """Arguments, in the JSON form or the shell form."""
        if self.rest.startswith("["):
            try:
                value = json.loads(self.rest)
            except ValueError:
                value = None
            if isinstance(value, list):
                return [str(word) for word in value]
        return self.rest.split()


@dataclass(frozen=True)
class Stage:
    """From one FROM to the next."""

    base: str
    name: str
    instructions: tuple[Instruction, ...]


@dataclass
class Dockerfile:
    """Stages, and the ARGs before the first FROM."""

    stages: list[Stage] = field(default_factory=list)
    arguments: dict[str, str] = field(default_factory=dict)

    def up_to(self, target: str) -> list[Stage]:
        """The stages that the classic builder runs: all until the target. Raises DockerfileError."""
        if not target:
            return self.stages
        for number, stage in enumerate(self.stages):
            if target.lower() in {stage.name.lower(), str(number)}:
                return self.stages[: number + 1]
        raise DockerfileError(f"failed to reach build target {target} in Dockerfile")


def parse(text: str, given: Mapping[str, str]) -> Dockerfile:
    """Raises DockerfileError. `given` are the build arguments, for FROM lines."""
    found = Dockerfile()
    current: list[Instruction] = []
    for line in _lines(text):
        instruction = _instruction(line)
        if instruction.keyword == "FROM":
            _close(found, current)
            current = [instruction]
        elif current:
            current.append(instruction)
        elif instruction.keyword == "ARG":
            name, _, default = instruction.rest.partition("=")
            found.arguments[name] = given.get(name, expand(_unquoted(default), found.arguments))
        else:
            raise DockerfileError("no build stage in current context")
    _close(found, current)
    if not found.stages:
        raise DockerfileError("the Dockerfile (Dockerfile) cannot be empty")
    return found


def _close(found: Dockerfile, instructions: list[Instruction]) -> None:
    if not instructions:
        return
    words = instructions[0].rest.split()
    if len(words) not in {1, 3} or (len(words) == 3 and words[1].lower() != "as"):
        raise DockerfileError("FROM requires either one or three arguments")
    base = expand(words[0], found.arguments)
    if not base:
        raise DockerfileError("base name (${...}) should not be blank")
    found.stages.append(Stage(base, words[2] if len(words) == 3 else "", tuple(instructions)))


def _lines(text: str) -> list[str]:
    """Logical lines: comments out, continuations joined, the escape directive obeyed."""
    directive = re.match(r"#\s*escape\s*=\s*(\S)", text.lstrip("\ufeff"))
    escape = directive[1] if directive else "\\"
    lines, pending = [], ""
    for raw in text.lstrip("\ufeff").splitlines():
        if raw.lstrip().startswith("#") or (pending and not raw.strip()):
            continue
        stripped = raw.rstrip()
        if stripped.endswith(escape):
            pending += stripped[:-1].lstrip() if not pending else stripped[:-1]
            continue
        whole = (pending + (raw if pending else raw.lstrip())).strip()
        pending = ""
        if whole:
            lines.append(whole)
    return [*lines, pending.strip()] if pending.strip() else lines


def _instruction(line: str) -> Instruction:
    keyword, _, rest = line.partition(" ")
    if keyword.upper() not in KEYWORDS:
        raise DockerfileError(f"dockerfile parse error: unknown instruction: {keyword.upper()}")
    flags: dict[str, str] = {}
    rest = rest.strip()
    while match := re.match(r"--([a-z-]+)(?:=(\S*))?\s+", rest + " "):
        flags[match[1]] = match[2] or ""
        rest = rest[match.end() :].strip() if match.end() <= len(rest) else ""
    if "mount" in flags and keyword.upper() == "RUN":
        hint = "Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled"
        raise DockerfileError(f"the --mount option requires BuildKit. {hint}")
    return Instruction(keyword.upper(), flags, rest, line)


def expand(text: str, values: Mapping[str, str]) -> str:
    """`$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:+other}`; an escaped dollar stays."""

    def replaced(match: re.Match[str]) -> str:
        if match[0].startswith("\\"):
            return match[0][1:]
        value = values.get(match[1] or match[2], "")
        if match[3] == "-":
            return value or match[4]
        return (match[4] if value else "") if match[3] == "+" else value

    return VARIABLE.sub(replaced, text)


def pairs(rest: str) -> dict[str, str]:
    """`A=b C="d e"`, or the old form `A b`. Raises DockerfileError for a pair without a name."""
    first = rest.split(maxsplit=1)
    if first and "=" not in first[0]:
        return {first[0]: first[1] if len(first) > 1 else ""}
    try:
        words = shlex.split(rest, posix=True)
    except ValueError as error:
        raise DockerfileError(f"Syntax error - can't find = in {rest!r}: {error}") from error
    found = dict(word.partition("=")[::2] for word in words)
    if "" in found:
        raise DockerfileError(f"Syntax error - can't find = in {rest!r}. Must be of the form: name=value")
    return found


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
