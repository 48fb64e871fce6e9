"""Decoding errors in the real API server's words, and what zero values become."""

from __future__ import annotations

from typing import Any

import pytest
import quick_yaml

from deployctl.sandbox.schema.decode import DecodeError, decode, empty
from deployctl.sandbox.schema.defaults import with_defaults
from deployctl.sandbox.schema.kinds import Kind, builtin_kind, builtin_kinds
from deployctl.sandbox.schema.scalars import base64_fault

DEPLOYMENT = builtin_kind("apps/v1", "Deployment")
POD = "spec.template.spec"


def pod_template(text: str) -> Any:
    return {"metadata": {"name": "a"}, "spec": {"template": {"spec": {"containers": [quick_yaml.document(text)]}}}}


@pytest.mark.parametrize(
    ("kind", "obj", "detail"),
    [
        (
            DEPLOYMENT,
            {"spec": {"replicas": "x"}},
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (
            DEPLOYMENT,
            {"spec": {"replicas": 1.5}},
            "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (
            DEPLOYMENT,
            {"spec": {"replicas": 99999999999}},
            "json: cannot unmarshal number 99999999999 into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (
            DEPLOYMENT,
            {"spec": []},
            "json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec",
        ),
        (
            DEPLOYMENT,
            {"spec": {"template": {"spec": {"containers": {}}}}},
            f"json: cannot unmarshal object into Go struct field PodSpec.{POD}.containers of type []v1.Container",
        ),
        (
            DEPLOYMENT,
            {"spec": {"template": {"spec": {"containers": ["a"]}}}},
            f"json: cannot unmarshal string into Go struct field PodSpec.{POD}.containers of type v1.Container",
        ),
        (
            DEPLOYMENT,
            pod_template("{name: a, env: [{name: A, value: 5}]}"),
            f"json: cannot unmarshal number into Go struct field EnvVar.{POD}.containers.env.value of type string",
        ),
        (
            DEPLOYMENT,
            pod_template("{name: a, livenessProbe: {httpGet: {port: true}}}"),
            "json: cannot unmarshal bool into Go struct field"
            " HTTPGetAction.spec.template.spec.containers.livenessProbe.ProbeHandler.httpGet.port of type int32",
        ),
        (
            DEPLOYMENT,
            pod_template("{name: a, resources: {limits: {cpu: abc}}}"),
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
        (
            builtin_kind("v1", "ConfigMap"),
            {"data": [1]},
            "json: cannot unmarshal array into Go struct field ConfigMap.data of type map[string]string",
        ),
        (
            builtin_kind("v1", "Secret"),
            {"data": {"a": "abc"}},
            "illegal base64 data at input byte 0",
        ),
        (
            builtin_kind("coordination.k8s.io/v1", "Lease"),
            {"spec": {"renewTime": "2026-01-02T03:04:06Z"}},
            'parsing time "2026-01-02T03:04:06Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
        ),
        (
            builtin_kind("v1", "Event"),
            {"firstTimestamp": "2026-13-02T03:04:06Z"},
            'parsing time "2026-13-02T03:04:06Z": month out of range',
        ),
        (
            builtin_kind("v1", "Event"),
            {"firstTimestamp": "2026-1-2T03:04:06Z"},
            'parsing time "2026-1-2T03:04:06Z" as "2006-01-02T15:04:05Z07:00": cannot parse "1-2T03:04:06Z" as "01"',
        ),
    ],
)
def test_a_value_of_the_wrong_type_is_named_as_the_real_server_names_it(kind: Kind, obj: Any, detail: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(kind, obj)

    assert caught.value.detail == detail
    assert str(caught.value) == f'{kind.kind} in version "v1" cannot be handled as a {kind.kind}: {detail}'


def test_a_zero_value_is_dropped_kept_or_written_as_its_go_type_says() -> None:
    spec = quick_yaml.document("""
        hostNetwork: false
        automountServiceAccountToken: false
        nodeSelector: {}
        tolerations: []
        securityContext: {}
        terminationGracePeriodSeconds: 0
        containers: [{name: c, tty: false, env: [{name: A, value: ''}], resources: {}}]
    """)

    decoded = decode(builtin_kind("v1", "Pod"), {"spec": spec})["spec"]

    assert decoded == {
        "automountServiceAccountToken": False,
        "containers": [{"name": "c", "env": [{"name": "A"}], "resources": {}}],
        "securityContext": {},
        "terminationGracePeriodSeconds": 0,
    }


def test_times_are_written_in_utc_and_whole_seconds() -> None:
    event = decode(builtin_kind("v1", "Event"), {"firstTimestamp": "2026-01-02T03:04:06.5+02:00"})

    assert event["firstTimestamp"] == "2026-01-02T01:04:06Z"


def test_nulls_in_maps_and_lists_of_text_are_empty_texts() -> None:
    assert decode(builtin_kind("v1", "ConfigMap"), {"data": {"a": None}})["data"] == {"a": ""}


@pytest.mark.parametrize("kind", builtin_kinds(), ids=Kind.describe)
def test_an_empty_object_of_every_kind_decodes_and_stays_as_it_is(kind: Kind) -> None:
    nothing = empty(kind)

    assert decode(kind, nothing) == nothing
    assert with_defaults(kind, with_defaults(kind, nothing)) == with_defaults(kind, nothing)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", None),
        ("YQ==", None),
        ("YWI=", None),
        ("YWJj", None),
        ("YW\nJj", None),
        ("abc", 0),
        ("YQ=", 3),
        ("=", 0),
        ("Y!==", 1),
    ],
)
def test_where_base64_goes_wrong(text: str, fault: int | None) -> None:
    assert base64_fault(text) == fault
