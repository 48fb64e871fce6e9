"""What a build comes to, decided from the uploaded context before any of its time has passed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import takewhile

from deployctl.sandbox.arm.context import Context, ContextError, unpack
from deployctl.sandbox.arm.dockerfile import DockerfileError, parse
from deployctl.sandbox.arm.requests import BuildRequest
from deployctl.sandbox.arm.steps import Built, Steps


@dataclass(frozen=True)
class Line:
    """Of a log; the agent's own lines begin with the time, the builder's do not."""

    text: str
    stamped: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a build will end, known before its time has passed: its log, and either a failure or what was built."""

    lines: tuple[Line, ...]
    failure: str
    built: Built = field(default_factory=Built)
    context: Context | None = None


def decide(request: BuildRequest, archive: bytes | None, host: str) -> Outcome:
    """`host` is the registry's login server, for the log."""
    if archive is None:
        text = f"failed to download source: {request.source} was not found"
        return Outcome((Line(text, stamped=True),), "failed to download source code: blob not found")
    try:
        context = unpack(archive)
    except ContextError as error:
        return Outcome((Line(f"failed to extract the source: {error}", stamped=True),), str(error))
    return _evaluated(request, context, host)


def _evaluated(request: BuildRequest, context: Context, host: str) -> Outcome:
    name = request.dockerfile.removeprefix("./")
    text = context.contents.get(name)
    opening = _stamped("Finished downloading source code", *_preparations(host))
    if text is None:
        why = f"unable to evaluate symlinks in Dockerfile path: lstat {name}: no such file or directory"
        message = f"failed to scan dependencies: open {name}: no such file or directory"
        return Outcome((*opening, Line(f"unable to prepare context: {why}")), message)
    steps = Steps(context, request.arguments)
    told = (*opening, Line(f"Sending build context to Docker daemon  {_human(context.size)}"))
    try:
        built = steps.run(parse(text.decode(errors="replace"), request.arguments), request.target)
    except DockerfileError as error:
        closing = (Line(str(error)), *_stamped("Container failed during run: build. No retries remaining."))
        lines = (*told, *_masked(request, steps.log), *closing, Line("failed to run step ID: build: exit status 1"))
        return Outcome(lines, "failed during run, err: exit status 1")
    closing = tuple(Line(f"Successfully tagged {host}/{image}") for image in request.images)
    ended = _stamped("Successfully executed container: build")
    return Outcome((*told, *_masked(request, steps.log), *closing, *ended), "", built, context)


def broken_off(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The log of a build that ends before docker has finished."""
    return tuple(takewhile(lambda line: not line.text.startswith("Successfully tagged "), lines))


def _masked(request: BuildRequest, lines: list[str]) -> list[Line]:
    """Values of secret arguments never reach a log."""
    secrets = [request.arguments[name] for name in request.secret if request.arguments[name]]
    pattern = re.compile("|".join(map(re.escape, secrets)) or r"(?!)")
    return [Line(pattern.sub("***", line)) for line in lines]


def _preparations(host: str) -> tuple[str, ...]:
    return (
        "Setting up Docker configuration...",
        "Successfully set up Docker configuration",
        f"Logging in to registry: {host}",
        f"Successfully logged into {host}",
        "Executing step ID: build. Timeout(sec): 28800, Working directory: '', Network: ''",
        "Scanning for dependencies...",
        "Successfully scanned dependencies",
        "Launching container with name: build",
    )


def _stamped(*texts: str) -> tuple[Line, ...]:
    return tuple(Line(text, stamped=True) for text in texts)


def _human(size: int) -> str:
    return f"{size / 1e6:.3f}MB" if size >= 1_000_000 else f"{size / 1e3:.3f}kB"
