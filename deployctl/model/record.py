"""A release as JSON: what is kept in the cluster, and read again by any later deployctl.

Schema, version 1 (times are RFC 3339 in UTC; a field that is unknown is passed over, one that is missing is empty):

    {"schema": 1, "number": 7, "operation": "release", "environment": "prod", "outcome": "done",
     "started": "2026-01-02T03:04:05+00:00", "finished": "…" | null, "who": "li@laptop",
     "gitCommit": "…", "gitDirty": false, "fingerprint": "…", "downtime": 3.4 | null, "deployctlVersion": "0.1.0",
     "images": [{"service": "backend", "version": "0.8.8", "reference": "host/repo:tag", "digest": "sha256:…",
                 "context": "sha256:…"}],
     "proofs": [{"proof": "room", "what": "…", "evidence": […]}],

     "removed": ["pod/…: why"],
     "phases": [{"name": "teardown", "seconds": 1.2}],
     "problem": {"what", "where", "evidence": […], "action", "incident"} | null,
     "manifests": [ objects as they were applied, without the values of Secrets ]}
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal, get_args

from deployctl.model.errors import Problem
from deployctl.model.json import Json, dig, items, mapping, number, text
from deployctl.model.manifest import Manifest, manifest
from deployctl.model.pod import timestamp
from deployctl.model.proven import ProofName, Proven
from deployctl.model.release import Operation, OutcomeName, PhaseTime, Release, ReleasedImage
from deployctl.model.server_side import LAST_APPLIED, without_annotation

SCHEMA = 1


class Unreadable(ValueError):
    """The JSON is no release record."""


def to_json(release: Release) -> dict[str, Any]:
    """The record of a release."""
    return {
        "schema": SCHEMA,
        "number": release.number,
        "operation": release.operation,
        "environment": release.environment,
        "outcome": release.outcome,
        "started": release.started.isoformat(),
        "finished": release.finished.isoformat() if release.finished else None,
        "who": release.who,
        "gitCommit": release.git_commit,
        "gitDirty": release.git_dirty,
        "fingerprint": release.fingerprint,
        "downtime": release.downtime,
        "deployctlVersion": release.deployctl_version,
        "images": [asdict(image) for image in release.images],
        "proofs": [{**asdict(proven), "evidence": [*proven.evidence]} for proven in release.proofs],
        "removed": [*release.removed],
        "phases": [asdict(phase) for phase in release.phases],
        "problem": {**asdict(release.problem), "evidence": [*release.problem.evidence]} if release.problem else None,
        "manifests": [without_secrets(one).body for one in release.manifests],
    }


def from_json(record: Json) -> Release:
    """The release of a record of this or a later schema. An outcome of a later one that is not known here counts as
    failed: it is at least not known to be good. Raises Unreadable without a number and a start."""
    started = timestamp(record.get("started"))
    if started is None or not number(record, "number"):
        raise Unreadable("a release record has a number and a start")
    return Release(
        number=number(record, "number"),
        operation=_operation(record.get("operation")),
        environment=text(record, "environment"),
        images=tuple(_image(one) for one in items(record, "images")),
        started=started,
        finished=timestamp(record.get("finished")),
        outcome=_outcome(record.get("outcome")),
        who=text(record, "who"),
        git_commit=text(record, "gitCommit"),
        git_dirty=record.get("gitDirty") is True,
        fingerprint=text(record, "fingerprint"),
        downtime=_seconds(record.get("downtime")),
        phases=tuple(PhaseTime(text(p, "name"), _seconds(p.get("seconds")) or 0.0) for p in items(record, "phases")),
        problem=_problem(mapping(record, "problem")),
        manifests=tuple(manifest(body) for body in items(record, "manifests")),
        deployctl_version=text(record, "deployctlVersion"),
        proofs=tuple(one for body in items(record, "proofs") if (one := _proven(body))),
        removed=tuple(str(line) for line in record.get("removed") or ()),
    )


def without_secrets(one: Manifest) -> Manifest:
    """The object without any value of a Secret; its keys stay. `kubectl apply` keeps values in an annotation, too."""
    if not one.is_secret:
        return one
    body = dict(without_annotation(one.body, LAST_APPLIED))
    for part in ("data", "stringData"):
        if part in body:
            body[part] = dict.fromkeys(mapping(body, part), "")
    return Manifest(one.ref, body)


def same_run(one: Release, other: Release) -> bool:
    """Whether two records are of one run, at different moments of it."""
    return (one.number, one.who, _instant(one.started)) == (other.number, other.who, _instant(other.started))


def _outcome(value: object) -> OutcomeName | Literal["running"]:
    known: tuple[OutcomeName | Literal["running"], ...] = (*get_args(OutcomeName), "running")
    return next((name for name in known if name == value), "failed")


def _operation(value: object) -> Operation:
    known: tuple[Operation, ...] = get_args(Operation)
    return next((name for name in known if name == value), "release")


def _instant(at: datetime) -> float:
    return round(at.timestamp(), 3)


def _image(body: Json) -> ReleasedImage:
    return ReleasedImage(*(text(body, name) for name in ("service", "version", "reference", "digest", "context")))


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _problem(body: Json) -> Problem | None:
    if not body:
        return None
    return Problem(
        text(body, "what"), text(body, "where"), _evidence(body), text(body, "action"), text(body, "incident")
    )


def _proven(body: Json) -> Proven | None:
    """None of a proof that a later schema knows and this one does not."""
    known: tuple[ProofName, ...] = get_args(ProofName)
    name = next((name for name in known if name == body.get("proof")), None)
    return Proven(name, text(body, "what"), _evidence(body)) if name else None


def _evidence(body: Json) -> tuple[str, ...]:
    lines = dig(body, "evidence")
    return tuple(str(line) for line in lines) if isinstance(lines, list) else ()
