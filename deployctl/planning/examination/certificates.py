"""Certificates that cert-manager cannot get (CERT001), with what stands in its way as far as it says so."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.diagnosis import Diagnosis, Severity
from deployctl.model.examination import Present
from deployctl.model.json import Json, dig, items, mapping, text
from deployctl.model.manifest import Manifest
from deployctl.model.pod import timestamp
from deployctl.model.rules.case import event_line, evident

INCIDENT = "CERT001"
EVENTS = 3
PATIENCE = 300.0
"""Seconds that a first certificate may take to be issued while nothing has failed."""


def unissued(present: Present) -> Iterator[Diagnosis]:
    """Certificates whose Ready condition is not True. While the one before is valid, users notice nothing yet; it
    is wrong all the same."""
    kubectl = f"kubectl -n {present.snapshot.environment.namespace}"
    for one in present.outside.certificates:
        ready = _condition(one.body, "Ready")
        if not ready or text(ready, "status") == "True":
            continue
        secret = text(one.body, "spec", "secretName")
        known = present.snapshot.survey.certificates.get(secret)
        valid = known is not None and known.expires > present.snapshot.world.now
        failed = _failures(present, one)
        severity: Severity = "fatal" if failed or _age(present, one) > PATIENCE else "waiting"
        until = f"; the present one is valid until {known.expires:%Y-%m-%d}" if known and valid else ""
        yield Diagnosis(
            "certificate-not-ready",
            severity,
            f"certificate {one.ref.name} is not issued: {(*failed[::-1], evident(text(ready, 'message')))[0]}{until}",
            str(one.ref),
            tuple(evident(line) for line in (*_told(ready), *_issuer(present, one), *_tries(present, one))),
            f"{kubectl} describe certificate {one.ref.name}; {kubectl} get challenges,orders; "
            f"then, to have it asked for anew: {kubectl} delete secret {secret}",
            INCIDENT,
        )


def _age(present: Present, certificate: Manifest) -> float:
    created = timestamp(dig(certificate.body, "metadata", "creationTimestamp"))
    return (present.snapshot.world.now - created).total_seconds() if created else 0.0


def _failures(present: Present, certificate: Manifest) -> tuple[str, ...]:
    """What cert-manager said of tries that failed, oldest first."""
    about = (e for e in present.snapshot.world.events if (e.kind, e.name) == ("Certificate", certificate.ref.name))
    return tuple(evident(e.message) for e in about if e.type == "Warning")


def _condition(body: Json, kind: str) -> Json:
    return next((c for c in items(body, "status", "conditions") if text(c, "type") == kind), {})


def _told(condition: Json) -> Iterator[str]:
    yield f"Ready={text(condition, 'status')} {text(condition, 'reason')}: {text(condition, 'message')}"


def _issuer(present: Present, certificate: Manifest) -> Iterator[str]:
    ref = mapping(certificate.body, "spec", "issuerRef")
    kind, name = text(ref, "kind") or "Issuer", text(ref, "name")
    if not name or kind in present.outside.unreadable:
        return
    issuer = next((m for m in present.outside.issuers if (m.ref.kind, m.ref.name) == (kind, name)), None)
    if issuer is None:
        yield f"{kind} {name} does not exist"
        return
    ready = _condition(issuer.body, "Ready")
    if ready and text(ready, "status") != "True":
        yield f"{kind} {name}: Ready={text(ready, 'status')} {text(ready, 'reason')}: {text(ready, 'message')}"


def _tries(present: Present, certificate: Manifest) -> Iterator[str]:
    """Orders, challenges and requests that are not valid, then the newest events."""
    for one in present.outside.requests:
        mine = one.ref.name.startswith(certificate.ref.name)
        state, why = text(one.body, "status", "state"), text(one.body, "status", "reason")
        if mine and state not in ("", "valid", "ready"):
            yield f"{one.ref.kind.lower()} {one.ref.name}: {state}" + (f": {why}" if why else "")
    about = [e for e in present.snapshot.world.events if (e.kind, e.name) == ("Certificate", certificate.ref.name)]
    for event in about[-EVENTS:]:
        yield event_line(event)
