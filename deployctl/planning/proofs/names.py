"""DNS leads an ingress's hosts to its load balancer (INGRESS001). Never a refusal, for a release moves neither."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.change import Finding
from deployctl.model.manifest import ObjectRef
from deployctl.model.proven import Proven
from deployctl.model.rules.balancers import balancers_of, hosts_of
from deployctl.model.snapshot import Snapshot
from deployctl.planning.proofs.proof import Proof, together
from deployctl.planning.proofs.scope import Scope

INCIDENT = "INGRESS001"


def names(scope: Scope) -> Proof:
    """Of the hosts that were looked up: those of ingresses whose load balancer is known."""
    snapshot = scope.snapshot
    return together(
        _of(snapshot, m.ref, host)
        for m in snapshot.manifests
        if m.ref.kind == "Ingress"
        for host in hosts_of(m.body)
        if host in snapshot.addresses
    )


def _of(snapshot: Snapshot, ref: ObjectRef, host: str) -> Proof:
    found, balancer = snapshot.addresses[host], tuple(_balancer(snapshot, ref))
    where, at = f"{ref}: {host}", ", ".join(balancer)
    if found is None:
        what = f"could not look up {host}: DNS does not answer here"
        return Proof(warnings=(Finding("dns-unproven", what, where, (), "", INCIDENT),))
    action = f"point {host} at {at}; right as it is where a CDN or a firewall stands between"
    if not found:
        what = f"DNS has no address for {host}"
        return Proof(warnings=(Finding("dns-no-address", what, where, (), action, INCIDENT),))
    if not set(found) & set(balancer):
        what = f"DNS leads {host} to {', '.join(found)}, and the load balancer of {ref} is at {at}"
        return Proof(warnings=(Finding("dns-elsewhere", what, where, (), action, INCIDENT),))
    return Proof(holds=(Proven("ingress", f"DNS leads {host} to the load balancer", (f"{host} is at {at}",)),))


def _balancer(snapshot: Snapshot, ref: ObjectRef) -> Iterator[str]:
    """Its addresses; a name's, as far as they were found."""
    live = snapshot.live.get(ref)
    for place in balancers_of(live.body) if live else ():
        yield place
        yield from snapshot.addresses.get(place) or ()
