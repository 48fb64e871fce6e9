"""One pod before the court: everything that a rule of the fail-fast table may look at."""

from __future__ import annotations

from dataclasses import dataclass

from deployctl.model.diagnosis import Diagnosis, Severity
from deployctl.model.json import Json, items, mapping
from deployctl.model.pod import Container, Event, Pod
from deployctl.model.rules.family import Family
from deployctl.model.rules.masking import scrub
from deployctl.model.rules.watch import Watch

EVIDENCE_WIDTH = 600


@dataclass(frozen=True)
class Case:
    """A pod of the current revision, with its family and what is known of it."""

    pod: Pod
    family: Family
    watch: Watch

    @property
    def events(self) -> tuple[Event, ...]:
        """About this pod, oldest first."""
        mine = self.family.events_of(self.pod.uid)
        return tuple(sorted(mine, key=lambda e: e.last_seen.timestamp() if e.last_seen else 0.0))

    @property
    def kubectl(self) -> str:
        return kubectl(self.watch)

    @property
    def where(self) -> str:
        return f"pod/{self.pod.name}"

    @property
    def workload(self) -> str:
        return str(self.family.workload.ref)

    def reasons(self, *reasons: str) -> tuple[Event, ...]:
        return tuple(event for event in self.events if event.reason in reasons)

    def spec_of(self, container: str) -> Json:
        """What the template asks of a container."""
        return container_of(self.family.workload.template, container)

    def _unchanged(self, container: Container | None) -> bool | None:
        """True for a container that the former version asks for in the same words, image included: a restart, say. A
        difference proves nothing."""
        former = container_of(self.watch.baseline.template, container.name) if container else {}
        return True if container and former and former == self.spec_of(container.name) else None

    def finding(
        self,
        cause: str,
        summary: str,
        *,
        severity: Severity = "fatal",
        evidence: tuple[str, ...] = (),
        action: str = "",
        incident: str = "",
        patience: float = 0.0,
        container: Container | None = None,
        previous_logs: bool = False,
        logs: bool = False,
        fails_old_too: bool | None = None,
    ) -> Diagnosis:
        """A diagnosis of this pod, its texts without secrets. `container` is named in it; its logs only on `logs`."""
        return Diagnosis(
            cause=cause,
            severity=severity,
            summary=scrub(summary),
            object=self.where,
            evidence=tuple(evident(line) for line in evidence if line),
            action=action,
            incident=incident,
            fails_old_too=self._unchanged(container) if fails_old_too is None else fails_old_too,
            pod=self.pod.name if logs or previous_logs else "",
            container=container.name if container else "",
            previous_logs=previous_logs,
            patience=patience,
        )


def kubectl(watch: Watch) -> str:
    """The beginning of a command for the watched namespace."""
    return f"kubectl -n {watch.namespace}"


def container_of(template: Json, name: str) -> Json:
    spec = mapping(template, "spec")
    every = (*items(spec, "initContainers"), *items(spec, "containers"))
    return next((c for c in every if c.get("name") == name), {})


def evident(line: str) -> str:
    """One line of evidence: without secrets, and not longer than a person reads."""
    flat = " ".join(scrub(line).split())
    return flat if len(flat) <= EVIDENCE_WIDTH else f"{flat[: EVIDENCE_WIDTH - 1]}…"


def event_line(event: Event) -> str:
    times = f" (x{event.count})" if event.count > 1 else ""
    return f"event {event.reason}{times}: {event.message}"
