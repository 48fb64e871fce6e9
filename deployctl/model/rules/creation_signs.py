"""The fail-fast table's rows about pods that cannot be made."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from deployctl.model.diagnosis import Diagnosis, Severity
from deployctl.model.json import text
from deployctl.model.pod import Event
from deployctl.model.rules.case import evident, kubectl
from deployctl.model.rules.completeness import wanted
from deployctl.model.rules.family import Family
from deployctl.model.rules.watch import Watch

SERVICE_ACCOUNT = re.compile(r'serviceaccount "(?P<name>[^"]+)" not found')
ADMISSION = re.compile(r"violates PodSecurity|must specify \S+|minimum \S+ usage|maximum \S+ usage|admission webhook")


def creation_failed(family: Family, watch: Watch, _: datetime) -> Iterable[Diagnosis]:
    """FailedCreate: the controller may not make pods (ReplicaFailure of a ReplicaSet, else the workload's event)."""
    message = _creation_error(family)
    if not message or len(family.new) >= wanted(family):
        return
    leaving = any(pod.deleting for pod in (*family.old, *family.leaving))
    yield _creation(family, watch, message, quota_may_return=leaving)


def _creation_error(family: Family) -> str:
    if family.workload.ref.kind == "Deployment":
        conditions = family.revision.conditions if family.revision else ()
        failure = next((c for c in conditions if c.type == "ReplicaFailure" and c.status == "True"), None)
        return failure.message if failure and failure.reason == "FailedCreate" else ""
    told = [e for e in family.events_of(family.workload.uid) if e.reason == "FailedCreate"]
    since = family.workload.written or family.workload.created
    recent = [e for e in told if not since or not e.last_seen or e.last_seen >= since]
    return _newest(recent).message if recent else ""


def _newest(events: list[Event]) -> Event:
    return max(events, key=lambda e: e.last_seen.timestamp() if e.last_seen else 0.0)


def _creation(family: Family, watch: Watch, message: str, *, quota_may_return: bool) -> Diagnosis:
    limits, where = watch.thresholds, str(family.workload.ref)
    evidence = (evident(f"FailedCreate: {message}"),)
    if "exceeded quota" in message:
        severity: Severity = "waiting" if quota_may_return else "fatal"
        return Diagnosis(
            "quota-exceeded",
            severity,
            f"the namespace's quota leaves no room for the pods of {where}",
            where,
            evidence,
            f"{kubectl(watch)} describe quota",
            patience=limits.quota,
            incident="NODE001",
        )
    if found := SERVICE_ACCOUNT.search(message):
        return Diagnosis(
            "service-account-missing",
            "fatal",
            f"service account {found['name']} does not exist",
            where,
            evidence,
            f"{kubectl(watch)} create serviceaccount {found['name']}",
            patience=limits.service_account,
            fails_old_too=_same_account(family, watch),
        )
    refused = "violates PodSecurity" in message or ADMISSION.search(message)
    return Diagnosis(
        "pod-refused",
        "fatal",
        f"the API server refuses the pods of {where}" + ("" if refused else ", and its controller keeps trying"),
        where,
        evidence,
        f"correct the pod template as the message says: {kubectl(watch)} describe {where}",
        patience=0.0 if refused else limits.service_account,
    )


def _same_account(family: Family, watch: Watch) -> bool | None:
    if not watch.baseline.template:
        return None
    now, former = family.workload.template, watch.baseline.template
    return text(now, "spec", "serviceAccountName") == text(former, "spec", "serviceAccountName")
