"""All procedures on both clusters, several at a time."""

from __future__ import annotations

import re
import secrets
import traceback
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
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


class Both:
    """Two clusters, and every procedure under way on them."""

    def __init__(self, procedures: Iterable[Procedure], real: Target, sandbox: Target) -> None:
        self._targets = real, sandbox
        self._pools = ThreadPoolExecutor(AT_A_TIME), ThreadPoolExecutor(AT_A_TIME)
        self.pairs = {procedure.name: self._begin(procedure) for procedure in procedures}

    def alone(self, name: str) -> Pair:
        """A procedure once more, when all others have ended: what was chance on a busy machine does not show again,
        what one of the two does otherwise does."""
        wait([future for pair in self.pairs.values() for future in (pair.real, pair.sandbox)])
        again = self._begin(self.pairs[name].procedure)
        wait([again.real, again.sandbox])
        return again

    def close(self) -> None:
        """An interrupted run begins nothing more."""
        for pool in self._pools:
            pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self, procedure: Procedure) -> Pair:
        namespace = f"conf-{re.sub('[^a-z]+', '-', procedure.name)[:30]}-{secrets.token_hex(2)}"
        real, sandbox = (
            pool.submit(Running(target, procedure, namespace).answers)
            for pool, target in zip(self._pools, self._targets, strict=True)
        )
        return Pair(procedure, real, sandbox)
