"""Job and CronJob."""

from __future__ import annotations

import zoneinfo

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation import labels
from deployctl.sandbox.schema.validation.cause import (
    At,
    Causes,
    Struct,
    invalid,
    not_negative,
    one_of,
    required,
    unsupported,
)
from deployctl.sandbox.schema.validation.cron import fault
from deployctl.sandbox.schema.validation.pods.spec import template

_COUNTS = (
    "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished",
    "backoffLimitPerIndex", "maxFailedIndexes",
)  # fmt: skip


def job(obj: Object) -> Causes:
    spec, at = obj.get("spec") or {}, At("spec")
    yield from _job_spec(at, spec)
    selector = spec.get("selector")
    if selector is None:
        if spec.get("manualSelector"):
            yield required(at / "selector")
        return
    yield from labels.selector(at / "selector", selector)
    found = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if labels.usable(selector) and not labels.matches(selector, found):
        yield invalid(at / "template" / "metadata" / "labels", found, "`selector` does not match template `labels`")


def _job_spec(at: At, spec: Struct) -> Causes:
    for field in _COUNTS:
        yield from not_negative(at / field, spec.get(field))
    yield from _completion(at, spec)
    policy = spec.get("podReplacementPolicy")
    if policy is not None and policy not in ("Failed", "TerminatingOrFailed"):
        yield unsupported(at / "podReplacementPolicy", policy, ("Failed", "TerminatingOrFailed"))
    yield from template(at / "template", spec.get("template") or {})
    restart = ((spec.get("template") or {}).get("spec") or {}).get("restartPolicy", "")
    here = at / "template" / "spec" / "restartPolicy"
    if restart in ("Always", ""):
        yield required(here, 'valid values: "OnFailure", "Never"')
    elif restart not in ("OnFailure", "Never"):
        yield unsupported(here, restart, ("OnFailure", "Never"))
    elif "podFailurePolicy" in spec and restart != "Never":
        yield invalid(here, restart, 'only "Never" is supported when podFailurePolicy is specified')


def _completion(at: At, spec: Struct) -> Causes:
    mode = spec.get("completionMode")
    if mode is not None and mode not in ("NonIndexed", "Indexed"):
        yield unsupported(at / "completionMode", mode, ("NonIndexed", "Indexed"))
    if mode == "Indexed":
        if "completions" not in spec:
            yield required(at / "completions", "when completion mode is Indexed")
    elif mode in (None, "NonIndexed"):
        for field in ("backoffLimitPerIndex", "maxFailedIndexes"):
            if field in spec:
                yield invalid(at / field, spec[field], "requires indexed completion mode")


def cron_job(obj: Object) -> Causes:
    spec, at, name = obj.get("spec") or {}, At("spec"), (obj.get("metadata") or {}).get("name", "")
    schedule = spec.get("schedule", "")
    if schedule:
        wrong = fault(schedule)
        if wrong:
            yield invalid(at / "schedule", schedule, wrong)
        if "TZ" in schedule:
            detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
            yield invalid(at / "schedule", schedule, detail)
    else:
        yield required(at / "schedule")
    yield from not_negative(at / "startingDeadlineSeconds", spec.get("startingDeadlineSeconds"))
    yield from _time_zone(at / "timeZone", spec.get("timeZone"))
    yield from one_of(at / "concurrencyPolicy", spec.get("concurrencyPolicy"), ("Allow", "Forbid", "Replace"))
    yield from _job_template(at / "jobTemplate" / "spec", (spec.get("jobTemplate") or {}).get("spec") or {})
    for field in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        yield from not_negative(at / field, spec.get(field))
    if len(name) > 52:
        yield invalid(At("metadata.name"), name, "must be no more than 52 characters")


def _time_zone(at: At, zone: str | None) -> Causes:
    if zone is None:
        return
    if not zone:
        yield invalid(at, zone, "timeZone must be nil or non-empty string")
    elif zone.lower() == "local":
        yield invalid(at, zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")
    elif zone not in zoneinfo.available_timezones():
        yield invalid(at, zone, f"unknown time zone {zone}")


def _job_template(at: At, spec: Struct) -> Causes:
    yield from _job_spec(at, spec)
    if "selector" in spec:
        yield invalid(at / "selector", spec["selector"], "`selector` will be auto-generated")
    if spec.get("manualSelector"):
        yield unsupported(at / "manualSelector", spec["manualSelector"], ("nil", "false"))
