"""Lines of styled text: built by pure functions, printed by whoever has a console."""

from __future__ import annotations

from rich.text import Text

GOOD, BAD, WARN, DIM, BOLD, ADDED, REMOVED = "green", "red", "yellow", "dim", "bold", "green", "red"
"""What the colours mean, everywhere: green is well or new, red is failed or gone, yellow wants a look."""

Part = str | tuple[str, str]


def line(*parts: Part, indent: int = 0) -> Text:
    """One line; a part is text, or text and style. Markup in the text means nothing, so no content can break it."""
    return Text.assemble(" " * indent, *parts)


def short(digest: str) -> str:
    """A digest as far as a person compares it: `sha256:` and twelve digits."""
    return digest[:19] if digest.startswith("sha256:") else digest


def seconds(value: float) -> str:
    """A duration as a person says it: `0.4 s`, `12 s`, `2 min 05 s`."""
    if value < 9.95:
        return f"{value:.1f} s"
    if value < 60:
        return f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02d} s"


def count(number: int, noun: str) -> str:
    """`1 object`, `2 objects`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
