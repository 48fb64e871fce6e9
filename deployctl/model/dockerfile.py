"""A Dockerfile as far as deployctl must understand it: where its stages begin and end; a label at the end of one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

CONTEXT_LABEL = "dev.deployctl.context"
"""The label that holds the digest of the build context that an image was made of."""
BOM = b"\xef\xbb\xbf"
ESCAPE = re.compile(rb"^\s*#\s*escape\s*=\s*(\S)", re.IGNORECASE)
DIRECTIVE = re.compile(rb"^\s*#\s*\w+\s*=")
FROM = re.compile(rb"^\s*FROM\s+(?:--\S+\s+)*\S+(?:\s+AS\s+(\S+))?\s*$", re.IGNORECASE)
HEREDOC = re.compile(rb"<<-?\s*[\"']?(\w+)[\"']?")
TAKES_HEREDOC = re.compile(rb"^\s*(?:RUN|COPY|ADD)\b", re.IGNORECASE)


@dataclass(frozen=True)
class _Line:
    """A line as the parser meets it."""

    number: int
    begins: bool
    """Whether an instruction may begin here."""
    text: bytes
    open: bool
    """Whether the instruction goes on in the next line."""


def labelled(content: bytes, target: str, label: str, value: str) -> bytes:
    """The Dockerfile with a LABEL at the end of the stage that is built (`target` by name or number, else the last).

    Unchanged when that place cannot be told for certain: no stage, no such target, an instruction left open.
    """
    lines = content.splitlines(keepends=True)
    read = tuple(_read(lines))
    end = _end_of_stage(read, target, len(lines))
    before = next((line for line in reversed(read) if end is not None and line.number < end), None)
    if end is None or before is None or before.open:
        return content
    head = b"".join(lines[:end])
    joint = b"" if head.endswith(b"\n") else b"\n"
    return head + joint + f'LABEL {label}="{value}"\n'.encode() + b"".join(lines[end:])


def _end_of_stage(read: tuple[_Line, ...], target: str, length: int) -> int | None:
    stages = [(line.number, match) for line in read if line.begins and (match := FROM.match(line.text))]
    wanted = target.lower().encode()
    for index, (_, match) in enumerate(stages):
        last = index + 1 == len(stages)
        if wanted in ((match[1] or b"").lower(), str(index).encode()) if wanted else last:
            return length if last else stages[index + 1][0]
    return None


def _read(lines: list[bytes]) -> Iterator[_Line]:
    """Lines that belong to instructions: comments and, within an instruction, empty lines are passed over."""
    escape, opened, heredoc = _escape(lines), False, b""
    for number, raw in enumerate(lines):
        text = (raw.removeprefix(BOM) if number == 0 else raw).rstrip()
        if heredoc:
            ended = text.strip() == heredoc
            heredoc = b"" if ended else heredoc
            yield _Line(number, begins=False, text=text, open=not ended)
            continue
        if text.lstrip().startswith(b"#") or not text.strip():
            continue
        begins, opened = not opened, text.endswith(escape)
        document = HEREDOC.search(text) if begins and TAKES_HEREDOC.match(text) else None
        heredoc = document[1] if document else b""
        yield _Line(number, begins, text, opened or bool(heredoc))


def _escape(lines: list[bytes]) -> bytes:
    """The directive stands among the comments at the top, before anything else."""
    for line in (lines[0].removeprefix(BOM), *lines[1:]) if lines else ():
        if not DIRECTIVE.match(line):
            break
        if match := ESCAPE.match(line):
            return match[1]
    return b"\\"
