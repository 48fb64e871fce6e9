"""Security contexts, as far as a manifest commonly sets them."""

from __future__ import annotations

from deployctl.sandbox.schema.validation import names
from deployctl.sandbox.schema.validation.cause import (
    At,
    Causes,
    Struct,
    each_invalid,
    invalid,
    required,
    unsupported,
)

_SECCOMP = ("Localhost", "RuntimeDefault", "Unconfined")


def container(at: At, context: Struct) -> Causes:
    for field in ("runAsUser", "runAsGroup"):
        if field in context:
            yield from each_invalid(at / field, context[field], names.user_id(context[field]))
    yield from _profile(at / "seccompProfile", context.get("seccompProfile"))
    if context.get("allowPrivilegeEscalation") is False and context.get("privileged"):
        yield invalid(at, context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")


def pod(at: At, context: Struct) -> Causes:
    for field in ("fsGroup", "runAsUser", "runAsGroup"):
        if field in context:
            yield from each_invalid(at / field, context[field], names.user_id(context[field]))
    for index, group in enumerate(context.get("supplementalGroups") or []):
        yield from each_invalid((at / "supplementalGroups")[index], group, names.user_id(group))
    policy = context.get("fsGroupChangePolicy")
    if policy is not None and policy not in ("Always", "OnRootMismatch"):
        yield unsupported(at / "fsGroupChangePolicy", policy, ("Always", "OnRootMismatch"))
    yield from _profile(at / "seccompProfile", context.get("seccompProfile"))


def _profile(at: At, profile: Struct | None) -> Causes:
    if profile is None:
        return
    kind = profile.get("type", "")
    if kind == "Localhost" and not profile.get("localhostProfile"):
        yield required(at / "localhostProfile", "must be set when seccomp type is Localhost")
    elif not kind:
        yield required(at / "type", "type is required when seccompProfile is set")
    elif kind not in _SECCOMP:
        yield unsupported(at / "type", kind, _SECCOMP)
    elif kind != "Localhost" and "localhostProfile" in profile:
        yield invalid(
            at / "localhostProfile", profile["localhostProfile"], "can only be set when seccomp type is Localhost"
        )


def host_network(at: At, spec: Struct, *, is_pod: bool) -> Causes:
    """Ports of a pod on the host's network are the host's."""
    if not spec.get("hostNetwork"):
        return
    for index, given in enumerate(spec.get("containers") or []):
        for number, port in enumerate(given.get("ports") or []):
            host = port.get("hostPort", 0)
            if (is_pod or host) and host != port.get("containerPort"):
                here = ((at / "containers")[index] / "ports")[number] / "hostPort"
                yield invalid(here, host, "must match `containerPort` when `hostNetwork` is true")


def shared_namespaces(at: At, spec: Struct) -> Causes:
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        detail = "ShareProcessNamespace and HostPID cannot both be enabled"
        yield invalid(at / "shareProcessNamespace", spec["shareProcessNamespace"], detail)
