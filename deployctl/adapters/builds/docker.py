"""Builds by docker or buildx on this machine: thin, for teams without ACR Tasks."""

from __future__ import annotations

import json
import re
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deployctl.adapters.builds.command import Command, build_command, push_command
from deployctl.adapters.builds.hints import hint
from deployctl.adapters.builds.masking import check_arguments, masker
from deployctl.adapters.builds.process import Program
from deployctl.adapters.context.packing import Packing, digest_of
from deployctl.adapters.context.selection import select
from deployctl.model.errors import Refused, ReleaseFailed
from deployctl.model.json import EMPTY, text
from deployctl.model.size import spoken_size
from deployctl.ports import BuildEvent, BuildLog, BuildOrder, BuildPulse, BuildResult, BuildState, Clock

PUSHED = re.compile(r"\bdigest: (sha256:[0-9a-f]{64})\b")
SHOWN = 20


@dataclass(frozen=True)
class DockerBuilder:
    """Implements `ports.ImageBuilder`. Registry logins are docker's own."""

    tool: Literal["docker", "buildx"]
    environ: Mapping[str, str]
    clock: Clock

    def build(self, order: BuildOrder) -> Generator[BuildEvent, None, None]:
        """See the port. The context is read twice: docker wants its label before the context."""
        check_arguments(order.source)
        selection = select(order.source.context, order.source.dockerfile, order.source.bumped)
        yield BuildState("packing", f"{len(selection.entries)} entries, {spoken_size(selection.size)}")
        for skipped in selection.skipped:
            yield BuildLog(f"left out of the build context: {skipped.name} is {skipped.why}")
        context = digest_of(selection)
        with tempfile.TemporaryDirectory(prefix="deployctl-build-") as folder:
            metadata = Path(folder) / "metadata.json" if self.tool == "buildx" else None
            command = build_command(
                order, tool=self.tool, dockerfile=selection.dockerfile, context=context, metadata=metadata
            )
            yield BuildState("Running", f"{self.tool}, context {context}")
            packing = Packing(selection, label=False)
            run = _Run(order, self.environ, self.clock)
            yield from run.follow("the build", command, packing.pieces())
            _insist_same(packing, context, order)
            if metadata is None:
                yield BuildState("Pushing")
                yield from run.follow("the push", push_command(order.image))
            digest = run.digest if metadata is None else digest_in(metadata)
        if not digest:
            raise ReleaseFailed(
                f"{self.tool} pushed the image and named no digest", where=str(order.image), action="build again"
            )
        yield BuildState("Succeeded")
        yield BuildResult(order.image.with_digest(digest), "", context)


class _Run:
    """The commands of one build, under one deadline."""

    def __init__(self, order: BuildOrder, environ: Mapping[str, str], clock: Clock) -> None:
        self._order = order
        self._environ = environ
        self._clock = clock
        self._end = clock.monotonic() + order.timeout
        self._mask: Callable[[str], str] = masker(order.source)
        self.digest = ""

    def follow(self, what: str, command: Command, pieces: Iterable[bytes] = ()) -> Generator[BuildEvent, None, None]:
        program = Program(command, self._environ, pieces)
        last: deque[str] = deque(maxlen=SHOWN)
        with closing(program.lines()) as lines:
            for line in lines:
                if self._clock.monotonic() > self._end:
                    raise self._failed(f"{what} took longer than {self._order.timeout:g} s", last)
                if line is None:
                    yield BuildPulse()
                    continue
                last.append(self._mask(line))
                self.digest = match[1] if (match := PUSHED.search(line)) else self.digest
                yield BuildLog(last[-1])
        if program.code:
            raise self._failed(f"{what} failed: {' '.join(command.words[:2])} exited with {program.code}", last)

    def _failed(self, what: str, last: deque[str]) -> ReleaseFailed:
        action = hint(*last) or "read the lines above, correct what they name; then build again"
        return ReleaseFailed(what, where=str(self._order.image), evidence=tuple(last), action=action)


def digest_in(metadata: Path) -> str:
    """What buildx wrote; empty when it wrote nothing of use."""
    try:
        body = json.loads(metadata.read_bytes())
    except (OSError, ValueError):
        return ""
    return text(body if isinstance(body, dict) else EMPTY, "containerimage.digest")


def _insist_same(packing: Packing, context: str, order: BuildOrder) -> None:
    """The label is already given: a tree that changed since would make it a lie. A builder may also have stopped
    reading, and then it has failed and said so."""
    if packing.digest and packing.digest != context:
        raise Refused(
            "a file of the build context changed while it was packed",
            where=str(order.source.context),
            evidence=(f"before: {context}", f"while packed: {packing.digest}"),
            action="let whatever writes it finish, or name it in .dockerignore; then build again",
        )
