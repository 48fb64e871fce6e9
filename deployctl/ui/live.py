"""The terminal's view: finished steps stay as lines above, one small live block below says what happens now."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

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
from deployctl.ui.event_view import Verbosity, event_lines, log_line
from deployctl.ui.rollout_view import waiting_lines

LOG_LINES = 8
"""The last lines of the logs that the live block shows, shared among those that run side by side; the whole log is in
the plain output and with -v."""
FEWEST = 3


class LivePrinter:
    """Shows what is final once, and what is passing only while it lasts."""

    def __init__(self, console: Console, verbosity: Verbosity) -> None:
        self._console, self._verbosity = console, verbosity
        self._live = Live(console=console, refresh_per_second=8, transient=True)
        self._running: dict[str, Spinner] = {}
        """Spinners by title: steps may run side by side."""
        self._details: dict[str, tuple[Text, ...]] = {}
        """What each subject was last said to do."""
        self._logs: dict[str, deque[Text]] = {}

    def __enter__(self) -> LivePrinter:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _stop(self) -> None:
        self._running.clear()
        self._forget()
        if self._live.is_started:
            self._live.update(Text(""), refresh=True)
            self._live.stop()

    def _forget(self) -> None:
        self._details.clear()
        self._logs.clear()

    def show(self, event: RunEvent) -> None:
        match event:
            case StepStarted() if self._verbosity is not Verbosity.QUIET:
                self._begin(event.title)
            case StepProgress():
                self._details[event.subject] = event_lines(event, self._verbosity)
            case Waiting():
                self._details[""] = waiting_lines(event.reports)
            case Probed():
                self._details[""] = event_lines(event, self._verbosity)
            case LogLine() if self._verbosity is not Verbosity.VERBOSE:
                log = self._logs.setdefault(event.source, deque(maxlen=LOG_LINES))
                log.append(log_line(event))
            case StepFinished() | StepFailed():
                self._end(event.title)
                self.say(event_lines(event, self._verbosity))
            case Outcome():
                self._stop()
                self.say(event_lines(event, self._verbosity))
            case _:
                self.say(event_lines(event, self._verbosity))
        if self._live.is_started:
            self._live.update(self._block())

    def say(self, lines: tuple[Text, ...]) -> None:
        for text in lines:
            self._console.print(text, overflow="fold")

    @contextmanager
    def aside(self) -> Iterator[bool]:
        shown = self._live.is_started
        if shown:
            self._live.stop()
        try:
            yield True
        finally:
            if shown:
                self._show_block()

    def _begin(self, title: str) -> None:
        if not self._running:
            self._forget()
        self._running[title] = Spinner("dots", Text(title, overflow="ellipsis", no_wrap=True))
        if not self._live.is_started:
            self._show_block()

    def _show_block(self) -> None:
        self._live = Live(self._block(), console=self._console, refresh_per_second=8, transient=True)
        self._live.start()

    def _end(self, title: str) -> None:
        """What the others say goes on being shown."""
        self._running.pop(title, None)
        if not self._running:
            self._stop()

    def _block(self) -> RenderableType:
        narrow = max(self._console.width - 1, 20)
        share = max(LOG_LINES // max(len(self._logs), 1), FEWEST)
        details = (text for lines in self._details.values() for text in lines)
        logs = (text for log in self._logs.values() for text in list(log)[-share:])
        rows = [text.copy() for text in (*details, *logs)]
        for row in rows:
            row.truncate(narrow, overflow="ellipsis")
        return Group(*self._running.values(), *rows)
