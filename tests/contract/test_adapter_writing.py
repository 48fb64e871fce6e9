"""Server-side apply on a live API server, over what `kubectl apply` left."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from live_place import Place, essence

from deployctl.model.json import dig
from deployctl.model.manifest import Manifest
from deployctl.ports import ClusterRejected

DATA = Path(__file__).parent.parent / "data" / "server_side"
BEFORE = (DATA / "documented.yaml").read_text()
AFTER = (DATA / "wanted.yaml").read_text()
"""The same objects with something taken out of each."""

JOB = """
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  parallelism: 0
  template: {spec: {restartPolicy: Never, containers: [{name: a, image: "registry.invalid/a:1"}]}}
"""


def only_web(text: str) -> str:
    return text.split("---", maxsplit=1)[0]


def refusal(place: Place, one: Manifest) -> ClusterRejected:
    with pytest.raises(ClusterRejected) as caught:
        place.writer.apply(one)
    return caught.value


@pytest.mark.parametrize("documented_first", [True, False])
def test_a_dry_run_predicts_exactly_what_applying_makes(place: Place, documented_first: bool) -> None:
    if documented_first:
        place.documented_apply(BEFORE)
    wanted = place.manifests(AFTER)
    predicted = place.writer.dry_run(wanted)

    for one in wanted:
        applied = place.writer.apply(one)
        foreseen = predicted[one.ref]
        assert isinstance(foreseen, Manifest), one.ref
        found, expected = essence(foreseen.body), essence(applied.body)
        if not documented_first:  # what a dry run makes up for a new object is made up anew
            for made_up in (found, expected):
                made_up["metadata"] = {k: v for k, v in made_up["metadata"].items() if k in ("name", "labels")}
                for address in ("clusterIP", "clusterIPs"):
                    made_up.get("spec", {}).pop(address, None)
        assert found == expected


def test_a_dry_run_writes_nothing(place: Place) -> None:
    place.documented_apply(BEFORE)
    wanted = place.manifests(AFTER)
    before = {ref: one.resource_version for ref, one in place.cluster.get(tuple(m.ref for m in wanted)).items()}

    place.writer.dry_run(wanted)

    after = {ref: one.resource_version for ref, one in place.cluster.get(tuple(m.ref for m in wanted)).items()}
    assert {
        ref for ref in before if before[ref] != after[ref] and ref.kind not in ("Deployment", "StatefulSet")
    } == set()


def test_applying_takes_out_what_kubectl_apply_had_put_in(place: Place) -> None:
    place.documented_apply(only_web(BEFORE))

    applied = place.writer.apply(place.one(only_web(AFTER)))

    container = applied.body["spec"]["template"]["spec"]["containers"]
    assert [(c["name"], c["env"]) for c in container] == [("web", [{"name": "B", "value": "c"}])]
    assert dig(applied.body, "metadata", "labels") == {"app": "web", "other": "2"}
    assert "kubectl.kubernetes.io/last-applied-configuration" not in applied.annotations
    writers = {(e["manager"], e["operation"]) for e in applied.body["metadata"]["managedFields"]}
    assert {w for w in writers if w[0] != "kube-controller-manager"} == {("deployctl", "Apply")}


def test_applying_again_changes_nothing(place: Place) -> None:
    place.documented_apply(only_web(BEFORE))
    first = place.writer.apply(place.one(only_web(AFTER)))

    again = place.writer.apply(place.one(only_web(AFTER)))

    assert again.body["spec"] == first.body["spec"]
    assert dig(again.body, "metadata", "labels") == dig(first.body, "metadata", "labels")


def test_taking_over_what_kubectl_applied_and_changing_nothing_starts_no_rollout(place: Place) -> None:
    place.documented_apply(only_web(AFTER))
    wanted = place.one(only_web(AFTER))

    before = place.live(wanted).body["spec"]
    applied = place.writer.apply(wanted)
    place.documented_apply(only_web(AFTER))

    assert (applied.body["spec"], place.live(wanted).body["spec"]) == (before, before)


def test_a_restart_by_hand_survives_taking_over(place: Place) -> None:
    place.documented_apply(only_web(AFTER))
    place.kubectl("rollout", "restart", "deployment/web")
    wanted = place.one(only_web(AFTER))

    template = place.live(wanted).body["spec"]["template"]

    assert place.writer.apply(wanted).body["spec"]["template"] == template


def test_a_restart_is_stamped_once_and_survives_the_next_apply(place: Place) -> None:
    wanted = place.one(only_web(AFTER))
    applied = place.writer.apply(wanted)

    first = place.writer.stamp_restart(applied, "2026-01-02T03:04:05Z")
    second = place.writer.stamp_restart(applied, "2026-01-02T03:04:05Z")
    third = place.writer.apply(wanted)

    stamped = {"kubectl.kubernetes.io/restartedAt": "2026-01-02T03:04:05Z"}
    assert [dig(m.body, "spec", "template", "metadata", "annotations") for m in (first, second, third)] == [stamped] * 3


def test_a_restart_of_what_somebody_changed_meanwhile_is_refused(place: Place) -> None:
    applied = place.writer.apply(place.one(only_web(AFTER)))
    place.kubectl("set", "image", "deployment/web", "web=registry.invalid/web:9")

    with pytest.raises(ClusterRejected) as caught:
        place.writer.stamp_restart(applied, "2026-01-02T03:04:05Z")

    assert (caught.value.reason, caught.value.status) == ("Conflict", 409)


def test_a_paused_deployment_is_not_restarted(place: Place) -> None:
    wanted = yaml.safe_load(only_web(AFTER))
    wanted["spec"]["paused"] = True
    applied = place.writer.apply(place.one(yaml.safe_dump(wanted)))

    with pytest.raises(ClusterRejected) as caught:
        place.writer.stamp_restart(applied, "2026-01-02T03:04:05Z")

    assert caught.value.reason == "Paused"


def test_an_immutable_job_is_named_and_can_be_made_anew(place: Place) -> None:
    first = place.writer.apply(place.one(JOB))
    changed = place.one(JOB.replace("a:1", "a:2"))

    foreseen = place.writer.dry_run((changed,))[changed.ref]
    assert isinstance(foreseen, ClusterRejected)
    assert (foreseen.reason, foreseen.status) == ("Immutable", 422)
    assert foreseen.problem.evidence == ("spec.template: Invalid value: …: field is immutable",)

    anew = place.writer.recreate(changed)
    image = dig(anew.body, "spec", "template", "spec", "containers", 0, "image")
    assert (image, anew.uid != first.uid) == ("registry.invalid/a:2", True)


def test_making_a_job_anew_that_is_not_there_makes_it(place: Place) -> None:
    assert place.writer.recreate(place.one(JOB)).body["kind"] == "Job"


def test_a_field_that_the_kind_does_not_have_is_named(place: Place) -> None:
    wanted = yaml.safe_load(only_web(AFTER))
    wanted["spec"]["replicaz"] = 2

    rejected = refusal(place, place.one(yaml.safe_dump(wanted)))

    assert (rejected.reason, rejected.status) == ("UnknownField", 500)
    assert ".spec.replicaz: field not declared in schema" in rejected.problem.evidence[0]


def test_a_kind_that_is_not_served_is_named(place: Place) -> None:
    unknown = place.one("{apiVersion: example.com/v9, kind: Gizmo, metadata: {name: a}}")

    (foreseen,) = place.writer.dry_run((unknown,)).values()

    assert isinstance(foreseen, ClusterRejected)
    assert (foreseen.reason, foreseen.problem.what) == ("NoKind", "the cluster serves no Gizmo of example.com/v9")


def test_objects_of_a_namespace_that_comes_with_them_are_foreseen_as_new(place: Place) -> None:
    wanted = place.manifests(
        "{apiVersion: v1, kind: Namespace, metadata: {name: adapters-not-yet}}\n---\n"
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: adapters-not-yet}, data: {a: b}}"
    )

    foreseen = place.writer.dry_run(wanted)[wanted[1].ref]

    assert isinstance(foreseen, Manifest)
    assert foreseen.body["data"] == {"a": "b"}


def test_a_missing_namespace_is_named(place: Place) -> None:
    wanted = place.one("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: adapters-none}, data: {a: b}}")

    rejected = refusal(place, wanted)

    assert (rejected.reason, rejected.problem.action) == (
        "NamespaceMissing",
        "kubectl create namespace adapters-none",
    )


@pytest.mark.parametrize(
    "data",
    [
        {"stringData": {".dockerconfigjson": "hunter2-secret"}, "type": "kubernetes.io/dockerconfigjson"},
        {"data": {"password": "!!hunter2-secret"}},
        {"data": {"password": ["hunter2-secret"]}},
        {"data": {"hunter2/key": "aHVudGVyMi1zZWNyZXQ="}},
    ],
)
def test_no_value_of_a_secret_is_in_a_rejection(place: Place, data: dict[str, object]) -> None:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"}, **data}

    rejected = refusal(place, place.one(yaml.safe_dump(body)))

    shown = f"{rejected} {rejected!r} {rejected.problem}"
    assert "hunter2-secret" not in shown
    assert "aHVudGVyMi1zZWNyZXQ" not in shown
    assert rejected.problem.evidence


def test_a_key_taken_out_of_a_secrets_string_data_goes(place: Place) -> None:
    secret = "{apiVersion: v1, kind: Secret, metadata: {name: keys}, stringData: {a: one-value, b: two-value}}"
    place.writer.apply(place.one(secret))

    applied = place.writer.apply(place.one(secret.replace("a: one-value, ", "")))

    assert applied.body["data"] == {"b": "dHdvLXZhbHVl"}


def test_a_new_kind_and_an_object_of_it_are_applied_together(place: Place) -> None:
    group = f"{place.namespace}.example.com"
    definition, gizmo = place.manifests(
        f"""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: gizmos.{group}}}
spec:
  group: {group}
  scope: Namespaced
  names: {{kind: Gizmo, plural: gizmos, singular: gizmo, listKind: GizmoList}}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}
---
{{apiVersion: {group}/v1, kind: Gizmo, metadata: {{name: a}}, spec: {{size: 3}}}}
"""
    )
    try:
        foreseen = place.writer.dry_run((definition, gizmo))
        applied = [place.writer.apply(one) for one in (definition, gizmo)]
        assert isinstance(foreseen[gizmo.ref], Manifest)
        assert applied[1].body["spec"] == {"size": 3}
    finally:
        place.kubectl("delete", "crd", f"gizmos.{group}", "--wait=false")


def test_many_objects_are_dry_run_side_by_side(place: Place) -> None:
    many = tuple(
        place.one(f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c{n}}}, data: {{n: '{n}'}}}}")
        for n in range(40)
    )

    foreseen = place.writer.dry_run(many)

    assert [one.body["data"]["n"] for one in foreseen.values() if isinstance(one, Manifest)] == [
        str(n) for n in range(40)
    ]
    assert list(foreseen) == [one.ref for one in many]
