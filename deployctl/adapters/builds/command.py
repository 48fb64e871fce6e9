"""The commands of docker and buildx, as values: nothing here runs anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from deployctl.model.dockerfile import CONTEXT_LABEL
from deployctl.model.image import Image
from deployctl.model.service import BuildArgument
from deployctl.ports import BuildOrder


@dataclass(frozen=True)
class Command:
    """What to run, and the variables that it gets beside the surroundings': secret values travel only there."""

    words: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)


def build_command(
    order: BuildOrder, *, tool: Literal["docker", "buildx"], dockerfile: str, context: str, metadata: Path | None
) -> Command:
    """Builds the archive on standard input; buildx pushes, too, and writes the digest into `metadata`."""
    source = order.source
    words = [
        *(("docker", "build") if tool == "docker" else ("docker", "buildx", "build", "--progress=plain", "--push")),
        f"--tag={order.image.name}:{order.image.tag}",
        f"--file={dockerfile}",
        f"--platform={source.platform}",
        f"--label={CONTEXT_LABEL}={context}",
        *((f"--target={source.target}",) if source.target else ()),
        *(("--no-cache",) if source.no_cache else ()),
        *(f"--build-arg={word}" for word in _arguments(source.arguments)),
        *((f"--metadata-file={metadata}",) if metadata else ()),
        "-",
    ]
    return Command(tuple(words), {a.name: a.value for a in source.arguments if a.secret})


def push_command(image: Image) -> Command:
    """Says the digest in its last line."""
    return Command(("docker", "push", f"{image.name}:{image.tag}"))


def _arguments(arguments: tuple[BuildArgument, ...]) -> Iterator[str]:
    """A secret one by its name alone: docker takes the value from its environment, where no process list shows it."""
    for argument in arguments:
        yield argument.name if argument.secret else f"{argument.name}={argument.value}"
