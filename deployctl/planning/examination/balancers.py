"""Load balancers whose Service asks for something else than there is (K8S-003). Harmless, and worth a line."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.examination import Present
from deployctl.model.json import mapping
from deployctl.model.manifest import Manifest
from deployctl.model.pod import Event
from deployctl.model.rules.case import event_line, evident

INCIDENT = "K8S-003"
SPECIFICATIONS = ("loadbalancer-spec", "load-balancer-spec", "lb-spec")
"""Ends of the annotations by which clouds take a load balancer's size."""


def balancers(present: Present) -> Iterator[Diagnosis]:
    """Warnings of the cloud's controller about Services, and sizes that only hold when the balancer is made."""
    namespace = present.snapshot.environment.namespace
    for service in present.outside.balancers:
        told = _warnings(present, service)
        sizes = [(k, v) for k, v in mapping(service.body, "metadata", "annotations").items()
                 if k.endswith(SPECIFICATIONS)]  # fmt: skip
        where = f"kubectl -n {service.ref.namespace} describe service {service.ref.name}"
        if sizes:
            asked = ", ".join(str(value) for _, value in sizes)
            yield Diagnosis(
                "load-balancer-spec",
                "note",
                f"service {service.ref.namespace}/{service.ref.name} asks for a load balancer of {asked}: an existing "
                "one keeps its own size, and the console warns when they differ",
                str(service.ref),
                tuple(evident(line) for line in (*(f"{k}: {v}" for k, v in sizes), *map(event_line, told))),
                f"compare with the console, and write the real size into the annotation: {where}",
                INCIDENT,
            )
        elif told:
            yield _warned(service, told, where)
    others = {m.ref.name for m in present.outside.balancers if m.ref.namespace == namespace}
    for service in present.snapshot.survey.services:
        told = _warnings(present, service) if service.ref.name not in others else ()
        if told:
            yield _warned(service, told, f"kubectl -n {namespace} describe service {service.ref.name}")


def _warnings(present: Present, service: Manifest) -> tuple[Event, ...]:
    mine = (service.ref.namespace, service.ref.name)
    return tuple(e for space, e in present.outside.events if (space, e.name) == mine and e.type == "Warning")[-3:]


def _warned(service: Manifest, told: tuple[Event, ...], action: str) -> Diagnosis:
    what = f"the cluster warns about service {service.ref.namespace}/{service.ref.name}: {evident(told[-1].message)}"
    return Diagnosis(
        "service-warning", "note", what, str(service.ref), tuple(evident(event_line(e)) for e in told), action, INCIDENT
    )
