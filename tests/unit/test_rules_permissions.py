"""What RBAC must grant for a release."""

from __future__ import annotations

from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.rules.permissions import permissions_needed

PLURALS = {
    ("apps/v1", "Deployment"): "deployments",
    ("batch/v1", "Job"): "jobs",
    ("cert-manager.io/v1", "ClusterIssuer"): "clusterissuers",
}


def thing(api_version: str, kind: str, namespace: str) -> Manifest:
    return Manifest(ObjectRef(api_version, kind, namespace, "x"), {})


def applied(manifests: tuple[Manifest, ...]) -> set[tuple[str, str, str, str]]:
    """What the objects themselves need."""
    return set(permissions_needed(manifests, PLURALS, "shop")) - set(permissions_needed((), PLURALS, "shop"))


def test_an_object_must_be_read_created_and_patched_where_it_lives() -> None:
    assert applied((thing("apps/v1", "Deployment", "shop"),)) == {
        ("get", "apps", "deployments", "shop"),
        ("create", "apps", "deployments", "shop"),
        ("patch", "apps", "deployments", "shop"),
    }
    assert ("patch", "cert-manager.io", "clusterissuers", "") in applied(
        (thing("cert-manager.io/v1", "ClusterIssuer", ""),)
    )


def test_a_job_may_have_to_be_made_anew() -> None:
    assert ("delete", "batch", "jobs", "shop") in applied((thing("batch/v1", "Job", "shop"),))


def test_kinds_that_the_cluster_does_not_serve_need_nothing() -> None:
    assert applied((thing("example.com/v1", "Unknown", "shop"),)) == set()


def test_watching_the_records_and_the_lock_are_always_needed() -> None:
    always = permissions_needed((), {}, "shop")
    assert {
        ("list", "", "pods", "shop"),
        ("list", "apps", "replicasets", "shop"),
        ("get", "", "pods/log", "shop"),
        ("create", "", "secrets", "shop"),
        ("patch", "coordination.k8s.io", "leases", "shop"),
    } <= set(always)
    assert list(always) == sorted(set(always))
