"""The baseline level: nothing that is known to lead out of a container. Checks in the order of their ids."""

from __future__ import annotations

from deployctl.sandbox.api.admission.pod_security.check import (
    Check,
    Violation,
    containers,
    context,
    named,
    offenders,
    plural,
    quoted,
    setters,
    uses,
)
from deployctl.sandbox.api.tables.text import get
from deployctl.sandbox.contracts import Object

_CAPABILITIES = frozenset(
    [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ]
)
_SELINUX = {None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
_SYSCTLS = frozenset(
    [
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_wmem",
    ]
)
_HANDLERS = (
    "livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop",
)  # fmt: skip


def app_armor(pod: Object) -> Violation | None:
    wrong = setters(pod, lambda c: context(c, "appArmorProfile.type") == "Unconfined")
    if not wrong:
        return None
    return Violation(
        "forbidden AppArmor profile", f'{" and ".join(wrong)} must not set AppArmor profile type to "Unconfined"'
    )


def capabilities(pod: Object) -> Violation | None:
    bad = offenders(pod, lambda c: not set(context(c, "capabilities.add") or ()) <= _CAPABILITIES)
    if not bad:
        return None
    added = sorted({name for c in bad for name in context(c, "capabilities.add")} - _CAPABILITIES)
    text = f"{named(bad)} must not include {quoted(added)} in securityContext.capabilities.add"
    return Violation("non-default capabilities", text)


def host_namespaces(pod: Object) -> Violation | None:
    shared = [f"{name}=true" for name in ("hostNetwork", "hostPID", "hostIPC") if get(pod, f"spec.{name}")]
    return Violation("host namespaces", ", ".join(shared)) if shared else None


def host_paths(pod: Object) -> Violation | None:
    names = [v["name"] for v in get(pod, "spec.volumes", []) if v.get("hostPath")]
    return Violation("hostPath volumes", f"{plural('volume', names)} {quoted(names)}") if names else None


def host_ports(pod: Object) -> Violation | None:
    bad = offenders(pod, lambda c: any(p.get("hostPort") for p in c.get("ports") or []))
    if not bad:
        return None
    ports = sorted({str(p["hostPort"]) for c in bad for p in c["ports"] if p.get("hostPort")})
    return Violation("hostPort", f"{named(bad)} {uses(bad)} {plural('hostPort', ports)} {', '.join(ports)}")


def _hosts(container: Object) -> set[str]:
    found = {get(container, f"{path}.{kind}.host") for path in _HANDLERS for kind in ("httpGet", "tcpSocket")}
    return {host for host in found if host and host not in {"127.0.0.1", "::1"}}


def host_probes(pod: Object) -> Violation | None:
    bad = offenders(pod, lambda c: bool(_hosts(c)))
    if not bad:
        return None
    hosts = sorted({host for c in bad for host in _hosts(c)})
    text = f"{named(bad)} {uses(bad)} {plural('probe or lifecycle host', hosts)} {quoted(hosts)}"
    return Violation("probe or lifecycle host", text)


def privileged(pod: Object) -> Violation | None:
    bad = offenders(pod, lambda c: context(c, "privileged") is True)
    return Violation("privileged", f"{named(bad)} must not set securityContext.privileged=true") if bad else None


def proc_mount(pod: Object) -> Violation | None:
    bad = offenders(pod, lambda c: context(c, "procMount") not in {None, "Default"})
    if not bad:
        return None
    values = sorted({str(context(c, "procMount")) for c in bad})
    return Violation("procMount", f"{named(bad)} must not set securityContext.procMount to {quoted(values)}")


def _selinux_faults(holder: Object) -> list[str]:
    options = context(holder, "seLinuxOptions") or {}
    types = [f"type {quoted([options['type']])}"] if options.get("type") not in _SELINUX else []
    return [*types, *(f"{name} may not be set" for name in ("user", "role") if options.get(name))]


def selinux(pod: Object) -> Violation | None:
    wrong = setters(pod, lambda c: bool(_selinux_faults(c)))
    if not wrong:
        return None
    holders = [pod.get("spec") or {}, *containers(pod)]
    faults = dict.fromkeys(fault for holder in holders for fault in _selinux_faults(holder))
    text = f"{' and '.join(wrong)} set forbidden securityContext.seLinuxOptions: {'; '.join(faults)}"
    return Violation("seLinuxOptions", text)


def bad_seccomp(holder: Object) -> bool:
    return context(holder, "seccompProfile.type") not in {None, "RuntimeDefault", "Localhost"}


def seccomp(pod: Object) -> Violation | None:
    wrong = setters(pod, bad_seccomp)
    if not wrong:
        return None
    holders = [pod.get("spec") or {}, *containers(pod)]
    values = sorted({str(context(h, "seccompProfile.type")) for h in holders if bad_seccomp(h)})
    text = f"{' and '.join(wrong)} must not set securityContext.seccompProfile.type to {quoted(values)}"
    return Violation("seccompProfile", text)


def sysctls(pod: Object) -> Violation | None:
    names = [s["name"] for s in get(pod, "spec.securityContext.sysctls", []) if s["name"] not in _SYSCTLS]
    return Violation("forbidden sysctls", ", ".join(names)) if names else None


def windows_host_process(pod: Object) -> Violation | None:
    wrong = setters(pod, lambda c: context(c, "windowsOptions.hostProcess") is True)
    if not wrong:
        return None
    text = f"{' and '.join(wrong)} must not set securityContext.windowsOptions.hostProcess=true"
    return Violation("hostProcess", text)


CHECKS: tuple[Check, ...] = (
    app_armor, capabilities, host_namespaces, host_paths, host_ports, host_probes, privileged, proc_mount, selinux,
    seccomp, sysctls, windows_host_process,
)  # fmt: skip
