"""The comparison itself: what is made plain, what is excused, and that nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from conformance.comparing.compare import compare
from conformance.comparing.listed import Listed, read, unused
from conformance.comparing.plain import document, plain, plain_object, spelled
from conformance.comparing.procedure import Kubectl, Procedure, Step
from conformance.comparing.run import Answer, ProcedureError, Running
from conformance.comparing.stories import availability, container_states, events, pod_lives, replica_sets, rules_sorted
from conformance.comparing.target import Raw, Target
from conformance.procedures import ALL

HERE = Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs" / "sandbox.md"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("web-5945799bf9-x7k2p   1/1     Running   0          12s", "web-<hash>-<suffix>  1/1  Running  0  <age>"),
        ("Normal  Pulled  8s (x3 over 20s)  kubelet", "Normal  Pulled  <age>  kubelet"),
        (
            "  Warning  Failed  8s (x3 over 20s)  node  no\n  Warning  Failed  9s  node  no\n  Normal  Done  1s  node",
            "  Warning  Failed  <age>  node  no\n  Normal  Done  <age>  node",
        ),
        ("db-0 on node2 at 10.245.0.17", "db-0 on <node> at <ip>"),
        ("since 2026-11-23T13:05:09Z", "since <time>"),
        ("requested: 106300440576, replicas: 3", "requested: 106300440576, replicas: 3"),
        ("requested: 106300440576, allocatable: 2412310528", "requested: 106300440576, allocatable: <memory>"),
        ("terminationGracePeriodSeconds: 30", "terminationGracePeriodSeconds: 30"),
        ("1 old replicas are pending termination...", "1 old replicas are pending termination..."),
    ],
)
def test_what_is_chance_gives_way_and_what_is_said_stays(text: str, made: str) -> None:
    assert plain(text) == made


def test_an_object_keeps_its_meaning_and_loses_its_identity() -> None:
    pod = {
        "metadata": {"uid": "0", "resourceVersion": "17", "name": "web", "generation": 2},
        "spec": {"nodeName": "node1", "clusterIP": "None"},
        "status": {"podIP": "10.1.2.3", "phase": "Running"},
    }
    assert plain_object(pod) == {
        "metadata": {"uid": "<uid>", "resourceVersion": "<version>", "name": "web", "generation": 2},
        "spec": {"nodeName": "<node>", "clusterIP": "None"},
        "status": {"podIP": "<ip>", "phase": "Running"},
    }


def test_field_managers_of_the_same_second_come_in_one_order() -> None:
    one, other = {"manager": "b", "operation": "Update"}, {"manager": "a", "operation": "Apply"}
    assert plain_object({"managedFields": [one, other]}) == plain_object({"managedFields": [other, one]})


@pytest.mark.parametrize("text", ['{"a": [1]}', "apiVersion: v1\nkind: X\na: 2026-01-01T00:00:00Z\n"])
def test_a_document_is_read_and_spelled_without_loss(text: str) -> None:
    assert yaml.load(spelled(document(text)), yaml.BaseLoader) == yaml.load(text, yaml.BaseLoader)


def test_a_table_is_no_document() -> None:
    assert document("NAME  READY\nweb  1/1\n") is None


def test_equal_answers_agree() -> None:
    answers = [Answer("kubectl get pods", "web  Running")]
    assert compare("p", answers, answers, ()).differences == ()


def test_a_difference_shows_both_sides() -> None:
    outcome = compare("p", [Answer("get", "a\nb")], [Answer("get", "a\nc")], ())
    assert str(outcome.differences[0]) == "$ get\n     a\n    -b\n    +c"


def test_a_listed_difference_is_excused_only_when_each_line_is() -> None:
    entry = Listed("it", "p", "because", real="b", sandbox="c")
    real, sandbox = [Answer("get", "a\nb")], [Answer("get", "a\nc")]
    assert compare("p", real, sandbox, (entry,)).differences == ()
    assert compare("p", real, [Answer("get", "a\nc\nd")], (entry,)).differences != ()
    assert compare("other", real, sandbox, (entry,)).differences != ()


def test_a_listed_difference_that_shows_no_more_is_named() -> None:
    entry, chance = Listed("it", "p", "because", real="b"), Listed("now and then", "p", "because", sometimes=True)
    assert unused((entry, chance), ()) == [entry]


def test_a_missing_answer_is_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        compare("p", [Answer("get", "a")], [], ())


def test_every_listed_difference_has_a_reason_in_the_documentation() -> None:
    text = " ".join(DOCS.read_text(encoding="utf-8").split())
    missing = [e.name for e in read(HERE / "differences.toml") if e.reason not in text]
    assert missing == []


def test_procedures_have_names_of_their_own_that_make_namespaces_of_their_own() -> None:
    names = [procedure.name for procedure in ALL]
    assert len(set(names)) == len(names)
    assert len(names) >= 60


def test_a_replica_sets_story_is_told_by_revision() -> None:
    def state(uid: str, revision: str, replicas: int) -> dict[str, object]:
        metadata = {"uid": uid, "annotations": {"deployment.kubernetes.io/revision": revision}}
        return {"metadata": metadata, "spec": {"replicas": replicas}}

    told = replica_sets([state("a", "1", 1), state("b", "2", 1), state("a", "1", 1), state("a", "1", 0)])
    assert told == {
        "revision 1 wanted": ["1", "0"],
        "revision 1 numbered": ["1"],
        "revision 2 wanted": ["1"],
        "revision 2 numbered": ["2"],
    }


def test_a_pods_story_ends_when_it_is_gone() -> None:
    running = {"phase": "Running", "containerStatuses": [{"name": "web", "state": {"running": {}}, "ready": True}]}
    pod = {"metadata": {"uid": "a"}, "status": running, "event": "ADDED"}
    assert container_states([pod, pod, {**pod, "event": "DELETED"}]) == [["Running [web running  ready]", "gone"]]


def test_events_are_told_once_and_in_no_order_of_time() -> None:
    def event(message: str) -> dict[str, object]:
        about = {"kind": "Pod", "name": "web"}
        return {"involvedObject": about, "type": "Normal", "reason": "Pulled", "message": message, "source": {}}

    assert events({"items": [event("two"), event("one"), event("two")]}) == [
        " Pod Normal Pulled: one",
        " Pod Normal Pulled: two",
    ]


def test_availability_is_told_without_what_only_repeats() -> None:
    states = [{}, {"readyReplicas": 1}, {"readyReplicas": 1}, {"readyReplicas": 1, "availableReplicas": 1}]
    assert availability([{"status": status} for status in states]) == ["0/0", "1/0", "1/1"]


def test_rules_are_told_in_one_order_and_stay_apart() -> None:
    one, other = {"nonResourceURLs": ["/livez"], "verbs": ["get"]}, {"nonResourceURLs": ["/api"], "verbs": ["get"]}

    def review(*rules: dict[str, list[str]]) -> dict[str, object]:
        return {"kind": "R", "status": {"nonResourceRules": list(rules), "resourceRules": [], "incomplete": False}}

    assert rules_sorted(review(one, other)) == rules_sorted(review(other, one)) == review(other, one)


def test_a_pods_phases_and_containers_are_told_apart() -> None:
    def state(phase: str, container: str) -> dict[str, object]:
        status = {"name": "web", "state": {container: {}}, "ready": False}
        return {"status": {"phase": phase, "containerStatuses": [status]}}

    late = [state("Pending", "waiting"), state("Running", "running"), state("Running", "terminated")]
    assert pod_lives([*late, state("Succeeded", "terminated")]) == {
        "phases": ["Pending", "Running", "Succeeded"],
        "web": ["[web waiting ]", "[web running ]", "[web terminated ]"],
    }


class Scripted(Target):
    """A cluster that answers kubectl from a list, the last answer for ever."""

    def __init__(self, *answers: Raw) -> None:
        self.answers = list(answers)

    def kubectl(self, command: str, stdin: str = "", token: str = "", editor: str = "") -> Raw:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def call(self, *_: Any, **__: Any) -> Raw:
        return Raw(200, "")


def answers_to(step: Step, *answers: Raw) -> list[Answer]:
    return Running(Scripted(*answers), Procedure("p", (step,)), "conf-p", calm=0).answers()


def test_a_state_is_waited_for_and_the_answer_that_has_it_counts() -> None:
    found = answers_to(Kubectl("get pods", until="Running"), Raw(0, "web  Pending"), Raw(0, "web  Running"))
    assert found == [Answer("kubectl get pods", "web  Running")]


def test_a_state_that_does_not_come_ends_the_procedure() -> None:
    with pytest.raises(ProcedureError, match="no 'Running' within 0 s, but:\nweb  Pending"):
        answers_to(Kubectl("get pods", until="Running", seconds=0), Raw(0, "web  Pending"))


def test_what_is_not_compared_must_succeed_or_come_to_its_state() -> None:
    failed = Raw(1, "", "not found")
    with pytest.raises(ProcedureError, match="kubectl apply: exit 1: not found"):
        answers_to(Kubectl("apply", compared=False), failed)
    assert answers_to(Kubectl("get x", until="not found", compared=False), failed) == []
    assert answers_to(Kubectl("get x"), failed) == [Answer("kubectl get x", "exit 1\nstderr: not found")]
