"""The field-level diff: paths as people say them, no noise, no secret."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.model.change import FieldChange, ObjectChange
from deployctl.model.manifest import Manifest, manifest
from deployctl.model.rules.diff import HIDDEN, diff_objects

Body = dict[str, Any]


def deployment() -> Body:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "backend",
            "namespace": "shop",
            "uid": "1",
            "resourceVersion": "10",
            "generation": 3,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"app": "backend"},
            "annotations": {
                "deployment.kubernetes.io/revision": "3",
                "kubectl.kubernetes.io/last-applied-configuration": "{}",
            },
            "managedFields": [{"manager": "kubectl-client-side-apply"}],
        },
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "template": {
                "metadata": {"labels": {"app": "backend"}},
                "spec": {
                    "imagePullSecrets": [{"name": "acr-secret"}],
                    "containers": [
                        {
                            "name": "backend",
                            "image": "r/shop/backend:v1",
                            "ports": [{"containerPort": 8000, "protocol": "TCP"}],
                            "env": [
                                {"name": "LOG_LEVEL", "value": "info"},
                                {"name": "JWT_SECRET", "value": "hunter2"},
                                {"name": "DB", "value": "mongodb://root:hunter2@mongo/x"},
                                {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "backend-secrets", "key": "k"}}},
                            ],
                            "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
                            "args": ["--workers", "2"],
                        },
                        {"name": "sidecar", "image": "r/sidecar:v1"},
                    ],
                    "volumes": [{"name": "tmp", "emptyDir": {}}],
                },
            },
        },
        "status": {"replicas": 1},
    }


def container(body: Body) -> Body:
    found: Body = body["spec"]["template"]["spec"]["containers"][0]
    return found


def changed(before: Body, after: Body) -> ObjectChange:
    return diff_objects(manifest(before), manifest(after))


BACKEND = "spec.template.spec.containers[backend]"


def test_what_the_server_keeps_for_itself_is_no_change() -> None:
    after = deployment()
    after["metadata"] |= {"resourceVersion": "11", "generation": 4, "managedFields": [], "uid": "2"}
    after["metadata"]["annotations"] = {}
    after["status"] = {"replicas": 2}
    assert changed(deployment(), after) == ObjectChange(manifest(after).ref, "unchanged")


def test_a_new_image_is_one_field_and_rolls_the_pods() -> None:
    after = deployment()
    container(after)["image"] = "r/shop/backend:v2"
    assert changed(deployment(), after) == ObjectChange(
        manifest(after).ref,
        "change",
        (FieldChange(f"{BACKEND}.image", "r/shop/backend:v1", "r/shop/backend:v2"),),
        rolls=True,
    )


def test_replicas_and_labels_of_the_workload_roll_nothing() -> None:
    after = deployment()
    after["spec"]["replicas"] = 2
    after["metadata"]["labels"] = {"app": "backend", "team": "a"}
    change = changed(deployment(), after)
    assert (change.rolls, change.fields) == (
        False,
        (FieldChange("metadata.labels.team", None, "a"), FieldChange("spec.replicas", "1", "2")),
    )


def test_a_null_in_the_template_is_no_change_and_rolls_nothing() -> None:
    after = deployment()
    after["spec"]["template"]["metadata"]["creationTimestamp"] = None
    assert changed(deployment(), after) == ObjectChange(manifest(after).ref, "unchanged")


def test_an_annotation_of_the_template_rolls_the_pods() -> None:
    after = deployment()
    after["spec"]["template"]["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": "now"}
    change = changed(deployment(), after)
    assert change.rolls
    assert [f.path for f in change.fields] == [
        "spec.template.metadata.annotations['kubectl.kubernetes.io/restartedAt']"
    ]


@pytest.mark.parametrize("kind", ["CronJob", "Service"])
def test_what_makes_no_pods_at_once_rolls_nothing(kind: str) -> None:
    before = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}, "spec": {"template": {"a": 1}}}
    after = copy.deepcopy(before)
    after["spec"] = {"template": {"a": 2}}
    assert not changed(before, after).rolls


def test_lists_are_matched_by_their_merge_keys_and_not_by_position() -> None:
    after = deployment()
    after["spec"]["template"]["spec"]["containers"].reverse()
    env = next(c for c in after["spec"]["template"]["spec"]["containers"] if c["name"] == "backend")["env"]
    env.insert(0, {"name": "NEW", "value": "1"})
    container_ports = next(c for c in after["spec"]["template"]["spec"]["containers"] if c["name"] == "backend")
    container_ports["ports"] = [{"containerPort": 8000, "protocol": "TCP", "name": "http"}]
    container_ports["volumeMounts"] = [{"name": "tmp", "mountPath": "/tmp", "readOnly": True}]
    assert [(f.path, f.before, f.after) for f in changed(deployment(), after).fields] == [
        (f"{BACKEND}.ports[8000,TCP].name", None, "http"),
        (f"{BACKEND}.env[NEW]", None, '{"name": "NEW", "value": "1"}'),
        (f"{BACKEND}.volumeMounts[/tmp].readOnly", None, "true"),
        ("spec.template.spec.containers (order)", "backend, sidecar", "sidecar, backend"),
    ]


def test_lists_of_plain_values_are_one_field() -> None:
    after = deployment()
    container(after)["args"] = ["--workers", "4"]
    assert changed(deployment(), after).fields == (
        FieldChange(f"{BACKEND}.args", '["--workers", "2"]', '["--workers", "4"]'),
    )


def test_keys_with_dots_and_slashes_are_quoted() -> None:
    after = deployment()
    after["metadata"]["annotations"]["example.com/owner"] = "a"
    assert [f.path for f in changed(deployment(), after).fields] == ["metadata.annotations['example.com/owner']"]


def test_types_count() -> None:
    before = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": "1", "b": True}}
    after = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": 1, "b": 1}}
    assert [f.path for f in changed(before, after).fields] == ["data.a", "data.b"]


def test_true_is_not_one_however_deep_it_lies() -> None:
    before = {"apiVersion": "v1", "kind": "X", "metadata": {"name": "x"}, "spec": {"a": [True], "b": {"c": False}}}
    after = {"apiVersion": "v1", "kind": "X", "metadata": {"name": "x"}, "spec": {"a": [1], "b": {"c": 0}}}
    assert [f.path for f in changed(before, after).fields] == ["spec.a", "spec.b.c"]


def test_numbers_that_are_equal_are_equal() -> None:
    before = {"apiVersion": "v1", "kind": "X", "metadata": {"name": "x"}, "spec": {"a": 1}}
    after = {"apiVersion": "v1", "kind": "X", "metadata": {"name": "x"}, "spec": {"a": 1.0}}
    assert changed(before, after).fields == ()


def test_env_values_with_secret_names_and_passwords_in_urls_are_hidden() -> None:
    after = deployment()
    container(after)["env"][1]["value"] = "correct horse"
    container(after)["env"][2]["value"] = "mongodb://root:battery@mongo/x"
    assert changed(deployment(), after).fields == (
        FieldChange(f"{BACKEND}.env[JWT_SECRET].value", HIDDEN, HIDDEN, hidden=True),
        FieldChange(f"{BACKEND}.env[DB].value", HIDDEN, HIDDEN, hidden=True),
    )


def test_a_secret_value_in_a_whole_new_element_is_hidden() -> None:
    after = deployment()
    container(after)["env"].append({"name": "API_TOKEN", "value": "hunter2"})
    (field,) = changed(deployment(), after).fields
    assert field.after == '{"name": "API_TOKEN", "value": "(hidden)"}'


def test_a_reference_to_a_secret_is_no_secret() -> None:
    after = deployment()
    container(after)["env"][3]["valueFrom"]["secretKeyRef"]["key"] = "other"
    after["spec"]["template"]["spec"]["imagePullSecrets"] = [{"name": "other-secret"}]
    assert [(f.path, f.before, f.after) for f in changed(deployment(), after).fields] == [
        ("spec.template.spec.imagePullSecrets[acr-secret]", '{"name": "acr-secret"}', None),
        ("spec.template.spec.imagePullSecrets[other-secret]", None, '{"name": "other-secret"}'),
        (f"{BACKEND}.env[KEY].valueFrom.secretKeyRef.key", "k", "other"),
    ]


def test_long_values_are_shortened_around_what_differs() -> None:
    before = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"conf": "a\n" * 500 + "old"}}
    after = copy.deepcopy(before)
    after["data"]["conf"] = "a\n" * 500 + "new"  # type: ignore[index]  # a body of this shape
    (field,) = changed(before, after).fields
    assert (field.before or "").endswith("old")
    assert (field.after or "").endswith("new")
    assert len(field.before or "") <= 120


# ---------------------------------------------------------------- Secrets


def secret(values: dict[str, str]) -> Body:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    applied = json.dumps({"data": encoded})
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {
            "name": "backend-secrets",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied},
        },
        "data": encoded,
    }


def test_of_a_secret_only_which_keys_change_is_shown() -> None:
    before, after = (
        secret({"a": "old-value", "b": "same", "c": "gone"}),
        secret({"a": "new-value", "b": "same", "d": "x"}),
    )
    assert changed(before, after).fields == (
        FieldChange("data.a", HIDDEN, HIDDEN, hidden=True),
        FieldChange("data.c", HIDDEN, None, hidden=True),
        FieldChange("data.d", None, HIDDEN, hidden=True),
    )


def test_of_a_new_secret_the_keys_are_shown() -> None:
    created = diff_objects(None, manifest(secret({"a": "value"})))
    assert (created.action, created.fields) == ("create", (FieldChange("data.a", None, HIDDEN, hidden=True),))


VALUES = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.text(alphabet="XYZ", min_size=6, max_size=12), max_size=3)


@given(VALUES, VALUES)
def test_no_value_of_a_secret_is_in_its_diff_in_any_form(before: dict[str, str], after: dict[str, str]) -> None:
    old, new = secret(before), secret(after)
    old["stringData"], new["stringData"] = before, after
    shown = repr(changed(old, new)) + repr(diff_objects(None, manifest(new)))
    for value in (*before.values(), *after.values()):
        assert value not in shown
        assert base64.b64encode(value.encode()).decode() not in shown


def test_a_new_object_is_a_create_without_a_list_of_all_its_fields() -> None:
    body = deployment()
    assert diff_objects(None, manifest(body)) == ObjectChange(manifest(body).ref, "create", rolls=True)


TREES = st.recursive(
    st.booleans() | st.integers(0, 3) | st.text(alphabet="ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "spec", "env", "ports", "password", "x"]), inner, max_size=3)
    ),
    max_leaves=10,
)


def thing(spec: object) -> Manifest:
    return manifest({"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "x"}, "spec": spec})


@given(TREES, TREES)
def test_there_is_a_field_exactly_when_something_differs(before: object, after: object) -> None:
    change = diff_objects(thing(before), thing(after))
    same = json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)
    assert (change.action == "unchanged") == same
    assert bool(change.fields) == (not same)
