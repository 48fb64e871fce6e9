"""Where the embedded cluster listens, as lines that a shell can take in."""

from __future__ import annotations

import shlex

from rich.text import Text

from deployctl.model.event import SandboxRead
from deployctl.ui.lines import line


def sandbox_lines(event: SandboxRead) -> tuple[Text, ...]:
    """`export NAME=value` lines, so that `eval "$(deployctl sandbox status)"` sets a shell up."""
    return tuple(line(f"export {name}={shlex.quote(value)}") for name, value in event.values)
