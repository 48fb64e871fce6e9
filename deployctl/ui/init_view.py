"""What `init` guessed, and from what."""

from __future__ import annotations

from rich.text import Text

from deployctl.model.event import ConfigurationWritten
from deployctl.ui.lines import BOLD, DIM, line


def written_lines(event: ConfigurationWritten) -> tuple[Text, ...]:
    """The guesses with their evidence; the text itself when it was not written to a file."""
    text = () if event.written else tuple(line(row) for row in event.text.splitlines())
    guesses = [
        row
        for guess in event.guesses
        for row in (
            line((f"{guess.what}", BOLD), (f"  {guess.where}" if guess.where else "", DIM)),
            *(line((one, DIM), indent=2) for one in guess.evidence),
            *((line(("check  ", DIM), guess.action, indent=2),) if guess.action else ()),
        )
    ]
    return (*text, *guesses)
