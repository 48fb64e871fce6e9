"""Deployment, ReplicaSet, StatefulSet, DaemonSet, ReplicationController."""

from __future__ import annotations

from typing import Any

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation import labels, names
from deployctl.sandbox.schema.validation.cause import (
    At,
    Causes,
    Struct,
    each_invalid,
    forbidden,
    invalid,
    not_negative,
    required,
    unsupported,
)
from deployctl.sandbox.schema.validation.pods.spec import template
from deployctl.sandbox.schema.validation.storage import claim_spec

SPEC = At("spec")


def _selected(spec: Struct, kind: str) -> Causes:
    """The selector: there, meaningful, not empty."""
    at, selector = SPEC / "selector", spec.get("selector")
    if selector is None:
        yield required(at)
        return
    yield from labels.selector(at, selector)
    if labels.is_empty(selector):
        yield invalid(at, selector, f"empty selector is invalid for {kind}")


def _template(spec: Struct, why: str, more_volumes: tuple[str, ...] = ()) -> Causes:
    """The template: selected, valid, restarting always."""
    at, selector = SPEC / "template", spec.get("selector")
    if not labels.usable(selector):
        yield invalid(SPEC / "selector", selector, why)
        return
    given = spec.get("template") or {}
    found = (given.get("metadata") or {}).get("labels")
    if not labels.matches(selector, found):
        yield invalid(at / "metadata" / "labels", found, "`selector` does not match template `labels`")
    yield from template(at, given, more_volumes=more_volumes)


def _restarts_always(spec: Struct, kind: str) -> Causes:
    pod, at = (spec.get("template") or {}).get("spec") or {}, SPEC / "template" / "spec"
    policy = pod.get("restartPolicy", "")
    if policy != "Always":
        yield unsupported(at / "restartPolicy", policy, ("Always",))
    if "activeDeadlineSeconds" in pod:
        yield forbidden(at / "activeDeadlineSeconds", f"activeDeadlineSeconds in {kind} is not Supported")


def _counts(spec: Struct, *fields: str) -> Causes:
    for field in fields:
        yield from not_negative(SPEC / field, spec.get(field))


def int_or_percent(at: At, value: Any) -> Causes:
    if isinstance(value, str):
        yield from each_invalid(at, value, names.percent(value))
    else:
        yield from not_negative(at, value)


def _amount(value: Any) -> int:
    if isinstance(value, int):
        return value
    return int(value[:-1]) if isinstance(value, str) and not names.percent(value) else 0


def _at_most_all(at: At, value: Any) -> Causes:
    if isinstance(value, str) and _amount(value) > 100:
        yield invalid(at, value, "must not be greater than 100%")


