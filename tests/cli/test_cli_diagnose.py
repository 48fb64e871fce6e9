"""`deployctl diagnose`, and pods in the way of a release, from the outside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rehearsal import BACKEND, HOST, Rehearsal, rehearsal
from released_tree import Result, Tree

IMPATIENT = """
[policies.thresholds]
stuck = 2
"""


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[Rehearsal]:
    def change(tree: Tree) -> None:
        (tree.folder / "deployctl.toml").write_text(tree.read("deployctl.toml") + IMPATIENT)

    with rehearsal(tmp_path, change=change) as subject:
        yield subject


def causes(result: Result, *severities: str) -> list[str]:
    (read,) = result.named("examined")
    found = read["examination"]["diagnoses"]
    return [d["cause"] for d in found if d["severity"] in (severities or ("fatal", "waiting"))]


def written(production: Rehearsal) -> list[dict[str, Any]]:
    mine = (r for r in production.requests() if r["user_agent"].startswith("deployctl/"))
    return [r for r in mine if r["verb"] in ("create", "update", "patch", "delete") and "dryRun" not in json.dumps(r)]


@pytest.fixture
def deaf(tmp_path: Path) -> Iterator[Rehearsal]:
    """Its backend has six seconds to end, and ignores the signal; nothing proves that it is Ready."""

    def change(tree: Tree) -> None:
        short = "      terminationGracePeriodSeconds: 6\n      serviceAccountName: klinematrix-sa"
        tree.replace(".pipeline/k8s/base/backend.yaml", "      serviceAccountName: klinematrix-sa", short)
        (tree.folder / "deployctl.toml").write_text(tree.read("deployctl.toml").replace("settle = 1", "settle = 3"))

    with rehearsal(tmp_path, change=change) as subject:
        yield subject


def test_a_release_says_what_made_it_slow_and_records_what_it_cost(deaf: Rehearsal) -> None:
    deaf.fault("hang-termination", image="*backend:prod-v0.8.7")
    result = deaf.tree.json("release", "backend", "--yes")
    assert result.code == 0, result
    advice = {a["finding"]["id"]: a["finding"] for a in result.named("advised")}
    assert set(advice) == {"advice-sigterm", "advice-readiness"}, result
    assert "used up its grace period of 6 s" in advice["advice-sigterm"]["what"]
    (cost,) = result.named("downtime-measured")
    phases = {p["name"]: p["seconds"] for p in cost["phases"]}
    assert phases["deployment/backend teardown"] >= 4
    assert cost["unserved"] >= 4
    assert cost["seconds"] == pytest.approx(cost["unserved"] + cost["wrong"], abs=0.02)
    record = deaf.tree.json("history").named("history-read")[0]["releases"][0]
    kept = {p["name"]: p["seconds"] for p in record["phases"]}
    assert kept["backend not served"] == cost["unserved"]
    assert kept["deployment/backend teardown"] == phases["deployment/backend teardown"]


def test_a_production_that_is_well_exits_with_0_and_nothing_is_written(production: Rehearsal) -> None:
    production.until(lambda: not causes(production.tree.json("diagnose")))
    writes = written(production)
    everything = production.tree.json("diagnose")
    one = production.tree.json("diagnose", "backend")
    assert (everything.code, one.code) == (0, 0), (everything, one)
    assert {r["resource"] for r in written(production)[len(writes) :]} <= {"selfsubjectaccessreviews"}
    assert [r["workload"]["name"] for r in one.named("examined")[0]["examination"]["rollouts"]] == [
        "backend",
        "market-insights",
        "watchlist-analyzer",
    ]


def test_what_is_wrong_exits_with_6_with_its_cause_in_the_first_line(production: Rehearsal) -> None:
    production.kubectl("set", "image", "deployment/backend", f"backend={BACKEND}:nowhere")
    production.until(lambda: "image-absent" in causes(production.tree.json("diagnose", "backend")))
    told = production.tree.deployctl("diagnose", "backend")
    first = told.out.splitlines()[0]
    assert (told.code, first) == (6, f"image-absent: {BACKEND}:nowhere does not exist in {HOST}"), told
    assert "the previous version would not fail in this way" in told.out
    assert "next   push the tag" in told.out
    assert "mismatch: " in told.err


def test_an_incident_names_its_page(production: Rehearsal) -> None:
    production.kubectl("delete", "secret", "acr-secret")
    told = production.tree.deployctl("diagnose", "frontend")
    assert told.code == 6, told
    assert told.out.startswith("pull-secret-absent: pods would not start again"), told
    assert "see    docs/troubleshooting.md#ARCH001" in told.out


def test_an_unknown_service_is_a_usage_error(production: Rehearsal) -> None:
    assert production.tree.json("diagnose", "backnd").code == 2


def test_leftovers_are_told_before_and_removed_on_request(production: Rehearsal) -> None:
    production.fault("evict", image="*backend:prod-v0.8.7", once=True)
    production.until(lambda: any(p["status"]["phase"] == "Failed" for p in backends(production)))
    production.kubectl("rollout", "status", "deployment/backend", "--timeout=240s")
    left = next(p["metadata"]["name"] for p in backends(production) if p["status"]["phase"] == "Failed")
    production.fault("recreate-stall")

    plan = production.tree.json("plan", "backend").named("planned")[0]["plan"]
    (warning,) = [w for w in plan["warnings"] if w["id"] == "leftover-pods"]
    assert "--remove-leftovers" in warning["action"]
    assert left in warning["evidence"][0]

    result = production.tree.json("release", "backend", "--yes", "--remove-leftovers")
    assert result.code == 0, result
    assert left not in [p["metadata"]["name"] for p in backends(production)]
    record = production.tree.json("history").named("history-read")[0]["releases"][0]
    assert record["removed"] == [f"pod/{left}: it had failed, and was left behind"]


def backends(production: Rehearsal) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = production.get("pods", "-l", "app=backend")["items"]
    return found


def broken_mongodb(production: Rehearsal) -> None:
    """A bad image, by hand: the StatefulSet's only pod stays bad, whatever is applied after."""
    production.kubectl("set", "image", "statefulset/mongodb", f"mongodb={HOST}/mirror/mongo:nowhere")
    production.until(lambda: mongodb(production).endswith("nowhere"))


def mongodb(production: Rehearsal) -> str:
    pods = production.get("pods", "-l", "app=mongodb")["items"]
    return str(pods[0]["spec"]["containers"][0]["image"]) if pods else ""


def test_a_stuck_pod_of_a_stateful_set_is_named_and_left_alone(impatient: Rehearsal) -> None:
    broken_mongodb(impatient)
    result = impatient.tree.json("release", "backend", "--yes", "--accept-collateral")
    told = [d["diagnosis"] for d in result.named("diagnosed")]
    assert (result.code, [d["cause"] for d in told][:1]) == (5, ["statefulset-stuck-pod"]), result
    assert "--delete-stuck-pod" in told[0]["action"]
    assert mongodb(impatient).endswith("nowhere")


def test_a_stuck_pod_is_deleted_on_request_and_recorded(impatient: Rehearsal) -> None:
    broken_mongodb(impatient)
    result = impatient.tree.json("release", "backend", "--yes", "--accept-collateral", "--delete-stuck-pod")
    assert result.code == 0, result
    assert mongodb(impatient).endswith("mongo:7.0")
    (line,) = impatient.tree.json("history").named("history-read")[0]["releases"][0]["removed"]
    assert line.startswith("pod/mongodb-0: pod mongodb-0 of the former revision is not Ready")
