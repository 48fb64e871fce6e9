"""Label and field selectors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.api.reading import fields, labels
from deployctl.sandbox.api.rules import Kind, builtin_kinds

LABELS = {"app": "web", "tier": "back", "size": "7"}


def kind(resource: str) -> Kind:
    return next(k for k in builtin_kinds() if k.resource == resource)


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("app=web", True),
        ("app==web,tier!=front", True),
        ("app = web , tier = back", True),
        ("app!=web", False),
        ("missing!=x", True),
        ("app in (api, web)", True),
        ("app notin (api,web)", False),
        ("missing notin (a)", True),
        ("missing in (a)", False),
        ("app", True),
        ("!app", False),
        ("!missing,app", True),
        ("size>6,size<8", True),
        ("size>7", False),
        ("app>1", False),
        ("app=", False),
        ("app in (web,)", True),
        ("example.com/app=x", False),
    ],
)
def test_every_operator_of_a_label_selector(text: str, matches: bool) -> None:
    assert labels.matches(labels.parse(text), LABELS) is matches


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a in x", "unable to parse requirement: found 'x' expected: '('"),
        ("a===b", "unable to parse requirement: found '=', expected: identifier"),
        (
            "a>x",
            "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be "
            "an integer",
        ),
        (",", "found ',', expected: !, identifier, or 'end of string'"),
    ],
)
def test_a_label_selector_that_is_none_is_refused_in_the_real_words(text: str, message: str) -> None:
    with pytest.raises(ApiError) as refused:
        labels.parse(text)
    assert (refused.value.code, refused.value.message) == (400, message)


def test_a_selector_object_says_the_same_as_its_text() -> None:
    selector = {
        "matchLabels": {"app": "web"},
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["back"]},
            {"key": "gone", "operator": "DoesNotExist"},
        ],
    }
    assert labels.from_object(selector) == labels.parse("app=web,tier in (back),!gone")
    assert labels.matches(labels.from_object(None), LABELS)


words = st.from_regex(r"[a-z]([a-z0-9.-]{0,6}[a-z0-9])?", fullmatch=True).filter(lambda w: w not in {"in", "notin"})


@given(words, st.sets(words, min_size=1), st.dictionaries(words, words))
def test_in_and_notin_are_each_others_opposite(key: str, values: set[str], given_labels: dict[str, str]) -> None:
    listed = ",".join(values)
    inside, outside = labels.parse(f"{key} in ({listed})"), labels.parse(f"{key} notin ({listed})")
    assert labels.matches(inside, given_labels) is not labels.matches(outside, given_labels)
    assert labels.matches(inside, given_labels) == (given_labels.get(key) in values)


POD = {
    "metadata": {"name": "p", "namespace": "n"},
    "spec": {"nodeName": "node-1", "hostNetwork": True},
    "status": {"phase": "Running"},
}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("metadata.name=p,metadata.namespace=n", True),
        ("spec.nodeName!=node-2,status.phase==Running", True),
        ("status.phase=Pending", False),
        ("spec.hostNetwork=true", True),
        ("status.nominatedNodeName=", True),
        (r"metadata.name=p\,q", False),
    ],
)
def test_fields_of_pods(text: str, matches: bool) -> None:
    assert all(term.matches(POD) for term in fields.parse(kind("pods"), text)) is matches


@pytest.mark.parametrize(
    ("resource", "text", "message"),
    [
        ("pods", "spec.foo=x", "field label not supported: spec.foo"),
        (
            "configmaps",
            "data.x=a",
            '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
    ],
)
def test_a_field_that_cannot_be_selected_by_is_refused(resource: str, text: str, message: str) -> None:
    with pytest.raises(ApiError) as refused:
        fields.parse(kind(resource), text)
    assert (refused.value.code, refused.value.message) == (400, message)


def test_events_of_both_groups_are_selected_by_what_they_are_about() -> None:
    event = {"metadata": {"name": "e"}, "involvedObject": {"name": "p"}, "reason": "Why", "type": "Normal"}
    core = fields.parse(kind("events"), "involvedObject.name=p,type=Normal")
    new = fields.parse(kind("events.events.k8s.io"), "regarding.name=p,reason=Why")
    assert all(term.matches(event) for term in (*core, *new))
