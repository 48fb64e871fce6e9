"""Taking over from `kubectl apply`, on objects as a real API server showed them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import quick_yaml

from deployctl.model.json import Json, dig
from deployctl.model.server_side import (
    LAST_APPLIED,
    after_migration,
    client_side_managers,
    migration_patch,
    replacement_patch,
    without_restart_stamp,
)

DATA = Path(__file__).parent.parent / "data" / "server_side"
STAMP = "kubectl.kubernetes.io/restartedAt"


def recorded(name: str) -> dict[str, Any]:
    body = quick_yaml.document((DATA / f"{name}.yaml").read_text())
    assert isinstance(body, dict)
    return body


def writers(body: Json) -> list[tuple[str, str]]:
    return [(entry["manager"], entry["operation"]) for entry in body["metadata"]["managedFields"]]


def patched(body: Json, manager: str = "deployctl") -> dict[str, Any]:
    """The patch by what it sets, without its order."""
    patch = migration_patch(body, manager)
    assert patch is not None
    return {operation["path"]: operation.get("value", "removed") for operation in patch}


def test_kubectl_apply_is_what_is_taken_over_and_controllers_and_restarts_are_not() -> None:
    found = {name: client_side_managers(recorded(name)) for name in ("after-kubectl-apply", "after-deployctl")}

    assert found == {"after-kubectl-apply": {"kubectl-client-side-apply"}, "after-deployctl": frozenset()}
    assert client_side_managers(recorded("after-deployctl-then-kubectl")) == {"kubectl-client-side-apply"}


def test_whoever_wrote_kubectls_annotation_is_taken_over_under_any_name() -> None:
    body = recorded("after-kubectl-apply")
    body["metadata"]["managedFields"][1]["manager"] = "kubectl-create"

    assert client_side_managers(body) == {"kubectl-create"}


def test_a_writer_of_the_status_is_not_taken_over_even_under_kubectls_name() -> None:
    body = recorded("after-kubectl-apply")
    body["metadata"]["managedFields"][0]["manager"] = "kubectl-client-side-apply"

    assert writers({"metadata": {"managedFields": patched(body)["/metadata/managedFields"]}}) == [
        ("kubectl-client-side-apply", "Update"),
        ("deployctl", "Apply"),
    ]


def test_the_migration_is_one_patch_bound_to_what_was_read() -> None:
    body = recorded("after-kubectl-apply")
    patch = migration_patch(body, "deployctl")

    assert patch is not None
    assert [(o["op"], o["path"]) for o in patch] == [
        ("remove", "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration"),
        ("replace", "/metadata/managedFields"),
        ("replace", "/metadata/resourceVersion"),
    ]
    assert patch[2]["value"] == body["metadata"]["resourceVersion"]


def test_the_old_writers_fields_become_ours_but_for_its_annotation() -> None:
    body = recorded("after-kubectl-apply")

    _, ours = patched(body)["/metadata/managedFields"]

    before = body["metadata"]["managedFields"][1]["fieldsV1"]
    assert (ours["manager"], ours["operation"], ours["apiVersion"]) == ("deployctl", "Apply", "apps/v1")
    assert ours["fieldsV1"]["f:spec"] == before["f:spec"]
    assert ours["fieldsV1"]["f:metadata"]["f:annotations"] == {".": {}, "f:note": {}}


def test_fields_of_both_are_united_and_a_restart_by_hand_stays_its_own() -> None:
    body = recorded("after-deployctl-then-kubectl")

    fields = patched(body)["/metadata/managedFields"]

    assert {(e["manager"], e["operation"]) for e in fields} == {
        ("deployctl", "Apply"),
        ("kube-controller-manager", "Update"),
        ("kubectl-rollout", "Update"),
    }


def test_a_restart_annotation_that_kubectl_applied_is_left_to_nobody_so_that_it_stays() -> None:
    body = recorded("after-kubectl-apply")
    template = body["metadata"]["managedFields"][1]["fieldsV1"]["f:spec"]["f:template"]
    template["f:metadata"]["f:annotations"] = {".": {}, f"f:{STAMP}": {}}

    _, ours = patched(body)["/metadata/managedFields"]

    assert f"f:{STAMP}" not in ours["fieldsV1"]["f:spec"]["f:template"]["f:metadata"].get("f:annotations", {})


def test_fields_of_another_api_version_are_dropped_not_mixed_in() -> None:
    body = recorded("after-deployctl-then-kubectl")
    entries = body["metadata"]["managedFields"]
    ours = next(e for e in entries if e["manager"] == "deployctl")
    old = next(e for e in entries if e["manager"] == "kubectl-client-side-apply")
    old["apiVersion"] = "apps/v1beta1"
    old["fieldsV1"]["f:spec"] = {"f:rollbackTo": {}}

    left = patched(body)["/metadata/managedFields"]

    assert [e["fieldsV1"] for e in left if e["manager"] == "deployctl"] == [ours["fieldsV1"]]


def test_nothing_is_to_be_migrated_twice() -> None:
    assert migration_patch(recorded("after-deployctl"), "deployctl") is None


def test_an_annotation_without_its_writer_is_removed_too() -> None:
    body = recorded("after-deployctl")
    body["metadata"]["annotations"][LAST_APPLIED] = "{}"

    assert list(patched(body)) == [
        "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
        "/metadata/resourceVersion",
    ]


def test_what_was_taken_out_of_the_manifest_is_foreseen_to_go() -> None:
    body = after_migration(recorded("dry-run-over-kubectl-apply"))

    pod = dig(body, "spec", "template", "spec")
    (container,) = pod["containers"]
    assert (container["name"], container["image"]) == ("web", "registry.invalid/web:2")
    assert (container["env"], container["ports"]) == (
        [{"name": "B", "value": "b"}],
        [{"containerPort": 80, "protocol": "TCP"}],
    )
    assert pod.get("securityContext") is None
    assert dig(body, "metadata", "labels") == {"app": "web"}
    assert list(dig(body, "metadata", "annotations")) == ["deployment.kubernetes.io/revision"]


def test_what_others_own_is_not_foreseen_to_go() -> None:
    body = recorded("dry-run-over-kubectl-apply")
    body["metadata"]["managedFields"].append(
        {
            "manager": "autoscaler",
            "operation": "Update",
            "apiVersion": "apps/v1",
            "fieldsV1": {"f:metadata": {"f:labels": {"f:extra": {}}}, "f:spec": {"f:progressDeadlineSeconds": {}}},
        }
    )

    foreseen = after_migration(body)

    assert dig(foreseen, "metadata", "labels") == {"app": "web", "extra": "1"}
    assert dig(foreseen, "spec", "progressDeadlineSeconds") == 600


def test_a_replacement_touches_only_what_differs_and_nothing_of_the_servers() -> None:
    live = {
        "metadata": {"uid": "u", "resourceVersion": "1", "labels": {"a": "1"}, "annotations": {"b": "2"}},
        "spec": {"x": 1},
        "data": {"k": "v"},
        "status": {"ready": 1},
    }
    wanted = {"metadata": {"labels": {"a": "1"}, "annotations": {"b/c~": "3"}}, "spec": {"x": 2}, "type": "t"}

    assert replacement_patch(live, wanted) == [
        {"op": "add", "path": "/spec", "value": {"x": 2}},
        {"op": "add", "path": "/type", "value": "t"},
        {"op": "remove", "path": "/data"},
        {"op": "add", "path": "/metadata/annotations", "value": {"b/c~": "3"}},
    ]


@pytest.mark.parametrize(
    ("annotations", "left"),
    [
        ({STAMP: "now"}, {}),
        ({STAMP: "now", "a": "b"}, {"annotations": {"a": "b"}}),
        ({"a": "b"}, {"annotations": {"a": "b"}}),
    ],
)
def test_a_manifests_own_restart_annotation_is_taken_out(annotations: dict[str, str], left: dict[str, Any]) -> None:
    body = {"kind": "Deployment", "spec": {"template": {"metadata": {"annotations": annotations}}}}

    assert without_restart_stamp(body) == {"kind": "Deployment", "spec": {"template": {"metadata": left}}}
