"""Releases that go wrong: named, coded, recorded, and nothing lost."""

from __future__ import annotations

import base64

from rehearsal import BACKEND, OVERLAY, Rehearsal


def test_a_failed_build_leaves_tree_and_cluster_untouched(production: Rehearsal) -> None:
    before = production.revisions()
    production.tree.replace("backend/Dockerfile", "COPY app ./app", "COPY missing ./app")
    result = production.tree.json("release", "backend", "--yes")
    assert (result.code, result.outcome["outcome"]) == (3, "refused"), result
    assert "stat missing: file does not exist" in " ".join(result.outcome["problem"]["evidence"])
    assert production.revisions() == before
    assert production.tree.diff() == [
        "-COPY app ./app",
        "+COPY missing ./app",
    ]


def test_a_crashing_image_is_named_with_its_last_words_and_rolled_back_on_request(production: Rehearsal) -> None:
    production.fault("app", image="*backend:prod-v0.8.8", crash_after=0.2, crash_code=3, log="KeyError: 'JWT'")
    result = production.tree.json("release", "backend", "--yes")
    assert (result.code, result.outcome["outcome"]) == (5, "failed"), result
    problem = result.outcome["problem"]
    assert problem["incident"] == "POD001"
    assert "KeyError" in " ".join(problem["evidence"])
    assert "deployctl rollback --env prod" in problem["action"]
    told = production.tree.json("history").named("history-read")[0]["releases"]
    assert (told[0]["outcome"], told[0]["problem"]["incident"]) == ("failed", "POD001")
    back = production.tree.json("rollback", "--yes")
    assert back.code == 0, back
    assert production.image() == f"{BACKEND}:prod-v0.8.7"
    assert production.tree.diff() == []


def test_a_degraded_health_document_fails_the_release_although_it_answers_200(production: Rehearsal) -> None:
    production.fault("app", image="*backend:prod-v0.8.8", degraded=True)
    result = production.tree.json("release", "backend", "--yes")
    assert (result.code, result.outcome["outcome"]) == (5, "failed"), result
    assert "degraded" in " ".join(result.outcome["problem"]["evidence"])


def test_verify_notices_what_was_changed_by_hand(production: Rehearsal) -> None:
    assert production.tree.json("verify").code == 0
    production.kubectl("set", "image", "deployment/frontend", f"frontend={BACKEND}:prod-v0.8.7")
    result = production.tree.json("verify")
    assert (result.code, result.outcome["outcome"]) == (6, "mismatch")
    bad = {(c["subject"], c["fact"]) for c in result.named("verified")[0]["checks"] if not c["good"]}
    assert ("deployment/frontend", "live image") in bad
    assert production.tree.json("verify", "backend").code == 6, "the frontend's pods now run the backend's image"


def test_an_overlay_entry_that_matches_nothing_is_refused(production: Rehearsal) -> None:
    production.tree.replace(OVERLAY, "- name: klinematrix/backend", "- name: klinematrix/back")
    missing = production.tree.json("release", "backend", "--yes", "--version", "0.8.7")
    assert missing.code == 3
    assert "klinematrix/backend" in missing.outcome["problem"]["what"]
    production.tree.replace("deployctl.toml", 'image = "klinematrix/backend"', 'image = "klinematrix/back"')
    nothing = production.tree.json("release", "backend", "--yes", "--version", "0.8.7")
    assert (nothing.code, nothing.outcome["problem"]["incident"]) == (3, "DEPLOY001")


def test_what_the_server_would_reject_is_found_before_anything_is_written(production: Rehearsal) -> None:
    path = ".pipeline/k8s/base/redis.yaml"
    production.tree.replace(path, "app: redis", "app: redis-renamed")
    production.tree.replace(OVERLAY, "resources:", "resources:\n  - strange.yaml")
    (production.tree.folder / OVERLAY).with_name("strange.yaml").write_text(
        "apiVersion: example.com/v1\nkind: Strange\nmetadata: {name: it}\n"
    )
    result = production.tree.json("release", "backend", "--yes")
    assert result.code == 3
    found = {finding["id"] for finding in result.named("planned")[0]["plan"]["refusals"]}
    assert {"immutable", "kind-unknown"} <= found
    assert production.image("deployment/backend") == f"{BACKEND}:prod-v0.8.7"


def test_a_server_that_drops_connections_and_throttles_is_outlasted(production: Rehearsal) -> None:
    production.fault("api-drop", verb="list", times=3)
    production.fault("api-error", verb="get", status=429, retry_after=1, times=3)
    result = production.tree.json("release", "backend", "--yes")
    assert result.code == 0, result


def test_a_server_that_does_not_answer_is_named_and_nothing_is_written(production: Rehearsal) -> None:
    environment = {**production.tree.environment, "DEPLOYCTL_API_SERVER": "https://other.example.com"}
    tree = type(production.tree)(production.tree.folder, environment)
    result = tree.json("release", "backend", "--yes")
    assert (result.code, result.outcome["outcome"]) == (3, "refused")
    assert "https://other.example.com" in str(result.outcome["problem"])


def test_no_secret_value_appears_in_any_output_or_record(production: Rehearsal) -> None:
    values = secret_values(production)
    assert len(values) > 5
    production.tree.replace(
        ".pipeline/k8s/overlays/prod/langfuse-secret.yaml", "stringData:", "stringData:\n  new: n3w-s3cret-value"
    )
    texts = [
        production.tree.deployctl("plan", "backend", "-v"),
        production.tree.json("release", "backend", "--yes", "-v"),
        production.tree.json("history"),
        production.tree.deployctl("status", "-v"),
    ]
    told = "".join(text.out + text.err for text in texts)
    assert [value for value in (*values, "n3w-s3cret-value") if value in told] == []
    assert "new" in told, "the key that changes is named"


def secret_values(production: Rehearsal) -> set[str]:
    """Every value of every Secret, in clear and encoded, long enough not to be a common word."""
    found = set()
    for secret in production.get("secrets")["items"]:
        for encoded in (secret.get("data") or {}).values():
            found |= {encoded, base64.b64decode(encoded).decode(errors="replace")}
    sandbox = production.sandbox
    found |= {sandbox.token, sandbox.azure.client_secret, sandbox.registry.password}
    return {value for value in found if len(value) >= 8}
