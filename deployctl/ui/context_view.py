"""A build context: every file that would travel, then what matters of it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from deployctl.model.context import ContextFile
from deployctl.model.event import ContextListed
from deployctl.model.size import spoken_size
from deployctl.ui.lines import BOLD, DIM, WARN, count, line


def context_lines(event: ContextListed) -> tuple[Text, ...]:
    """Sorted as it travels; totals, the largest and what looks like secrets come last, where a terminal ends."""
    return tuple(_lines(event))


def _lines(event: ContextListed) -> Iterator[Text]:
    context = event.context
    yield line((f"{event.service}: {context.folder}", BOLD))
    for file in context.files:
        yield _file(file)
    rules = context.ignore_file or "no .dockerignore"
    yield line((f"{count(len(context.files), 'file')}, {spoken_size(event.size)}", BOLD), (f"  by {rules}", DIM))
    if len(context.files) > len(event.largest):
        yield line(("the largest:", DIM))
        yield from map(_file, event.largest)
    for one in context.left_out:
        yield line(("left out  ", DIM), f"{one.name} is {one.why}", indent=2)
    for one in context.suspects:
        yield line(("secret?   ", WARN), f"{one.name}: {one.why}", indent=2)
    if context.suspects:
        yield line("Name these in .dockerignore, unless they are meant to be in the image.", indent=2)


def _file(file: ContextFile) -> Text:
    return line((f"{spoken_size(file.size):>10}  ", DIM), file.name)
