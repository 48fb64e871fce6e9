"""Evidence for a diagnosis: the last lines of the container's log, of the crashed one where it crashed."""

from __future__ import annotations

from dataclasses import replace

from deployctl.engine.target import Target
from deployctl.model.diagnosis import Diagnosis
from deployctl.model.rules.masking import mask_lines

LINES = 20
CRASHES = ("crash-loop", "container-exits", "job-failed")
"""Causes that a program names itself, in the last thing that it says."""


def with_logs(target: Target, diagnosis: Diagnosis) -> Diagnosis:
    """The diagnosis with the log's last lines, secrets masked; as it was where there is no container to ask.

    Where a container crashed, that is the log of the previous one, and of the one that runs now, too, for it may say
    why it is about to. A kubelet answers both questions with the same log while none runs. What it said last comes
    before everything else: that is usually the error.
    """
    if not diagnosis.pod or not diagnosis.container:
        return diagnosis
    now = _log(target, diagnosis, previous=False)
    before = _log(target, diagnosis, previous=True) if diagnosis.previous_logs else ()
    shown = [f"log of the previous container: {line}" for line in before]
    shown += [f"log: {line}" for line in now if now != before]
    words = _last(before or now) if diagnosis.cause in CRASHES else ()
    return replace(diagnosis, evidence=(*words, *diagnosis.evidence, *shown))


def _last(lines: tuple[str, ...]) -> tuple[str, ...]:
    said = [line.strip() for line in lines if line.strip()]
    return (f"last words: {said[-1]}",) if said else ()


def _log(target: Target, diagnosis: Diagnosis, *, previous: bool) -> tuple[str, ...]:
    lines = target.ports.cluster.logs(
        target.environment.namespace, diagnosis.pod, diagnosis.container, previous=previous, lines=LINES
    )
    return mask_lines(lines) if lines else ()
