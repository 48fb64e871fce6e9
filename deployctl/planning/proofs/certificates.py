"""The certificates that ingresses name: for how long, and for whom (CERT001). Never a reason to refuse: a release does
not make them worse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from deployctl.model.change import Finding
from deployctl.model.json import dig, items, mapping, text
from deployctl.model.proven import Proven
from deployctl.model.rollout import World
from deployctl.model.rules.case import event_line, evident
from deployctl.model.survey import Certificate
from deployctl.planning.proofs.proof import Proof
from deployctl.planning.proofs.scope import Scope

INCIDENT = "CERT001"
SOON = 14
"""Days. cert-manager renews 30 days before the end, so that one with fewer than 14 left is not being renewed."""


def certificates(scope: Scope) -> Proof:
    """Of every TLS entry whose Secret is there; that one is missing is the references' affair, and here why, where
    cert-manager has said it."""
    known, now = scope.snapshot.survey.certificates, scope.snapshot.world.now
    found: list[Finding] = []
    holds: list[Proven] = []
    for ingress in (m for m in scope.snapshot.manifests if m.ref.kind == "Ingress"):
        for entry in items(mapping(ingress.body, "spec"), "tls"):
            name = text(entry, "secretName")
            if name in known:
                bad = tuple(_judged(name, known[name], _hosts(dig(entry, "hosts")), now))
                found += bad
                if not bad:
                    holds.append(_proven(name, known[name], now))
            else:
                found += _unissued(name, scope.snapshot.world)
    return Proof(warnings=tuple(found), holds=tuple(holds))


def _proven(name: str, certificate: Certificate, now: datetime) -> Proven:
    until = f"for {', '.join(certificate.hosts)}, until {certificate.expires:%Y-%m-%d}"
    days = (certificate.expires - now).days
    return Proven("ingress", f"the certificate in {name} is valid for {days} days", (until,))


def _judged(name: str, certificate: Certificate, hosts: tuple[str, ...], now: datetime) -> Iterator[Finding]:
    days = (certificate.expires - now).days
    until = f"valid until {certificate.expires:%Y-%m-%d}"
    renew = f"kubectl describe certificate {name}; see whether cert-manager could renew it"
    if certificate.expires <= now:
        yield Finding(
            "certificate-expired", f"the certificate in {name} has expired", f"secret/{name}", (until,), renew, INCIDENT
        )
    elif days < SOON:
        what = f"the certificate in {name} ends in {days} days"
        yield Finding("certificate-ends", what, f"secret/{name}", (until,), renew, INCIDENT)
    strangers = [host for host in hosts if not any(_covers(known, host) for known in certificate.hosts)]
    if strangers:
        what = f"the certificate in {name} is not for {', '.join(strangers)}"
        evidence = (f"it is for {', '.join(certificate.hosts) or 'nobody'}",)
        yield Finding("certificate-other-host", what, f"secret/{name}", evidence, renew, INCIDENT)


def _unissued(name: str, world: World) -> Iterator[Finding]:
    """What cert-manager said of tries that failed: its Certificate for an ingress has the Secret's name."""
    told = [e for e in world.events if (e.kind, e.name, e.type) == ("Certificate", name, "Warning")]
    if told:
        what = f"the certificate in {name} is not issued: {evident(told[-1].message)}"
        evidence = tuple(evident(event_line(e)) for e in told[-3:])
        action = f"kubectl describe certificate {name}; kubectl get challenges,orders"
        yield Finding("certificate-not-ready", what, f"secret/{name}", evidence, action, INCIDENT)


def _hosts(value: object) -> tuple[str, ...]:
    return tuple(str(host) for host in value) if isinstance(value, list) else ()


def _covers(known: str, host: str) -> bool:
    """A star stands for one whole label (RFC 6125, 6.4.3)."""
    head, _, rest = known.partition(".")
    return known.lower() == host.lower() or (head == "*" and host.lower().partition(".")[2] == rest.lower())
