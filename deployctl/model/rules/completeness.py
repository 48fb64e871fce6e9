"""When a rollout is complete, by what its controller reports *and* by the pods that there are."""

from __future__ import annotations

from deployctl.model.json import number
from deployctl.model.pod import Pod
from deployctl.model.rules.family import Family
from deployctl.model.workload import Workload


def wanted(family: Family) -> int:
    """How many pods of the current revision there should be."""
    workload = family.workload
    if workload.ref.kind == "CronJob":
        return 0
    if workload.ref.kind == "Job":
        return max(1, number(workload.spec, "completions"))
    if workload.ref.kind == "StatefulSet":
        return max(0, workload.replicas - partition(workload))
    return workload.replicas


def partition(workload: Workload) -> int:
    """Below this index a StatefulSet's pods keep their revision on purpose."""
    return number(workload.spec, "updateStrategy", "rollingUpdate", "partition")


def blocking_old(family: Family) -> tuple[Pod, ...]:
    """Old pods that have to go before the rollout is complete: not those that the manifest keeps back."""
    if is_manual(family.workload):
        return ()
    first = number(family.workload.spec, "ordinals", "start") + partition(family.workload)
    if family.workload.ref.kind != "StatefulSet" or not first:
        return family.old
    return tuple(pod for pod in family.old if pod.deleting or ordinal(pod) >= first)


def ordinal(pod: Pod) -> int:
    """A StatefulSet pod's number; -1 for any other pod."""
    tail = pod.name.rpartition("-")[2]
    return int(tail) if tail.isdecimal() else -1


def is_manual(workload: Workload) -> bool:
    """Whether its pods are replaced only when somebody deletes them."""
    return workload.strategy == "OnDelete"


def missing(family: Family) -> str:
    """What is still missing, in words; empty when the rollout is complete."""
    kind = family.workload.ref.kind
    if is_manual(family.workload) or kind == "CronJob":
        return ""
    if kind == "Deployment":
        return _deployment(family) or _pods(family)
    if kind == "StatefulSet":
        return _stateful_set(family) or _pods(family)
    if kind == "DaemonSet":
        return _daemon_set(family) or _pods(family)
    return _job(family)


def _pods(family: Family) -> str:
    """The controller may believe that it is done while a pod still terminates, or has just stopped being Ready."""
    old = blocking_old(family)
    if old:
        return f"{len(old)} old {_pods_word(len(old))} still there"
    if len(family.ready) < wanted(family):
        return f"{len(family.ready)} of {wanted(family)} pods Ready"
    if wanted(family) == 0 and family.leaving:
        return f"{len(family.leaving)} {_pods_word(len(family.leaving))} still there"
    return ""


def _pods_word(count: int) -> str:
    return "pod" if count == 1 else "pods"


def _deployment(family: Family) -> str:
    """kubectl's rule (rollout status), and that the ReplicaSet of the current template is the one that counts."""
    workload = family.workload
    updated, replicas = workload.count("updatedReplicas"), workload.count("replicas")
    available = workload.count("availableReplicas")
    if family.revision is None and workload.replicas:
        return "the ReplicaSet of the current template does not exist yet"
    if updated < workload.replicas:
        return f"{updated} of {workload.replicas} pods updated"
    if replicas > updated:
        return f"{replicas - updated} old {_pods_word(replicas - updated)} counted by the controller"
    if available < updated:
        return f"{available} of {updated} pods available"
    return ""


def _stateful_set(family: Family) -> str:
    workload = family.workload
    update, current = workload.status.get("updateRevision"), workload.status.get("currentRevision")
    if not update and workload.replicas:
        return "its controller names no revision yet"
    if workload.count("updatedReplicas") < wanted(family):
        return f"{workload.count('updatedReplicas')} of {wanted(family)} pods updated"
    if workload.count("readyReplicas") < workload.replicas:
        return f"{workload.count('readyReplicas')} of {workload.replicas} pods Ready"
    if workload.count("availableReplicas") < workload.replicas:
        return f"{workload.count('availableReplicas')} of {workload.replicas} pods available"
    if partition(workload) == 0 and update != current:
        return f"revision {update} is not the current one yet ({current} is)"
    return ""


def _daemon_set(family: Family) -> str:
    workload = family.workload
    desired = workload.count("desiredNumberScheduled")
    for name, word in (("updatedNumberScheduled", "updated"), ("numberAvailable", "available")):
        if workload.count(name) < desired:
            return f"{workload.count(name)} of {desired} pods {word}"
    return ""


def _job(family: Family) -> str:
    complete = family.workload.condition("Complete")
    if (complete and complete.status == "True") or family.workload.spec.get("suspend") is True:
        return ""
    return f"{family.workload.count('succeeded')} of {wanted(family)} completions"
