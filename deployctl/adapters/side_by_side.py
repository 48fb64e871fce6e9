"""A few calls at once, in threads that nobody has to wait for when the run is interrupted."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

A = TypeVar("A")
R = TypeVar("R")


def side_by_side(call: Callable[[A], R], arguments: Sequence[A], *, at_once: int = 8) -> list[R]:
    """The results in the arguments' order. Raises what the first failing call raised, without waiting for the others.

    The threads are daemons: a pool of concurrent.futures is joined when Python ends, so that Ctrl-C would hang for as
    long as the slowest request may take.
    """
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, R | None, BaseException | None]] = queue.SimpleQueue()
    stopped = threading.Event()

    def work() -> None:
        while not stopped.is_set():
            try:
                index = todo.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((index, call(arguments[index]), None))
            except BaseException as error:  # noqa: BLE001 - handed to the caller, who raises it
                done.put((index, None, error))

    for index in range(len(arguments)):
        todo.put(index)
    for _ in range(min(at_once, len(arguments))):
        threading.Thread(target=work, daemon=True).start()
    return _collect(len(arguments), done, stopped)


def _collect(
    count: int, done: queue.SimpleQueue[tuple[int, R | None, BaseException | None]], stopped: threading.Event
) -> list[R]:
    results: dict[int, R | None] = {}
    try:
        while len(results) < count:
            index, result, error = done.get()
            if error is not None:
                raise error
            results[index] = result
    finally:
        stopped.set()
    return [results[index] for index in range(count)]  # type: ignore[misc] # R may itself allow None
