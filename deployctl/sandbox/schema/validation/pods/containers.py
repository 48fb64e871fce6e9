"""Containers of each sort."""

from __future__ import annotations

from dataclasses import dataclass

from deployctl.sandbox.schema.validation import names, quantities
from deployctl.sandbox.schema.validation.cause import (
    At,
    Causes,
    Struct,
    duplicate,
    each_invalid,
    forbidden,
    one_of,
    required,
    unsupported,
)
from deployctl.sandbox.schema.validation.pods import env, probes, security, volumes

_PROTOCOLS = ("SCTP", "TCP", "UDP")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_RESTART = ("Always", "Never", "OnFailure")


@dataclass(frozen=True)
class Pod:
    """What containers need to know of theirs."""

    volumes: list[str]
    grace_seconds: int | None


def regular(at: At, given: list[Struct], pod: Pod) -> Causes:
    if not given:
        yield required(at)
        return
    seen: set[str] = set()
    for index, container in enumerate(given):
        here, name = at[index], container.get("name", "")
        yield from _common(here, container, pod)
        if name in seen:
            yield duplicate(here / "name", name)
        seen.add(name)
        yield from _living(here, container, pod)
        if "restartPolicy" in container and container["restartPolicy"] not in _RESTART:
            yield unsupported(here / "restartPolicy", container["restartPolicy"], _RESTART)
    yield from _host_ports(at, given)


def initial(at: At, given: list[Struct], others: list[Struct], pod: Pod) -> Causes:
    """Init containers; those that restart always are sidecars, and may have probes."""
    seen = {c.get("name", "") for c in others}
    for index, container in enumerate(given):
        here, name = at[index], container.get("name", "")
        yield from _common(here, container, pod)
        if "restartPolicy" in container and container["restartPolicy"] not in _RESTART:
            yield unsupported(here / "restartPolicy", container["restartPolicy"], _RESTART)
        if name in seen:
            yield duplicate(here / "name", name)
        elif name:
            seen.add(name)
        yield from _host_ports(at, [container])
        if container.get("restartPolicy") == "Always":
            yield from _living(here, container, pod)
        else:
            for field in ("lifecycle", *_PROBES):
                if field in container:
                    yield forbidden(here / field, "may not be set for init containers without restartPolicy=Always")


def _living(at: At, container: Struct, pod: Pod) -> Causes:
    if "lifecycle" in container:
        yield from probes.lifecycle(at / "lifecycle", container["lifecycle"], pod.grace_seconds)
    for field in _PROBES:
        if field in container:
            yield from probes.probe(at / field, container[field], pod.grace_seconds)


def _common(at: At, container: Struct, pod: Pod) -> Causes:
    name = container.get("name", "")
    if name:
        yield from each_invalid(at / "name", name, names.dns_label(name))
    else:
        yield required(at / "name")
    if not container.get("image"):
        yield required(at / "image")
    policies = ("File", "FallbackToLogsOnError")
    yield from one_of(at / "terminationMessagePolicy", container.get("terminationMessagePolicy"), policies)
    yield from _ports(at / "ports", container.get("ports") or [])
    yield from env.variables(at / "env", container.get("env") or [])
    yield from env.sources(at / "envFrom", container.get("envFrom") or [])
    yield from volumes.mounts(at / "volumeMounts", container.get("volumeMounts") or [], pod.volumes)
    yield from one_of(at / "imagePullPolicy", container.get("imagePullPolicy"), ("Always", "IfNotPresent", "Never"))
    yield from quantities.requirements(at / "resources", container.get("resources") or {})
    yield from security.container(at / "securityContext", container.get("securityContext") or {})


def _ports(at: At, given: list[Struct]) -> Causes:
    seen: set[str] = set()
    for index, port in enumerate(given):
        here, name = at[index], port.get("name", "")
        if name:
            problems = names.port_name(name)
            yield from each_invalid(here / "name", name, problems)
            if not problems and name in seen:
                yield duplicate(here / "name", name)
            seen.add(name)
        number = port.get("containerPort", 0)
        if number == 0:
            yield required(here / "containerPort")
        else:
            yield from each_invalid(here / "containerPort", number, names.port_number(number))
        if port.get("hostPort"):
            yield from each_invalid(here / "hostPort", port["hostPort"], names.port_number(port["hostPort"]))
        yield from one_of(here / "protocol", port.get("protocol"), _PROTOCOLS)


def _host_ports(at: At, given: list[Struct]) -> Causes:
    seen: set[str] = set()
    for index, container in enumerate(given):
        for number, port in enumerate(container.get("ports") or []):
            if port.get("hostPort"):
                key = f"{port.get('protocol', '')}/{port.get('hostIP', '')}/{port['hostPort']}"
                if key in seen:
                    yield duplicate((at[index] / "ports")[number] / "hostPort", key)
                seen.add(key)
