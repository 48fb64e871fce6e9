"""A program fed from a stream, its output line by line, ended when it is left."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
from collections.abc import Generator, Iterable, Mapping
from contextlib import suppress

from deployctl.adapters.builds.command import Command
from deployctl.model.errors import DeployError, Unavailable

PULSE = 1.0
"""Seconds without a line after which None is given."""
GRACE = 10.0
"""Seconds that a program may take to end when it is asked to."""


class Program:
    """One run. It has a session of its own, so that Ctrl-C reaches us, and it through us."""

    def __init__(self, command: Command, environ: Mapping[str, str], pieces: Iterable[bytes] = ()) -> None:
        """Raises Unavailable when there is no such program."""
        try:
            self._process = subprocess.Popen(
                command.words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**environ, **command.environ},
                start_new_session=True,
            )
        except OSError as error:
            raise Unavailable(
                f"{command.words[0]} cannot be run: {error.strerror}",
                where="PATH",
                action='install it, or set builder = "acr" under [registry]',
            ) from error
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._failure: DeployError | None = None
        self.code = 0
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._feed, args=(pieces,), daemon=True).start()

    def lines(self) -> Generator[str | None, None, None]:
        """Lines without their ends, None now and then while there are none. Afterwards `code` is the exit code.

        Raises what the stream raised. Leaving it ends the program.
        """
        try:
            while (line := self._next()) is not None:
                yield line or None
            self.code = self._process.wait()
        finally:
            self._end()
        if self._failure is not None:
            raise self._failure

    def _next(self) -> str | None:
        """A line; empty when none came; None at the end."""
        try:
            return self._lines.get(timeout=PULSE)
        except queue.Empty:
            return ""

    def _read(self) -> None:
        assert self._process.stdout is not None
        for raw in self._process.stdout:
            self._lines.put(raw.decode("utf-8", "replace").rstrip("\r\n") or " ")
        self._lines.put(None)

    def _feed(self, pieces: Iterable[bytes]) -> None:
        """A program that stops reading has its own reasons, which it says; a stream that fails ends the program."""
        assert self._process.stdin is not None
        try:
            with suppress(BrokenPipeError), self._process.stdin as pipe:
                for piece in pieces:
                    pipe.write(piece)
        except DeployError as error:
            self._failure = error
            self._signal(signal.SIGTERM)

    def _end(self) -> None:
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            try:
                self._process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
