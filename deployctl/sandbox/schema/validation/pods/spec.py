"""The spec of a pod or of a pod template, and the template around it."""

from __future__ import annotations

from deployctl.sandbox.schema.validation import labels, names
from deployctl.sandbox.schema.validation.cause import At, Causes, Struct, each_invalid, invalid, one_of, required
from deployctl.sandbox.schema.validation.pods import containers, placement, security
from deployctl.sandbox.schema.validation.pods.volumes import volumes

_DNS = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_MOST = 2**31 - 1


def pod_spec(at: At, spec: Struct, *, is_pod: bool = False, more_volumes: tuple[str, ...] = ()) -> Causes:
    """`more_volumes` are names that something else brings: a StatefulSet's claim templates."""
    own = [v for v in spec.get("volumes") or [] if v.get("name") not in more_volumes]
    good, problems = volumes(at / "volumes", own)
    yield from problems
    pod = containers.Pod([*good, *more_volumes], spec.get("terminationGracePeriodSeconds"))
    regular, initial = spec.get("containers") or [], spec.get("initContainers") or []
    yield from containers.regular(at / "containers", regular, pod)
    yield from containers.initial(at / "initContainers", initial, regular, pod)
    yield from security.host_network(at, spec, is_pod=is_pod)
    yield from one_of(at / "restartPolicy", spec.get("restartPolicy"), ("Always", "OnFailure", "Never"))
    yield from one_of(at / "dnsPolicy", spec.get("dnsPolicy"), _DNS)
    yield from labels.label_map(at / "nodeSelector", spec.get("nodeSelector"))
    yield from security.pod(at / "securityContext", spec.get("securityContext") or {})
    yield from security.shared_namespaces(at, spec)
    yield from placement.affinity(at / "affinity", spec.get("affinity") or {})
    yield from _dns(at / "dnsConfig", spec)
    yield from placement.spreading(at / "topologySpreadConstraints", spec.get("topologySpreadConstraints") or [])
    yield from _names(at, spec)
    yield from placement.tolerations(at / "tolerations", spec.get("tolerations") or [])
    yield from _host_aliases(at / "hostAliases", spec.get("hostAliases") or [])


def _dns(at: At, spec: Struct) -> Causes:
    servers = (spec.get("dnsConfig") or {}).get("nameservers") or []
    if spec.get("dnsPolicy") == "None" and not servers:
        if "dnsConfig" in spec:
            yield required(at / "nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None")
        else:
            yield required(at, "must provide `dnsConfig` when `dnsPolicy` is None")


def _names(at: At, spec: Struct) -> Causes:
    rules = (
        ("serviceAccountName", names.dns_subdomain),
        ("nodeName", names.dns_subdomain),
        ("hostname", names.dns_label),
        ("subdomain", names.dns_label),
        ("priorityClassName", names.dns_subdomain),
        ("runtimeClassName", names.dns_subdomain),
    )
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= _MOST:
        yield invalid(at / "activeDeadlineSeconds", deadline, f"must be between 1 and {_MOST}, inclusive")
    for field, rule in rules:
        if spec.get(field):
            yield from each_invalid(at / field, spec[field], rule(spec[field]))


def _host_aliases(at: At, given: list[Struct]) -> Causes:
    for index, alias in enumerate(given):
        yield from each_invalid(at[index] / "ip", alias.get("ip", ""), names.ip_address(alias.get("ip", "")))
        for number, name in enumerate(alias.get("hostnames") or []):
            yield from each_invalid((at[index] / "hostnames")[number], name, names.dns_subdomain(name))


def template(at: At, given: Struct, *, more_volumes: tuple[str, ...] = ()) -> Causes:
    metadata = given.get("metadata") or {}
    yield from labels.label_map(at / "labels", metadata.get("labels"))
    yield from labels.annotation_map(at / "annotations", metadata.get("annotations"))
    yield from pod_spec(at / "spec", given.get("spec") or {}, more_volumes=more_volumes)
