"""The terminal's view: finished steps stay as lines above, one small live block below says what happens now."""

from __future__ import annotations

from collections import deque

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from deployctl.model.event import (
    LogLine,
    Outcome,
    Probed,
    RunEvent,
    StepFailed,
    StepFinished,
    StepProgress,
    StepStarted,
    Waiting,
)
from deployctl.ui.event_view import Verbosity, event_lines
from deployctl.ui.lines import DIM, line
from deployctl.ui.rollout_view import waiting_lines

LOG_LINES = 6
"""The last lines of a log that the live block shows; the whole log is in the plain output and with -v."""


class LivePrinter:
    """Shows what is final once, and what is passing only while it lasts."""

    def __init__(self, console: Console, verbosity: Verbosity) -> None:
        self._console, self._verbosity = console, verbosity
        self._live = Live(console=console, refresh_per_second=8, transient=True)
        self._title = ""
        self._details: tuple[Text, ...] = ()
        self._log: deque[Text] = deque(maxlen=LOG_LINES)

    def __enter__(self) -> LivePrinter:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._live.is_started:
            self._live.update(Text(""), refresh=True)
            self._live.stop()

    def show(self, event: RunEvent) -> None:
        match event:
            case StepStarted() if self._verbosity is not Verbosity.QUIET:
                self._begin(event.title)
            case StepProgress():
                self._details = event_lines(event, self._verbosity)
            case Waiting():
                self._details = waiting_lines(event.reports)
            case Probed():
                self._details = event_lines(event, self._verbosity)
            case LogLine() if self._verbosity is not Verbosity.VERBOSE:
                self._log.append(line((event.text, DIM), indent=4))
            case StepFinished() | StepFailed() | Outcome():
                self._stop()
                self.say(event_lines(event, self._verbosity))
            case _:
                self.say(event_lines(event, self._verbosity))
        if self._live.is_started:
            self._live.update(self._block())

    def say(self, lines: tuple[Text, ...]) -> None:
        for text in lines:
            self._console.print(text, overflow="fold")

    def _begin(self, title: str) -> None:
        self._stop()
        self._title, self._details = title, ()
        self._log.clear()
        self._live = Live(self._block(), console=self._console, refresh_per_second=8, transient=True)
        self._live.start()

    def _block(self) -> RenderableType:
        narrow = max(self._console.width - 1, 20)
        rows = [text.copy() for text in (*self._details, *self._log)]
        for row in rows:
            row.truncate(narrow, overflow="ellipsis")
        return Group(Spinner("dots", Text(self._title, overflow="ellipsis", no_wrap=True)), *rows)
