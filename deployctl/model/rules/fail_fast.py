"""The fail-fast table: every sign that a family of pods shows, ripened by how long it has been seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.pod import Pod
from deployctl.model.rules.case import Case
from deployctl.model.rules.container_signs import STARTING, Rule
from deployctl.model.rules.crash_signs import CRASHING
from deployctl.model.rules.family import Family
from deployctl.model.rules.family_signs import FAMILY_RULES
from deployctl.model.rules.node_signs import node_lost
from deployctl.model.rules.pod_signs import POD_RULES, disrupted
from deployctl.model.rules.watch import Memory, Watch, remember_signs, sign_key

CONTAINER_RULES: tuple[Rule, ...] = (*STARTING, *CRASHING)


def signs(family: Family, watch: Watch, now: datetime) -> tuple[Diagnosis, ...]:
    """Everything that the table says of the family at one look, the worst first. Old pods are judged only for going."""
    found: list[Diagnosis] = [diagnosis for rule in FAMILY_RULES for diagnosis in rule(family, watch, now)]
    for pod in family.new:
        found.extend(_of_pod(Case(pod, family, watch)))
    for pod in (*family.leaving, *family.ended):
        if pod.uid not in watch.baseline.pods:
            found.extend(d for d in (disrupted(Case(pod, family, watch)),) if d)
    return tuple(found)


def _of_pod(case: Case) -> Iterator[Diagnosis]:
    """A container's own sign explains why the pod is not Ready; without one the pod's own words are all there is. Of a
    pod that is being evicted the containers are killed: that is no crash of theirs."""
    rules = () if disrupted(case) else CONTAINER_RULES
    told = [d for c in case.pod.containers for rule in rules if (d := rule(case, c))]
    yield from told
    for rule in (*POD_RULES, node_lost):
        diagnosis = rule(case)
        if diagnosis and not (diagnosis.cause in ("not-ready", "init-running") and told):
            yield diagnosis


def ripen(
    found: tuple[Diagnosis, ...], memory: Memory, watch: Watch, now: datetime
) -> tuple[tuple[Diagnosis, ...], Memory]:
    """A sign that has not lasted as long as its patience is only waited for. Fatal ones come first."""
    memory = remember_signs(memory, frozenset(sign_key(d) for d in found), now, watch.thresholds.forget)
    aged = [d if _ripe(d, memory, now) else replace(d, severity="waiting") for d in found]
    order = {"fatal": 0, "waiting": 1, "note": 2}
    return tuple(sorted(aged, key=lambda d: order[d.severity])), memory


def _ripe(diagnosis: Diagnosis, memory: Memory, now: datetime) -> bool:
    return diagnosis.severity != "fatal" or memory.age(sign_key(diagnosis), now) >= diagnosis.patience


def is_failed(family: Family, diagnoses: tuple[Diagnosis, ...]) -> bool:
    """Whether the rollout as a whole cannot succeed: what is wrong with the workload itself always counts; of pods,
    all of the newest ReplicaSet must be doomed, or any of a StatefulSet or DaemonSet."""
    fatal = {d.object for d in diagnoses if d.severity == "fatal"}
    pods = {f"pod/{pod.name}" for pod in family.new}
    if fatal - pods:
        return True
    if family.workload.ref.kind in ("StatefulSet", "DaemonSet"):
        return bool(fatal & pods)
    return bool(pods) and pods <= fatal


def doomed(pod: Pod, diagnoses: tuple[Diagnosis, ...]) -> bool:
    """Whether one pod shows something that will not pass."""
    return any(d.severity == "fatal" and d.object == f"pod/{pod.name}" for d in diagnoses)
