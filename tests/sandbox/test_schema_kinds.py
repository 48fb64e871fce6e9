"""Kinds and types from the table."""

from __future__ import annotations

import pytest

from deployctl.sandbox.schema.kinds import Kind, builtin_kind, builtin_kinds
from deployctl.sandbox.schema.types import Atom, MapShape, named, type_of


def test_a_kind_spells_itself_as_kubectl_and_go_do() -> None:
    deployment, pod = builtin_kind("apps/v1", "Deployment"), builtin_kind("v1", "Pod")

    assert (deployment.api_version, deployment.resource, deployment.describe()) == (
        "apps/v1",
        "deployments.apps",
        "apps/v1, Kind=Deployment",
    )
    assert (pod.api_version, pod.resource, pod.describe()) == ("v1", "pods", "/v1, Kind=Pod")


def test_a_kind_has_what_discovery_shows() -> None:
    found = builtin_kind("apps/v1", "Deployment")

    assert (
        found.plural,
        found.singular,
        found.short_names,
        found.namespaced,
        found.categories,
        found.subresources,
    ) == (
        "deployments",
        "deployment",
        ("deploy",),
        True,
        ("all",),
        ("scale", "status"),
    )
    assert (found.responses[0].group, found.responses[0].kind) == ("autoscaling", "Scale")


def test_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(KeyError):
        builtin_kind("apps/v1", "Nope")


@pytest.mark.parametrize("kind", builtin_kinds(), ids=Kind.describe)
def test_every_kind_has_a_type_with_metadata_or_none_on_purpose(kind: Kind) -> None:
    atom = type_of(kind)

    assert atom.map is not None
    assert {"apiVersion", "kind"} <= set(atom.map.fields)


def shape(name: str) -> MapShape:
    atom: Atom = named(name)
    assert atom.map
    return atom.map


def test_list_types_and_merge_keys_come_from_the_data() -> None:
    fields = shape("io.k8s.api.core.v1.Container").fields
    ports, args = fields["ports"], fields["args"]

    assert ports.atom.list
    assert (ports.atom.list.kind, ports.atom.list.keys) == ("map", ("containerPort", "protocol"))
    assert (ports.merge_key, ports.strategies) == ("containerPort", frozenset({"merge"}))
    assert args.atom.list
    assert args.atom.list.kind == "atomic"


def test_what_a_zero_value_does_comes_from_the_go_types() -> None:
    pod = shape("io.k8s.api.core.v1.PodSpec").fields

    assert (pod["hostNetwork"].zero, pod["automountServiceAccountToken"].zero, pod["containers"].zero) == (
        "omit",
        "",
        "write",
    )


def test_undeclared_keys_are_allowed_in_maps_only() -> None:
    assert shape("io.k8s.api.core.v1.Container").child("nope") is None
    labels = shape("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta").fields["labels"].atom.map
    assert labels is not None
    assert labels.child("anything") is not None
