"""The sandbox's pure heart against a real API server: defaults, refusals, field ownership, patches.

DEPLOYCTL_RECORD=1 writes the real server's answers to tests/data/schema/answers.yaml and steps.json.gz, which the
tests without a cluster use.
"""

from __future__ import annotations

import gzip
import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import yaml
from generated_writes import SUBJECT, generated
from real_api import TYPES, Answered, RealApi, collection, single
from schema_cases import (
    FOLDER,
    Answer,
    Object,
    Refusal,
    Refused,
    Step,
    created_objects,
    kind_of,
    overlaid,
    refusals,
    refused,
    sandbox_creates,
    sandbox_refuses,
    sandbox_steps,
    shown,
    step_cases,
    stored,
    title,
    without_internals,
)

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster-fields")]

RECORD = bool(os.environ.get("DEPLOYCTL_RECORD"))
STEPS = step_cases()
RECORDED: dict[str, Any] = {}
RECORDED_STEPS: dict[str, Any] = {}


@pytest.fixture(scope="module")
def api() -> Iterator[RealApi]:
    found = RealApi()
    found.make_namespace()
    yield found
    found.drop_namespace()
    if RECORD:
        text = yaml.safe_dump(RECORDED, sort_keys=True, allow_unicode=True, width=120)
        note = "# Recorded on a real API server by tests/cluster/test_cluster_fields.py.\n"
        (FOLDER / "answers.yaml").write_text(note + text, encoding="utf-8")
        packed = gzip.compress(json.dumps(RECORDED_STEPS, sort_keys=True).encode(), mtime=0)
        (FOLDER / "steps.json.gz").write_bytes(packed)


def remove(api: RealApi, obj: Object) -> None:
    """Gone at once, whatever finalizers a case has set."""
    if api.call("DELETE", single(obj), gracePeriodSeconds="0").status == 404:
        return
    api.call("PATCH", single(obj), {"metadata": {"finalizers": None}}, type=TYPES["merge"])
    for _ in range(100):
        if api.call("GET", single(obj)).status == 404:
            return
        time.sleep(0.1)
    raise TimeoutError(f"{single(obj)} is still there")


@pytest.mark.parametrize("obj", created_objects(), ids=title)
def test_an_object_reads_back_as_on_the_real_server(api: RealApi, obj: Object) -> None:
    real = api.call("POST", collection(obj), obj, dryRun="All", fieldManager="tester")
    assert not real.refused, real.body
    RECORDED.setdefault("created", {})[title(obj)] = stored(real.body)

    assert sandbox_creates(obj) == stored(real.body)


@pytest.mark.parametrize("case", refusals(), ids=lambda c: c.name)
def test_a_bad_object_is_refused_for_the_same_causes(api: RealApi, case: Refusal) -> None:
    real = causes(refuse(api, case))
    RECORDED.setdefault("refused", {})[case.name] = [list(c) for c in real]

    assert sandbox_refuses(case) == real


def refuse(api: RealApi, case: Refusal) -> Answered:
    if case.before is None:
        return api.call("POST", collection(case.after), case.after, dryRun="All")
    remove(api, case.before)
    made = api.call("POST", collection(case.before), case.before)
    assert not made.refused, made.body
    try:
        for _ in range(20):
            answered = api.call("PUT", single(case.after), full_update(settled(api, case.before), case), dryRun="All")
            if answered.status != 409:  # else its controller came between
                break
            time.sleep(0.1)
        return answered
    finally:
        remove(api, case.before)


NEED_A_VERSION = ("PodDisruptionBudget", "CustomResourceDefinition")
"""Kinds that refuse an update without one; of the others none is sent, because a controller may come between."""


def full_update(live: Object, case: Refusal) -> Object:
    merged: Object = overlaid(live, case.after)
    if live["kind"] not in NEED_A_VERSION:
        merged["metadata"].pop("resourceVersion")
    return merged


def causes(real: Answered) -> Answer:
    """Empty when it is accepted: some odd objects are."""
    if not real.refused:
        return []
    found = {(c.get("reason", ""), without_internals(c["message"]), c.get("field", "")) for c in real.causes}
    return sorted(found) or [(real.body["reason"], real.body["message"], "")]


@pytest.mark.parametrize("name", STEPS)
def test_every_write_leaves_the_same_object_or_the_same_refusal(api: RealApi, name: str) -> None:
    steps = STEPS[name]
    subject = next(s.body for s in steps if isinstance(s.body, dict) and "kind" in s.body)
    kind = kind_of(subject)
    remove(api, subject)
    try:
        live: Object | None = None
        for number, step in enumerate(steps):
            live = live and settled(api, subject)
            real = write(api, subject, step)
            RECORDED_STEPS.setdefault(name, []).append([live, shown(real.body if not real.refused else refusal(real))])
            ours = sandbox_steps(kind, live, step)
            assert shown(ours) == shown(refusal(real) if real.refused else real.body), f"step {number}"
            live = live if real.refused else real.body
    finally:
        remove(api, subject)


@pytest.mark.parametrize("seed", range(60))
def test_generated_writes_leave_the_same_object_or_the_same_refusal(api: RealApi, seed: int) -> None:
    kind = kind_of(SUBJECT)
    remove(api, SUBJECT)
    try:
        live: Object | None = None
        for number, step in enumerate(generated(seed)):
            if live is None and step.verb != "apply":
                step = replace(step, verb="create", body={**SUBJECT, **step.body})  # noqa: PLW2901 (nothing to patch yet)
            real = write(api, SUBJECT, step)
            assert shown(sandbox_steps(kind, live, step)) == shown(refusal(real) if real.refused else real.body), (
                f"step {number}"
            )
            live = live if real.refused else real.body
    finally:
        remove(api, SUBJECT)


def settled(api: RealApi, obj: Object) -> Object:
    """The live object once its controller has seen it."""
    for _ in range(100):
        live = api.call("GET", single(obj)).body
        status, generation = live.get("status") or {}, live["metadata"].get("generation")
        if live["kind"] != "Deployment":
            time.sleep(0.2 if live["kind"] in NEED_A_VERSION else 0)
            return api.call("GET", single(obj)).body
        if status.get("observedGeneration") == generation and len(status.get("conditions", [])) > 1:
            time.sleep(0.1)
            return api.call("GET", single(obj)).body
        time.sleep(0.05)
    raise TimeoutError("the Deployment's controller does not answer")


def write(api: RealApi, subject: Object, step: Step) -> Answered:
    query = {"fieldManager": step.by, **({"force": "true"} if step.force else {})}
    if step.verb == "create":
        return api.call("POST", collection(subject), step.body, **query)
    path = single(subject) + (f"/{step.subresource}" if step.subresource else "")
    if step.verb == "put":
        return api.call("PUT", path, step.body, **query)
    return api.call("PATCH", path, step.body, type=TYPES[step.verb], **query)


def refusal(real: Answered) -> Refused:
    message = str(real.body["message"])
    if real.status == 422 and message.startswith("the server rejected"):
        return refused(422)
    if real.status == 422 and real.causes and real.causes[0].get("field") == "patch":
        return refused(422, message.split('": ', 2)[-1] if '}": ' not in message else message.rpartition('}": ')[2])
    if real.status == 422:
        return refused(422, "\n".join(f"{c['field']}: {c['message']}" for c in real.causes))
    return refused(real.status, message)
