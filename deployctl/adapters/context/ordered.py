"""A call on every item of a stream, several at once, results in order, never more than a few items in memory."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import TypeVar

A = TypeVar("A")
R = TypeVar("R")


def ordered(call: Callable[[A], R], items: Iterable[A], *, at_once: int) -> Iterator[R]:
    """Results in the items' order. Raises what a call or the items raise. At most twice `at_once` items wait.

    The threads are daemons, so that an interrupted run does not hang on a slow request.
    """
    work: queue.SimpleQueue[tuple[A, Future[R]] | None] = queue.SimpleQueue()

    def run() -> None:
        while (job := work.get()) is not None:
            item, future = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call(item))
            except BaseException as error:  # noqa: BLE001 - handed to the caller, who raises it
                future.set_exception(error)

    for _ in range(at_once):
        threading.Thread(target=run, daemon=True).start()
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            future: Future[R] = Future()
            waiting.append(future)
            work.put((item, future))
            if len(waiting) >= 2 * at_once:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
        for _ in range(at_once):
            work.put(None)
