"""Which proxy a request goes through, by the environment's usual variables; this machine itself never."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def is_local(netloc: str) -> bool:
    """Whether plain http may be spoken: only with this machine itself."""
    try:
        return urlsplit(f"//{netloc}").hostname in LOCAL
    except ValueError:
        return False


def proxy_for(url: str, environ: Mapping[str, str]) -> str:
    """The proxy's URL, or an empty text for a direct connection. Lower-case variables win, as in curl."""
    parts = urlsplit(url)
    if is_local(parts.netloc) or bypassed(parts.hostname or "", parts.netloc, no_proxy(environ)):
        return ""
    return _variable(environ, f"{parts.scheme}_proxy") or _variable(environ, "all_proxy")


def bypassed(host: str, netloc: str, no_proxy: str) -> bool:
    """Whether NO_PROXY names the host: `*`, a name, a domain with or without its leading dot, host:port, a network."""
    entries = [entry.strip().lower() for entry in no_proxy.split(",")]
    for entry in entries:
        name = entry.removeprefix("*").removeprefix(".")
        if entry == "*" or (name and (name in (host, netloc.lower()) or host.endswith(f".{name}"))):
            return True
    return _in_a_network(host, entries)


def no_proxy(environ: Mapping[str, str]) -> str:
    """Hosts that are reached directly, as the variable lists them."""
    return _variable(environ, "no_proxy")


def _in_a_network(host: str, entries: list[str]) -> bool:
    networks = [entry for entry in entries if "/" in entry]
    if not networks:
        return False
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in map(_network, networks) if network)


def _network(entry: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(entry, strict=False)
    except ValueError:
        return None


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""
