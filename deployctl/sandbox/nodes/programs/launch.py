"""From a container's command to a process: what can be executed, and the runtime's words when it cannot."""

from __future__ import annotations

from dataclasses import dataclass

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.nodes.behaviour import COMMON_BINARIES, Behaviour
from deployctl.sandbox.nodes.environment import expand
from deployctl.sandbox.nodes.images import StoredImage
from deployctl.sandbox.nodes.programs.application import Application
from deployctl.sandbox.nodes.programs.process import Process, Surroundings
from deployctl.sandbox.nodes.programs.shell import BUILTINS, SHELLS, Shell

OCI = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
    "unable to start container process: exec: "
)


class StartError(Exception):
    """The runtime could not start the command; the message is its own."""


@dataclass(frozen=True)
class Command:
    """What will run: `argv`, and whether it is the image's own entrypoint."""

    argv: tuple[str, ...]
    own: bool


def command_of(container: Object, image: StoredImage, env: dict[str, str]) -> Command:
    """Kubernetes' rule: `command` replaces the entrypoint and drops the image's cmd, `args` replaces the cmd."""
    command, args = container.get("command"), container.get("args")
    config = image.config
    if command:
        argv = [*command, *(args or ())]
        own = bool(config.entrypoint or config.cmd) and command[0] == (*config.entrypoint, *config.cmd)[0]
        return Command(tuple(expand(word, env) for word in argv), own)
    argv = [*config.entrypoint, *(args if args else config.cmd)]
    own = bool(config.entrypoint) or not args
    return Command(tuple(expand(word, env) for word in argv), own)


def executables(behaviour: Behaviour, image: StoredImage) -> frozenset[str]:
    """Names of what the image can run: its label, else the common ones, and always its own entrypoint."""
    own = [word.rsplit("/", 1)[-1] for word in (*image.config.entrypoint, *image.config.cmd)[:1]]
    return frozenset([*(behaviour.binaries or COMMON_BINARIES), *own])


def check(command: Command, behaviour: Behaviour, image: StoredImage) -> None:
    """Raises StartError when the command is not in the image. A bare name that nobody listed is given the benefit
    of the doubt unless the image says what it has."""
    if command.own or not command.argv:
        return
    word = command.argv[0]
    name = word.rsplit("/", 1)[-1]
    if name in executables(behaviour, image):
        return
    if word.startswith("/"):
        raise StartError(f'{OCI}"{word}": stat {word}: no such file or directory: unknown')
    if behaviour.binaries is not None:
        raise StartError(f'{OCI}"{word}": executable file not found in $PATH: unknown')


def launch(command: Command, around: Surroundings) -> Process:
    """The process of a command that `check` let pass."""
    if command.own or not command.argv:
        return Application(around)
    name, rest = command.argv[0].rsplit("/", 1)[-1], command.argv[1:]
    if name in SHELLS and rest[:1] and rest[0].startswith("-") and rest[0].endswith("c"):
        return Shell(around, rest[1] if len(rest) > 1 else "")
    if name in BUILTINS or name == "sleep":
        return Shell(around, " ".join([name, *(_quoted(word) for word in rest)]))
    return Application(around, task=not around.runs_for_ever)


def _quoted(word: str) -> str:
    return "'" + word + "'" if word and not word.isalnum() else word
