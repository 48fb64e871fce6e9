"""Jobs: parallelism, completions, retries with back-off, deadlines, suspension, and clearing away."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from deployctl.sandbox.contracts import Change, Object
from deployctl.sandbox.controllers.job.indexes import INDEX_ANNOTATION, with_indexes
from deployctl.sandbox.controllers.job.outcome import (
    Ending,
    Tally,
    ending_of,
    is_finished,
    is_true,
    seconds_left,
    with_ending,
)
from deployctl.sandbox.controllers.kit.controller import Controller
from deployctl.sandbox.controllers.kit.meta import (
    Key,
    is_deleting,
    key_of,
    name_of,
    parse_time,
    timestamp,
    uid_of,
    with_metadata,
)
from deployctl.sandbox.controllers.kit.pod_control import create_pod, pod_from_template
from deployctl.sandbox.controllers.kit.pods import is_active, is_ready, is_terminal, phase_of, restarts_of

JOBS, TRACKING = "jobs.batch", "batch.kubernetes.io/job-tracking"
RETRY_FIRST, RETRY_LAST = 10.0, 600.0
SYNC_DELAY = 1.0
"""Seconds for which changes of a Job's pods are gathered."""


class JobController(Controller):
    """Counts finished pods once, by taking the tracking finalizer off them."""

    name: ClassVar[str] = "job-controller"

    def watch(self) -> None:
        self.world.subscribe(JOBS, self.enqueue)
        self.world.subscribe("pods", self._pod_changed)

    def _pod_changed(self, change: Change) -> None:
        owners = change.object["metadata"].get("ownerReferences") or ()
        for owner in owners:
            if owner.get("controller") and owner["kind"] == "Job":
                self.queue.add((key_of(change.object)[0], owner["name"]), SYNC_DELAY)
        if not owners or is_deleting(change.object):
            self._release_orphan(change)

    def _release_orphan(self, change: Change) -> None:
        """A pod whose Job is gone must not be held back by our finalizer."""
        pod = self.world.get("pods", *key_of(change.object))
        if pod is None or TRACKING not in (pod["metadata"].get("finalizers") or ()):
            return
        owner = next((o for o in pod["metadata"].get("ownerReferences") or () if o.get("controller")), None)
        job = self.world.get(JOBS, key_of(pod)[0], owner["name"]) if owner else None
        if job is None or uid_of(job) != (owner or {}).get("uid") or is_deleting(job) or is_finished(job):
            self._untrack(pod)

    def sync(self, key: Key) -> None:
        job = self.world.get(JOBS, *key)
        if job is None:
            return
        pods = self.world.owned("pods", uid_of(job))
        if is_finished(job):
            self._clear_away(job, pods)
            return
        if is_deleting(job):
            for pod in pods:
                self._untrack(pod)
            return
        self._progress(job, pods)

    def _progress(self, job: Object, pods: list[Object]) -> None:
        now, status = self.clock.now(), job.get("status") or {}
        suspended = bool(job["spec"].get("suspend"))
        if not suspended and not status.get("startTime"):
            job = {**job, "status": {**status, "startTime": timestamp(now)}}
            status = job["status"]
        fresh = [p for p in pods if TRACKING in (p["metadata"].get("finalizers") or ())]
        ended_well = [p for p in fresh if phase_of(p) == "Succeeded"]
        ended_badly = [p for p in fresh if phase_of(p) == "Failed" or (is_deleting(p) and not ended_well)]
        ended_badly = [p for p in ended_badly if phase_of(p) != "Succeeded"]
        active = [p for p in pods if is_active(p)]
        in_place = job["spec"]["template"]["spec"].get("restartPolicy") == "OnFailure"
        tally = Tally(
            int(status.get("succeeded") or 0) + len(ended_well),
            int(status.get("failed") or 0) + len(ended_badly),
            sum(restarts_of(p) for p in active) if in_place else 0,
            len(active),
        )
        ending = ending_of(job, tally, now)
        before = len(active)
        if ending is not None or suspended:
            for pod in active:
                self._delete(job, pod)
                ended_badly += [pod] if pod in fresh and not suspended else []
            active = []
        else:
            self._fill(job, pods, active, tally)
        created = max(0, len(self.world.owned("pods", uid_of(job))) - len(pods))
        self._write(job, pods, ending, ended_well, ended_badly, active=len(active) + created, were_active=before)

    def _fill(self, job: Object, pods: list[Object], active: list[Object], tally: Tally) -> None:
        """Start or stop pods until as many run as may."""
        spec = job["spec"]
        parallelism, completions = int(spec.get("parallelism", 1)), spec.get("completions")
        wanted = parallelism if completions is None else min(parallelism, int(completions) - tally.succeeded)
        if completions is None and tally.succeeded:
            wanted = len(active)
        for pod in active[max(0, wanted) :]:
            self._delete(job, pod)
        pause = self._retry_in(pods, tally)
        if pause > 0:
            self.queue.add(key_of(job), pause)
            return
        indexes = self._free_indexes(job, pods) if spec.get("completionMode") == "Indexed" else []
        for number in range(max(0, wanted - len(active))):
            index = indexes[number] if number < len(indexes) else None
            self._create(job, index)

    def _retry_in(self, pods: list[Object], tally: Tally) -> float:
        """Seconds until a pod may follow one that failed: 10, 20, 40 … after its end."""
        failures = [end for p in pods if phase_of(p) == "Failed" and (end := _finished_at(p)) is not None]
        if not failures or not tally.failed:
            return 0.0
        backoff = min(RETRY_LAST, RETRY_FIRST * 2 ** (tally.failed - 1))
        return float((max(failures) + timedelta(seconds=backoff) - self.clock.now()).total_seconds())

    def _free_indexes(self, job: Object, pods: list[Object]) -> list[int]:
        taken = {
            int(p["metadata"]["annotations"][INDEX_ANNOTATION])
            for p in pods
            if phase_of(p) != "Failed" and INDEX_ANNOTATION in (p["metadata"].get("annotations") or {})
        }
        return [i for i in range(int(job["spec"].get("completions") or 0)) if i not in taken]

    def _create(self, job: Object, index: int | None) -> None:
        pod = job_pod(job, index)
        failure = create_pod(self.world, self.events, job, pod, self.manager)
        if failure is not None:
            raise failure

    def _delete(self, job: Object, pod: Object) -> None:
        self.world.delete("pods", pod)
        self.events.normal(job, "SuccessfulDelete", f"Deleted pod: {name_of(pod)}")

    def _untrack(self, pod: Object) -> None:
        live = self.world.get("pods", *key_of(pod))
        if live is None or TRACKING not in (live["metadata"].get("finalizers") or ()):
            return
        kept = [f for f in live["metadata"]["finalizers"] if f != TRACKING]
        self.world.update("pods", with_metadata(live, finalizers=kept), self.manager)

    def _write(
        self,
        job: Object,
        pods: list[Object],
        ending: Ending | None,
        well: list[Object],
        badly: list[Object],
        *,
        active: int,
        were_active: int,
    ) -> None:
        """First what is about to be counted, then the pods let go, then the counts: nothing counts twice."""
        now, status = self.clock.now(), dict(job.get("status") or {})
        conditions = list(status.get("conditions") or [])
        conditions = self._suspension(job, conditions)
        if ending is not None:
            conditions = with_ending(conditions, ending.target, ending, now)
        terminating = sum(is_deleting(p) and not is_terminal(p) for p in self.world.owned("pods", uid_of(job)))
        shown: Object = {
            **{k: v for k, v in status.items() if k in ("startTime", "succeeded", "failed", "completedIndexes")},
            **({"conditions": conditions} if conditions else {}),
            **({"active": active} if active else {}),
            "ready": sum(is_ready(p) for p in pods if is_active(p)) if active else 0,
            "terminating": terminating,
        }
        uncounted = {"succeeded": [uid_of(p) for p in well], "failed": [uid_of(p) for p in badly]}
        pending = {name: uids for name, uids in uncounted.items() if uids}
        job = self.world.update_status(JOBS, job, {**shown, "uncountedTerminatedPods": pending}, self.manager)
        for pod in [*well, *badly]:
            self._untrack(pod)
        for name, counted in (("succeeded", well), ("failed", badly)):
            if counted:
                shown[name] = int(shown.get(name) or 0) + len(counted)
        if job["spec"].get("completionMode") == "Indexed":
            shown["completedIndexes"] = with_indexes(str(shown.get("completedIndexes") or ""), well)
        if ending is not None and not terminating and not active:
            self._finish(job, shown, ending)
        job = self.world.update_status(JOBS, job, {**shown, "uncountedTerminatedPods": {}}, self.manager)
        self._wake(job, ending, were_active)

    def _finish(self, job: Object, shown: Object, ending: Ending) -> None:
        now = self.clock.now()
        shown["conditions"] = with_ending(shown["conditions"], ending.final, ending, now)
        if ending.final == "Complete":
            shown["completionTime"] = timestamp(now)
            self.events.normal(job, "Completed", "Job completed")
        else:
            self.events.warning(job, ending.reason, ending.message)

    def _suspension(self, job: Object, conditions: list[Object]) -> list[Object]:
        suspended = bool(job["spec"].get("suspend"))
        if suspended == is_true({"conditions": conditions}, "Suspended"):
            return conditions
        if not suspended and not any(c["type"] == "Suspended" for c in conditions):
            return conditions
        word = "Suspended" if suspended else "Resumed"
        self.events.normal(job, word, f"Job {word.lower()}")
        moment = timestamp(self.clock.now())
        now: Object = {
            "type": "Suspended",
            "status": "True" if suspended else "False",
            "lastProbeTime": moment,
            "lastTransitionTime": moment,
            "reason": f"Job{word}",
            "message": f"Job {word.lower()}",
        }
        return [*(c for c in conditions if c["type"] != "Suspended"), now]

    def _wake(self, job: Object, ending: Ending | None, were_active: int) -> None:
        left = seconds_left(job, self.clock.now())
        if ending is None and left is not None and were_active:
            self.queue.add(key_of(job), max(0.0, left))

    def _clear_away(self, job: Object, pods: list[Object]) -> None:
        """After ttlSecondsAfterFinished the Job goes, and its pods with it."""
        for pod in pods:
            self._untrack(pod)
        seconds = job["spec"].get("ttlSecondsAfterFinished")
        if seconds is None or is_deleting(job):
            return
        ends = [c for c in job["status"]["conditions"] if c["type"] in ("Complete", "Failed") and c["status"] == "True"]
        finished = parse_time(ends[0]["lastTransitionTime"]) or self.clock.now()
        left = (finished + timedelta(seconds=int(seconds)) - self.clock.now()).total_seconds()
        if left > 0:
            self.queue.add(key_of(job), left)
        else:
            self.world.delete(JOBS, job, propagation="Foreground")


def job_pod(job: Object, index: int | None) -> Object:
    pod = pod_from_template(job)
    metadata = {**pod["metadata"], "finalizers": [*(pod["metadata"].get("finalizers") or ()), TRACKING]}
    if index is None:
        return {**pod, "metadata": metadata}
    metadata |= {
        "generateName": f"{name_of(job)}-{index}-",
        "annotations": {**(metadata.get("annotations") or {}), INDEX_ANNOTATION: str(index)},
        "labels": {**(metadata.get("labels") or {}), INDEX_ANNOTATION: str(index)},
    }
    variable = {"name": "JOB_COMPLETION_INDEX", "value": str(index)}
    containers = [{**c, "env": [*(c.get("env") or ()), variable]} for c in pod["spec"]["containers"]]
    spec = {**pod["spec"], "hostname": f"{name_of(job)}-{index}", "containers": containers}
    return {**pod, "metadata": metadata, "spec": spec}


def _finished_at(pod: Object) -> datetime | None:
    ends = [
        parse_time(s["state"]["terminated"].get("finishedAt"))
        for s in (pod.get("status") or {}).get("containerStatuses") or ()
        if "terminated" in s["state"]
    ]
    return max((end for end in ends if end is not None), default=None)
