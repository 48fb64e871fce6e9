"""`deployctl release` from the outside: processes, exit codes, and what is left behind."""

from __future__ import annotations

import signal
import subprocess
import sys

from rehearsal import BACKEND, OVERLAY, Rehearsal

BUMP = [
    '-    newTag: "prod-v0.8.7" # from backend/pyproject.toml',
    '+    newTag: "prod-v0.8.8" # from backend/pyproject.toml',
]


def test_a_release_builds_bumps_rolls_once_checks_verifies_tags_and_records(production: Rehearsal) -> None:
    before = production.revisions()
    result = production.tree.json("release", "backend", "--yes")
    assert (result.code, result.outcome["outcome"]) == (0, "done"), result
    finished = [event["step"] for event in result.named("step-finished")]
    assert finished == ["lock", "build", "prefetch", "bump", "apply", "rollout", "health", "verify", "tag", "record"]
    assert len(production.revisions() - before) == 1
    assert production.image() == f"{BACKEND}:prod-v0.8.8"
    assert production.tree.diff() == BUMP

    again = production.tree.json("release", "backend", "--yes")
    assert (again.code, again.outcome["outcome"]) == (0, "nothing-to-do"), again
    assert len(production.revisions() - before) == 1
    assert [event["step"] for event in again.named("step-finished")] == ["verify", "health"]

    told = production.tree.json("history").named("history-read")[0]["releases"]
    assert [(r["number"], r["operation"], r["outcome"], r["images"][0]["version"]) for r in told] == [
        (2, "release", "done", "0.8.8"),
        (1, "adopted", "done", "0.8.7"),
    ]
    assert told[0]["downtime"] > 0
    context = told[0]["images"][0]["context"]
    assert context.startswith("sha256:")
    assert f"context {context}" in result.out, "as the build said it"
    plan = production.tree.json("plan", "backend").named("planned")[0]["plan"]
    assert [service["of_this_tree"] for service in plan["services"]] == [True], "as the image's label says it"

    back = production.tree.json("rollback", "--yes")
    assert (back.code, back.outcome["outcome"]) == (0, "done"), back
    assert production.image() == f"{BACKEND}:prod-v0.8.7"
    assert production.tree.diff() == []


def test_without_a_terminal_and_without_yes_nothing_is_written(production: Rehearsal) -> None:
    before = production.revisions()
    result = production.tree.json("release", "backend")
    assert (result.code, result.outcome["problem"]["what"]) == (3, "there is no terminal to ask on")
    assert production.revisions() == before
    assert production.tree.diff() == []


def test_a_dry_run_and_a_plan_write_nothing_and_say_by_the_code_whether_something_would_change(
    production: Rehearsal,
) -> None:
    dry = production.tree.json("release", "backend", "--dry-run")
    planned = production.tree.json("plan", "backend", "--exit-code")
    assert (dry.code, planned.code, production.tree.json("plan", "backend").code) == (0, 10, 0)
    seals = {r.named("planned")[0]["plan"]["fingerprint"] for r in (dry, planned)}
    assert len(seals) == 1
    assert production.tree.diff() == []
    writes = {r["verb"] for r in production.requests() if r["user_agent"].startswith("deployctl/")}
    assert writes <= {"get", "head", "list", "create", "patch", ""}, "reviews are created, dry runs are patches"
    assert production.tree.json("history").named("history-read")[0]["releases"] == []


def test_commit_commits_the_bump_and_nothing_else(production: Rehearsal) -> None:
    (production.tree.folder / "unrelated.txt").write_text("mine\n")
    production.tree.run("git", "add", "unrelated.txt", check=True)
    production.tree.replace("backend/app/jobs.py", "\n", "\n\n")
    result = production.tree.json("release", "backend", "--yes", "--commit")
    assert result.code == 0, result
    shown = production.tree.run("git", "show", "--name-only", "--format=%s", "HEAD", check=True).out.split()
    assert shown == ["Release", "backend", "0.8.8", OVERLAY]
    left = production.tree.run("git", "status", "--porcelain", check=True).out.splitlines()
    assert sorted(left) == [" M backend/app/jobs.py", "A  unrelated.txt"]


