"""Releases to record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from deployctl.model.errors import Problem
from deployctl.model.manifest import Manifest, manifest
from deployctl.model.proven import Proven
from deployctl.model.release import PhaseTime, Release, ReleasedImage

STARTED = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
CONTEXT = "sha256:" + "c" * 64
SECRET = manifest(
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "keys", "namespace": "shop"},
        "data": {"password": "aHVudGVyMg=="},
    }
)
DEPLOYMENT = manifest(
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api", "namespace": "shop"},
        "spec": {"a": [1]},
    }
)


def release(number: int, **changes: object) -> Release:
    """A release with every field filled; `changes` replace some."""
    whole = Release(
        number=number,
        operation="release",
        environment="prod",
        images=(ReleasedImage("api", "1.2.3", "host.example/shop/api:v1.2.3", DIGEST, CONTEXT),),
        started=STARTED + timedelta(minutes=number),
        finished=STARTED + timedelta(minutes=number, seconds=40),
        outcome="done",
        who="li@laptop (process 7)",
        git_commit="c" * 40,
        git_dirty=True,
        fingerprint="f" * 16,
        downtime=3.25,
        phases=(PhaseTime("teardown", 1.5), PhaseTime("startup", 2.0)),
        problem=Problem("what", "where", ("seen", "heard"), "do it", "ARCH001"),
        manifests=(DEPLOYMENT,),
        deployctl_version="0.1.0",
        proofs=(Proven("room", "deployment/backend fits on node1", ("node1: takes 1",)),),
        removed=("pod/api-0: it blocked the update",),
    )
    return replace(whole, **changes)  # type: ignore[arg-type] # the tests name fields of their own


def with_manifests(number: int, *manifests: Manifest) -> Release:
    return release(number, manifests=manifests)
