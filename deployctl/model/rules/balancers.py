"""The hosts of an ingress, and where its load balancer is."""

from __future__ import annotations

from deployctl.model.json import Json, items, text


def hosts_of(ingress: Json) -> tuple[str, ...]:
    """Hosts of its rules, each once; those with a star stand for many and are left out."""
    hosts = (text(rule, "host") for rule in items(ingress, "spec", "rules"))
    return tuple(dict.fromkeys(host for host in hosts if host and "*" not in host))


def balancers_of(ingress: Json) -> tuple[str, ...]:
    """Addresses, or names, that its controller wrote into its status."""
    places = items(ingress, "status", "loadBalancer", "ingress")
    return tuple(text(place, "ip") or text(place, "hostname") for place in places)