def test_from_the_repositorys_root_a_release_is_the_same_tree_after_its_own_bump_and_another_one_is_refused(
    production: Rehearsal,
) -> None:
    tree = production.tree
    tree.replace("deployctl.toml", 'context = "backend"', 'context = "."')
    tree.replace(
        "backend/Dockerfile", "COPY pyproject.toml ./\nCOPY app ", "COPY backend/pyproject.toml ./\nCOPY backend/app "
    )
    tree.run("git", "commit", "--quiet", "-am", "built from the root", check=True)
    assert tree.json("release", "backend", "--yes", "--commit").code == 0
    again = tree.json("release", "backend", "--yes")
    assert (again.code, again.outcome["outcome"]) == (0, "nothing-to-do"), again

    tree.replace("backend/app/jobs.py", "\n", "\n\n")
    refused = tree.json("release", "backend", "--yes")
    problem = refused.outcome["problem"]
    assert (refused.code, problem["what"]) == (
        3,
        f"{BACKEND}:prod-v0.8.8 exists, and was made of another tree than the one here",
    )
    assert "not committed: backend/app/jobs.py" in problem["evidence"]
    assert "--rebuild" in problem["action"]
    as_it_is = tree.json("release", "backend", "--yes", "--skip-build")
    assert (as_it_is.code, as_it_is.outcome["outcome"]) == (0, "nothing-to-do")
    warned = [finding["id"] for finding in as_it_is.named("planned")[0]["plan"]["warnings"]]
    assert "made-of-another-tree" in warned
    assert tree.json("release", "backend", "--skip-build", "--rebuild").code == 2


def test_drift_of_another_workload_is_refused_until_it_is_accepted(production: Rehearsal) -> None:
    dead = "financialagent-gxftdbbre4gtegea.azurecr.io/mirror/redis:dead"
    production.tree.replace(OVERLAY, "newTag: 7-alpine", "newTag: dead")
    refused = production.tree.json("release", "backend", "--yes")
    assert (refused.code, refused.outcome["problem"]["incident"]) == (3, "K8S-002")
    assert "deployment/redis" in refused.outcome["problem"]["what"]
    assert production.image("deployment/redis") != dead
    production.tree.replace(OVERLAY, "newTag: dead", "newTag: 7-alpine")
    production.kubectl("annotate", "deployment/redis", "note=by-hand")
    assert production.tree.json("release", "backend", "--yes").code == 0, "what the overlay does not name may differ"


def test_a_release_that_is_terminated_says_so_and_the_next_one_finishes_it(production: Rehearsal) -> None:
    production.fault("app", image="*backend:prod-v0.8.8", startup_seconds=4, never_ready=False)
    before = production.revisions()
    command = [sys.executable, "-m", "deployctl", "release", "backend", "--yes", "--output", "json"]
    running = subprocess.Popen(
        command, cwd=production.tree.folder, env=dict(production.tree.environment), stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    seen = ""
    for line in running.stdout:
        seen += line
        if '"waiting"' in line:
            running.send_signal(signal.SIGTERM)
            break
    seen += running.stdout.read()
    assert running.wait(timeout=240) == 130, seen
    assert '"outcome": "interrupted"' in seen.splitlines()[-1]
    assert production.tree.json("history").named("history-read")[0]["releases"][0]["outcome"] == "interrupted"
    finished = production.tree.json("release", "backend", "--yes")
    assert finished.code == 0, finished
    assert len(production.revisions() - before) == 1


def test_a_release_that_is_killed_leaves_a_world_that_the_next_one_finishes(production: Rehearsal) -> None:
    before = production.revisions()
    command = [sys.executable, "-m", "deployctl", "release", "backend", "--yes", "--output", "json"]
    running = subprocess.Popen(
        command, cwd=production.tree.folder, env=dict(production.tree.environment), stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    for line in running.stdout:
        if '"step-started"' in line and '"apply"' in line:
            break
    running.kill()
    running.wait()
    production.kubectl("delete", "lease", "--all")  # instead of waiting for the dead holder's time to run out
    finished = production.tree.json("release", "backend", "--yes")
    assert finished.code == 0, finished
    assert len(production.revisions() - before) == 1
    assert production.tree.diff() == BUMP


def test_an_environment_that_somebody_else_releases_to_is_left_alone(production: Rehearsal) -> None:
    production.tree.kubectl(
        "apply",
        "-f",
        "-",
        stdin="""
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: deployctl-prod, namespace: klinematrix-prod, annotations: {deployctl.dev/phase: rollout}}
spec:
  holderIdentity: somebody@elsewhere
  leaseDurationSeconds: 86400
  acquireTime: "2026-01-01T00:00:00.000000Z"
  renewTime: "2099-01-01T00:00:00.000000Z"
""",
    )
    result = production.tree.json("release", "backend", "--yes")
    assert (result.code, result.outcome["outcome"]) == (7, "locked")
    assert "somebody@elsewhere" in result.outcome["problem"]["what"]
    assert production.tree.diff() == []
