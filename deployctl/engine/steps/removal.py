"""Removing pods that are in the way: only named ones, only on request, each said and recorded."""

from __future__ import annotations

from deployctl.engine.run import Run, Work
from deployctl.model.diagnosis import Diagnosis
from deployctl.model.event import StepProgress
from deployctl.model.plan import LeftoversStep, PodName

STUCK = "statefulset-stuck-pod"


def remove_leftovers(run: Run, step: LeftoversStep) -> Work:
    """Pods that had ended when the plan was made. Raises ClusterRejected, Unavailable."""
    gone = 0
    for done, pod in enumerate(step.pods, start=1):
        if _remove(run, pod, "it had failed, and was left behind"):
            gone += 1
            yield StepProgress("leftovers", f"pod/{pod.name} removed", done, len(step.pods))
    return f"{gone} pods removed"


def delete_stuck(run: Run, diagnoses: tuple[Diagnosis, ...]) -> Work:
    """The pods that these diagnoses call stuck, each once in a run. Raises ClusterRejected, Unavailable."""
    for diagnosis in diagnoses:
        name = diagnosis.object.removeprefix("pod/")
        uid = next((pod.uid for pod in run.seen.pods if pod.name == name), "")
        if uid and _remove(run, PodName(name, uid), diagnosis.summary):
            yield StepProgress("rollout", f"pod/{name} deleted, as asked: {diagnosis.summary}")
    return ""


def _remove(run: Run, pod: PodName, why: str) -> bool:
    """Exactly this pod: one of the same name that has been made since is another."""
    if pod.uid in run.removed:
        return False
    run.wrote_cluster = True
    run.removed[pod.uid] = f"pod/{pod.name}: {why}"
    return run.target.ports.writer.delete_pod(pod.name, pod.uid)
