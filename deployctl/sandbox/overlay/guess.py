"""Guessing what made-up things should be: versions, what programs do, values of secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.registry.reference import Reference
from deployctl.sandbox.scenario.model import ImageEntry
from deployctl.sandbox.scenario.parse import Raw

VERSION = re.compile(r"\d+(?:\.\d+)+(?:[-+][0-9A-Za-z.]+)?")
PAGE = '<!doctype html><title>{name}</title><div id="root"></div>\n'
WEB = ("frontend", "web", "ui", "www", "site")
SIZES = {"mongo": "280Mi", "postgres": "160Mi", "mysql": "180Mi", "redis": "16Mi", "nginx": "45Mi"}
ADDRESS_KEYS = ("url", "uri", "dsn", "host", "address", "connection")


def image_entry(
    reference: Reference, containers: Iterable[Object], environment: Iterable[str], services: Mapping[str, int]
) -> ImageEntry:
    """An image that acts like what its name, its containers and the values in their environment suggest."""
    name = reference.repository.rpartition("/")[2]
    version = VERSION.search(reference.tag)
    behaviour: dict[str, Raw] = {"version": version[0] if version else reference.tag}
    ports = sorted({int(p["containerPort"]) for c in containers for p in c.get("ports") or []})
    if ports:
        behaviour["ports"] = ",".join(map(str, ports))
    if any(word in re.split(r"[^a-z]+", name.lower()) for word in WEB):
        behaviour["html"] = PAGE.format(name=name)
    wanted = dependencies(environment, services)
    if wanted:
        behaviour["dependencies"] = ",".join(f"{scheme}={host}:{port}" for scheme, host, port in wanted)
    size = next((size for known, size in SIZES.items() if known in name), "80Mi")
    return ImageEntry(reference.repository, reference.tag or "latest", size, behaviour=behaviour)


def dependencies(environment: Iterable[str], services: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """(name, service, port) for every value that is a URL of one of the services."""
    found: dict[str, tuple[str, str, int]] = {}
    for value in environment:
        parts = _address(value)
        if parts and parts[1].split(".")[0] in services:
            scheme, host, port = parts
            found[host] = (scheme, host, port or services[host.split(".")[0]])
    return sorted(found.values())


def _address(text: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(text)
        return (parts.scheme.split("+")[0], parts.hostname or "", parts.port or 0) if parts.hostname else None
    except ValueError:
        return None


def services_of(objects: Iterable[Object]) -> dict[str, int]:
    """Services and their first port."""
    found = {}
    for body in objects:
        ports = (body.get("spec") or {}).get("ports") if body.get("kind") == "Service" else None
        if ports:
            found[str(body["metadata"]["name"])] = int(ports[0]["port"])
    return found


def secret_value(key: str, services: Mapping[str, int]) -> str:
    """An address of a service that shares a word with the key, or a text that says what it is."""
    words = re.split(r"[^a-z0-9]+", key.lower())
    if any(word in ADDRESS_KEYS for word in words):
        for service, port in services.items():
            shared = [word for word in re.split(r"[^a-z0-9]+", service) if word in words and word not in ADDRESS_KEYS]
            if shared:
                return f"{shared[0]}://sandbox:sandbox@{service}:{port}/sandbox"
    return f"sandbox-{key.lower()}"
