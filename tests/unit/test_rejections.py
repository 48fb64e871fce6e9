"""What the API server says when it refuses an object, word for word, and what becomes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.adapters.kubernetes.connection import Answer
from deployctl.adapters.kubernetes.masking import secret_values, without_quoted_values
from deployctl.adapters.kubernetes.rejections import no_kind, rejection
from deployctl.model.manifest import ObjectRef, manifest
from deployctl.model.rules.masking import mask

WEB = ObjectRef("apps/v1", "Deployment", "shop", "web")
KEYS = ObjectRef("v1", "Secret", "shop", "keys")


def answer(status: int, message: str, reason: str = "", causes: tuple[tuple[str, str], ...] = ()) -> Answer:
    found = [{"field": field, "message": text} for field, text in causes]
    body: dict[str, Any] = {"kind": "Status", "message": message, "reason": reason, "details": {"causes": found}}
    return Answer(status, json.dumps(body).encode(), None)


@pytest.mark.parametrize(
    ("status", "message", "said", "reason"),
    [
        (
            422,
            'Deployment.apps "web" is invalid: spec.selector: Invalid value: {}: field is immutable',
            "Invalid",
            "Immutable",
        ),
        (
            422,
            'StatefulSet.apps "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other than '
            "'replicas', 'ordinals', 'template' are forbidden",
            "Invalid",
            "Immutable",
        ),
        (
            422,
            'Service "web" is invalid: spec.clusterIPs[0]: Invalid value: []: may not change once set',
            "Invalid",
            "Immutable",
        ),
        (422, 'RoleBinding "r" is invalid: roleRef: Invalid value: {}: cannot change roleRef', "Invalid", "Immutable"),
        (
            422,
            'PersistentVolumeClaim "d" is invalid: spec: Forbidden: spec is immutable after creation except '
            "resources.requests and volumeAttributesClassName for bound claims",
            "Invalid",
            "Immutable",
        ),
        (
            422,
            'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater',
            "Invalid",
            "Invalid",
        ),
        (
            403,
            "unable to create new content in namespace shop because it is being terminated",
            "Forbidden",
            "NamespaceTerminating",
        ),
        (
            403,
            "exceeded quota: q, requested: pods=1, used: pods=4, limited: pods=4",
            "Forbidden",
            "QuotaExceeded",
        ),
        (
            403,
            'violates PodSecurity "restricted:latest": runAsNonRoot != true',
            "Forbidden",
            "PodSecurity",
        ),
        (403, 'deployments.apps "web" is forbidden: User "ci" cannot patch resource', "Forbidden", "Forbidden"),
        (400, 'admission webhook "policy.example" denied the request: no latest tags', "BadRequest", "AdmissionDenied"),
        (
            400,
            'admission webhook "old.example" does not support dry run',
            "BadRequest",
            "DryRunUnsupported",
        ),
        (
            422,
            "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
            "Invalid",
            "AdmissionDenied",
        ),
        (
            500,
            "failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.bogus: "
            "field not declared in schema",
            "",
            "UnknownField",
        ),
        (
            500,
            "failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.template.spec.containers: "
            'duplicate entries for key [name="web"]',
            "",
            "DuplicateEntry",
        ),
        (
            500,
            "failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.replicas: "
            "expected numeric (int or float), got string",
            "",
            "Unreadable",
        ),
        (400, 'strict decoding error: unknown field "spec.size"', "BadRequest", "UnknownField"),
        (404, 'namespaces "shop" not found', "NotFound", "NamespaceMissing"),
        (
            409,
            "Operation cannot be fulfilled: the object has been modified",
            "Conflict",
            "Conflict",
        ),
    ],
)
def test_the_reason_is_what_code_can_act_on(status: int, message: str, said: str, reason: str) -> None:
    rejected = rejection(WEB, answer(status, message, said))

    assert (rejected.reason, rejected.status, rejected.ref) == (reason, status, WEB)
    assert rejected.problem.what.startswith("the API server refuses it: ")
    assert rejected.problem.evidence


def test_causes_are_said_with_their_fields() -> None:
    refused = answer(
        422,
        'Deployment.apps "web" is invalid: [spec.a: bad, spec.b: worse]',
        "Invalid",
        (("spec.a", 'Invalid value: "2Gi": must be less than 1Gi'), ("spec.b", "Required value")),
    )

    rejected = rejection(WEB, refused)

    assert rejected.problem.evidence == (
        'spec.a: Invalid value: "2Gi": must be less than 1Gi',
        "spec.b: Required value",
    )
    assert rejected.problem.where == "deployment/web"


def test_an_answer_that_is_no_status_is_said_as_it_is() -> None:
    rejected = rejection(WEB, Answer(404, b"404 page not found\n", None))

    assert (rejected.reason, rejected.problem.evidence) == ("NoKind", ("404 page not found",))


def test_a_whole_pod_template_is_not_quoted_for_it_holds_the_environment() -> None:
    template = {
        "spec": {"containers": [{"name": "a", "env": [{"name": "DB", "value": "mongodb://u:hunter2@db " + "x" * 200}]}]}
    }
    message = f"Invalid value: {json.dumps(template)}: field is immutable"

    rejected = rejection(WEB, answer(422, "invalid", "Invalid", (("spec.template", message),)))

    assert rejected.problem.evidence == ("spec.template: Invalid value: …: field is immutable",)


def test_a_secrets_own_rejection_quotes_no_value_however_short() -> None:
    refused = answer(422, "invalid", "Invalid", (("data[a]", 'Invalid value: "x:y": must be something'),))

    assert rejection(KEYS, refused).problem.evidence == ("data[a]: Invalid value: ***: must be something",)


def test_a_value_of_a_known_secret_is_hidden_wherever_it_is_quoted() -> None:
    secret = manifest(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "keys"},
            "data": {"password": "aHVudGVyMg=="},
            "stringData": {"url": 'mongo"db\n'},
        }
    )
    values = secret_values((secret,))
    words = 'Invalid value: "hunter2 aHVudGVyMg== mongo\\"db bW9uZ28iZGIK": no'

    shown = " ".join(rejection(WEB, answer(422, words, "Invalid"), values).problem.evidence)

    assert [value for value in ("hunter2", "aHVudGVyMg==", "mongo", "bW9uZ28") if value in shown] == []


@given(st.dictionaries(st.sampled_from("abc"), st.text(min_size=8, max_size=20), min_size=1))
def test_no_value_survives_masking(data: dict[str, str]) -> None:
    secret = manifest({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "k"}, "stringData": data})
    quoted = " | ".join((*data.values(), json.dumps(data)))

    shown = mask(quoted, secret_values((secret,)))

    assert [value for value in data.values() if value.strip() and len(value.strip()) > 4 and value in shown] == []


@given(st.one_of(st.text(), st.integers(), st.lists(st.text()), st.dictionaries(st.text(), st.text())), st.text("abc "))
def test_a_quoted_value_is_found_whole_whatever_it_holds(value: object, rest: str) -> None:
    words = f"spec.x: Invalid value: {json.dumps(value)}: {rest}"

    assert without_quoted_values(words, all_values=True) == f"spec.x: Invalid value: ***: {rest}"


def test_a_kind_that_is_not_served_says_what_to_install() -> None:
    rejected = no_kind(ObjectRef("cert-manager.io/v1", "ClusterIssuer", "", "letsencrypt"))

    assert (rejected.reason, rejected.problem.what) == (
        "NoKind",
        "the cluster serves no ClusterIssuer of cert-manager.io/v1",
    )
