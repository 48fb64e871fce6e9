"""Release records as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from releases import DEPLOYMENT, SECRET, release, with_manifests

from deployctl.model.manifest import manifest
from deployctl.model.record import Unreadable, from_json, same_run, to_json
from deployctl.model.release import Release


def written(one: Release) -> dict[str, Any]:
    body = json.loads(json.dumps(to_json(one)))
    assert isinstance(body, dict)
    return body


def test_a_record_is_the_documented_json() -> None:
    assert written(release(7, manifests=())) == {
        "schema": 1,
        "number": 7,
        "operation": "release",
        "environment": "prod",
        "outcome": "done",
        "started": "2026-01-02T03:11:05.678901+00:00",
        "finished": "2026-01-02T03:11:45.678901+00:00",
        "who": "li@laptop (process 7)",
        "gitCommit": "c" * 40,
        "gitDirty": True,
        "fingerprint": "f" * 16,
        "downtime": 3.25,
        "deployctlVersion": "0.1.0",
        "images": [
            {
                "service": "api",
                "version": "1.2.3",
                "reference": "host.example/shop/api:v1.2.3",
                "digest": "sha256:" + "a" * 64,
                "context": "sha256:" + "c" * 64,
            }
        ],
        "proofs": [{"proof": "room", "what": "deployment/backend fits on node1", "evidence": ["node1: takes 1"]}],
        "removed": ["pod/api-0: it blocked the update"],
        "phases": [{"name": "teardown", "seconds": 1.5}, {"name": "startup", "seconds": 2.0}],
        "problem": {
            "what": "what",
            "where": "where",
            "evidence": ["seen", "heard"],
            "action": "do it",
            "incident": "ARCH001",
        },
        "manifests": [],
    }


@pytest.mark.parametrize(
    "one", [release(1), release(2, problem=None, downtime=None, finished=None, outcome="running", phases=(), images=())]
)
def test_what_is_written_is_read_whole(one: Release) -> None:
    assert from_json(written(one)) == one


def test_a_later_schema_is_read_as_far_as_it_is_known() -> None:
    proofs = [{"proof": "signature", "what": "signed", "evidence": []}]
    later = {**written(release(3)), "schema": 9, "outcome": "paused", "operation": "promotion", "proofs": proofs}

    read = from_json(later)

    assert (read.number, read.outcome, read.operation, read.proofs) == (3, "failed", "release", ())


def test_an_old_record_lacks_what_came_later() -> None:
    kept = {k: v for k, v in written(release(3)).items() if k in ("number", "started", "outcome")}

    read = from_json(kept)

    assert (read.number, read.succeeded, read.images, read.downtime, read.problem) == (3, True, (), None, None)


@pytest.mark.parametrize("missing", ["number", "started"])
def test_without_number_or_start_it_is_no_record(missing: str) -> None:
    with pytest.raises(Unreadable):
        from_json({k: v for k, v in written(release(3)).items() if k != missing})


def test_no_value_of_a_secret_is_in_it() -> None:
    applied = manifest(
        {
            **SECRET.body,
            "stringData": {"token": "hunter3"},
            "metadata": {
                "name": "keys",
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"data":{"password":"hunter2"}}'},
            },
        }
    )

    text = json.dumps(to_json(with_manifests(1, applied, DEPLOYMENT)))

    assert [value for value in ("aHVudGVyMg==", "hunter2", "hunter3") if value in text] == []
    assert '"data": {"password": ""}, ' in text
    assert '"stringData": {"token": ""}' in text


def test_the_same_run_is_told_by_number_start_and_who() -> None:
    begun = release(4, outcome="running", finished=None)

    assert same_run(begun, release(4, outcome="failed"))
    assert not same_run(begun, release(4, who="ann@desk"))
    assert not same_run(begun, release(5))