def deployment(obj: Object) -> Causes:
    spec = obj.get("spec") or {}
    yield from _counts(spec, "replicas")
    yield from _selected(spec, "deployment")
    yield from _template(spec, "invalid label selector")
    if spec.get("replicas", 1) or "template" in spec:
        yield from _restarts_always(spec, "ReplicaSet")
    yield from _deployment_strategy(SPEC / "strategy", spec.get("strategy") or {})
    yield from _counts(spec, "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= spec.get("minReadySeconds", 0):
        yield invalid(SPEC / "progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")


def _deployment_strategy(at: At, strategy: Struct) -> Causes:
    kind, rolling = strategy.get("type", ""), strategy.get("rollingUpdate")
    if kind == "Recreate":
        if rolling is not None:
            yield forbidden(at / "rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
    elif kind != "RollingUpdate":
        yield unsupported(at, {"Type": kind, "RollingUpdate": rolling}, ("Recreate", "RollingUpdate"))
    else:
        here, unavailable, surge = (
            at / "rollingUpdate",
            (rolling or {}).get("maxUnavailable"),
            (rolling or {}).get("maxSurge"),
        )
        yield from int_or_percent(here / "maxUnavailable", unavailable)
        yield from int_or_percent(here / "maxSurge", surge)
        if _amount(unavailable) == 0 and _amount(surge) == 0:
            yield invalid(here / "maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0")
        yield from _at_most_all(here / "maxUnavailable", unavailable)


def replica_set(obj: Object) -> Causes:
    spec = obj.get("spec") or {}
    yield from _counts(spec, "replicas", "minReadySeconds")
    yield from _selected(spec, "replicaset")
    yield from _template(spec, "invalid label selector")
    yield from _restarts_always(spec, "ReplicaSet")


def stateful_set(obj: Object) -> Causes:
    spec = obj.get("spec") or {}
    management = spec.get("podManagementPolicy", "")
    if management not in ("OrderedReady", "Parallel"):
        yield invalid(SPEC / "podManagementPolicy", management, "must be 'OrderedReady' or 'Parallel'")
    yield from _stateful_strategy(SPEC / "updateStrategy", spec.get("updateStrategy") or {})
    policy = spec.get("persistentVolumeClaimRetentionPolicy") or {}
    for field in ("whenDeleted", "whenScaled"):
        if policy.get(field, "Retain") not in ("Retain", "Delete"):
            at = SPEC / "persistentVolumeClaimRetentionPolicy" / field
            yield unsupported(at, policy[field], ("Retain", "Delete"))
    claims = spec.get("volumeClaimTemplates") or []
    for index, claim in enumerate(claims):
        yield from claim_spec((SPEC / "volumeClaimTemplates")[index] / "spec", claim.get("spec") or {})
    yield from _counts(spec, "replicas", "minReadySeconds")
    if spec.get("serviceName"):
        yield from each_invalid(SPEC / "serviceName", spec["serviceName"], names.dns_label(spec["serviceName"]))
    yield from _selected(spec, "statefulset")
    mounted = tuple((c.get("metadata") or {}).get("name", "") for c in claims)
    yield from _template(spec, "", mounted)
    yield from _restarts_always(spec, "StatefulSet")


def _stateful_strategy(at: At, strategy: Struct) -> Causes:
    kind, rolling = strategy.get("type", ""), strategy.get("rollingUpdate")
    if kind == "OnDelete":
        if rolling is not None:
            yield invalid(at / "rollingUpdate", rolling, "only allowed for updateStrategy 'RollingUpdate'")
    elif kind == "RollingUpdate":
        yield from not_negative(at / "rollingUpdate" / "partition", (rolling or {}).get("partition"))
        most = (rolling or {}).get("maxUnavailable")
        if most is not None:
            yield from int_or_percent(at / "rollingUpdate" / "maxUnavailable", most)
            if _amount(most) == 0:
                yield invalid(at / "rollingUpdate" / "maxUnavailable", most, "cannot be 0")
            yield from _at_most_all(at / "rollingUpdate" / "maxUnavailable", most)
    else:
        shown = {"Type": kind, "RollingUpdate": rolling}
        yield invalid(at, shown, "must be 'RollingUpdate' or 'OnDelete'")


def daemon_set(obj: Object) -> Causes:
    spec = obj.get("spec") or {}
    at, selector = SPEC / "selector", spec.get("selector")
    yield from labels.selector(at, selector)
    found = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if labels.usable(selector) and not labels.matches(selector, found):
        yield invalid(SPEC / "template" / "metadata" / "labels", found, "`selector` does not match template `labels`")
    if selector is not None and labels.is_empty(selector):
        yield invalid(at, selector, "empty selector is invalid for daemonset")
    yield from template(SPEC / "template", spec.get("template") or {})
    yield from _restarts_always(spec, "DaemonSet")
    yield from _counts(spec, "minReadySeconds")
    yield from _daemon_strategy(SPEC / "updateStrategy", spec.get("updateStrategy") or {})
    yield from _counts(spec, "revisionHistoryLimit")


def _daemon_strategy(at: At, strategy: Struct) -> Causes:
    kind, rolling = strategy.get("type", ""), strategy.get("rollingUpdate") or {}
    if kind == "OnDelete":
        return
    if kind != "RollingUpdate":
        yield unsupported(at, {"Type": kind, "RollingUpdate": rolling or None}, ("RollingUpdate", "OnDelete"))
        return
    here = at / "rollingUpdate"
    for field in ("maxUnavailable", "maxSurge"):
        yield from int_or_percent(here / field, rolling.get(field))
        yield from _at_most_all(here / field, rolling.get(field))
    unavailable, surge = _amount(rolling.get("maxUnavailable")), _amount(rolling.get("maxSurge"))
    if unavailable and surge:
        yield invalid(here / "maxSurge", rolling.get("maxSurge"), "may not be set when maxUnavailable is non-zero")
    elif not unavailable and not surge:
        yield required(here / "maxUnavailable", "cannot be 0 when maxSurge is 0")


def replication_controller(obj: Object) -> Causes:
    spec = obj.get("spec") or {}
    yield from _counts(spec, "minReadySeconds")
    selector = spec.get("selector") or {}
    if not selector:
        yield required(SPEC / "selector")
    yield from _counts(spec, "replicas")
    given = spec.get("template")
    if given is None:
        yield required(SPEC / "template")
        return
    found = (given.get("metadata") or {}).get("labels")
    if selector and not labels.matches({"matchLabels": selector}, found):
        yield invalid(SPEC / "template" / "metadata" / "labels", found, "`selector` does not match template `labels`")
    yield from template(SPEC / "template", given)
    yield from _restarts_always(spec, "ReplicationController")
