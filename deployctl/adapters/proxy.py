"""Which proxy a request goes through, by the environment's usual variables; this machine itself never."""

from __future__ import annotations

from collections.abc import Mapping
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
    if is_local(parts.netloc) or bypassed(parts.hostname or "", parts.netloc, _variable(environ, "no_proxy")):
        return ""
    return _variable(environ, f"{parts.scheme}_proxy") or _variable(environ, "all_proxy")


def bypassed(host: str, netloc: str, no_proxy: str) -> bool:
    """Whether NO_PROXY names the host: `*`, a name, a domain with or without its leading dot, or host:port."""
    entries = (entry.strip().lower() for entry in no_proxy.split(","))
    for entry in entries:
        name = entry.removeprefix("*").removeprefix(".")
        if entry == "*" or (name and (name in (host, netloc.lower()) or host.endswith(f".{name}"))):
            return True
    return False


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""
