"""All procedures on both clusters, several at a time."""

from __future__ import annotations

import re
import secrets
import traceback
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from conformance.comparing.compare import Compared, Difference, compare
from conformance.comparing.listed import Listed
from conformance.comparing.procedure import Procedure
from conformance.comparing.run import Answer, Running
from conformance.comparing.target import Target

AT_A_TIME = 10


@dataclass(frozen=True)
class Pair:
    """A procedure under way on two clusters."""

    procedure: Procedure
    real: Future[list[Answer]]
    sandbox: Future[list[Answer]]

    def outcome(self, listed: Sequence[Listed]) -> Compared:
        """Waits for both; what went wrong on the way is a difference."""
        try:
            return compare(self.procedure.name, self.real.result(), self.sandbox.result(), listed)
        except Exception as error:  # noqa: BLE001  one procedure's trouble must not hide the others
            trouble = Difference("the procedure itself", tuple(traceback.format_exception(error)[-2:]))
            return Compared(self.procedure.name, 0, (trouble,), frozenset())


def run_all(procedures: Iterable[Procedure], real: Target, sandbox: Target) -> Iterator[dict[str, Pair]]:
    """The pairs by name, started; a generator so that the pool outlives those who wait."""
    run = secrets.token_hex(2)
    with ThreadPoolExecutor(AT_A_TIME) as one, ThreadPoolExecutor(AT_A_TIME) as other:
        pairs = {}
        for procedure in procedures:
            namespace = f"conf-{re.sub('[^a-z]+', '-', procedure.name)[:30]}-{run}"
            futures = (
                pool.submit(Running(target, procedure, namespace).answers)
                for pool, target in ((one, real), (other, sandbox))
            )
            pairs[procedure.name] = Pair(procedure, *futures)
        try:
            yield pairs
        finally:  # an interrupted run begins nothing more
            for pool in (one, other):
                pool.shutdown(wait=False, cancel_futures=True)
