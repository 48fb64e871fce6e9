"""Evidence for a diagnosis: the last lines of the container's log, of the crashed one where it crashed."""

from __future__ import annotations

from dataclasses import replace

from deployctl.engine.target import Target
from deployctl.model.diagnosis import Diagnosis
from deployctl.model.rules.masking import mask_lines

LINES = 20


def with_logs(target: Target, diagnosis: Diagnosis) -> Diagnosis:
    """The diagnosis with the log's last lines, secrets masked; as it was where there is no container to ask."""
    if not diagnosis.pod or not diagnosis.container:
        return diagnosis
    lines = target.ports.cluster.logs(
        target.environment.namespace,
        diagnosis.pod,
        diagnosis.container,
        previous=diagnosis.previous_logs,
        lines=LINES,
    )
    which = "log of the previous container" if diagnosis.previous_logs else "log"
    shown = tuple(f"{which}: {line}" for line in mask_lines(lines))
    return replace(diagnosis, evidence=(*diagnosis.evidence, *shown))
