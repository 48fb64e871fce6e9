"""An environment on a few lines."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from deployctl.model.status import EnvironmentStatus, ServiceStatus
from deployctl.ui.history_view import history_lines
from deployctl.ui.lines import BOLD, DIM, WARN, line, short
from deployctl.ui.problem_view import diagnosis_lines
from deployctl.ui.rollout_view import rollout_line


def status_lines(status: EnvironmentStatus) -> tuple[Text, ...]:
    """The cluster, who releases, each service, the last release."""
    lock = (line(("lock     ", DIM), (status.lock, WARN), indent=2),) if status.lock else ()
    last = history_lines((status.last,)) if status.last else (line("no release has been recorded here yet"),)
    return (
        line((status.environment, BOLD), f"  {status.namespace} at {status.server} ({status.version})"),
        *lock,
        *(text for service in status.services for text in _service(service)),
        line(("last release", BOLD)),
        *last,
    )


def _service(service: ServiceStatus) -> Iterator[Text]:
    yield line((service.service, BOLD))
    yield line(("live     ", DIM), service.named or ("nothing", WARN), indent=2)
    if service.wanted != service.named:
        yield line(("overlay  ", DIM), (service.wanted or "nothing", WARN), "  not applied", indent=2)
    for digest in service.running:
        yield line(("running  ", DIM), short(digest), indent=2)
    for report in service.rollouts:
        yield line("", rollout_line(report).plain, indent=2)
        for diagnosis in report.diagnoses:
            yield from diagnosis_lines(diagnosis)
