"""CronJobs: a Job per due time, by the concurrency policy, and no more history than asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.cronjob.schedule import Schedule, parse_schedule
from deployctl.sandbox.controllers.job.outcome import is_finished, is_true
from deployctl.sandbox.controllers.kit.controller import Controller
from deployctl.sandbox.controllers.kit.errors import is_already_exists
from deployctl.sandbox.controllers.kit.meta import (
    Key,
    controller_reference,
    created_at,
    is_deleting,
    key_of,
    name_of,
    namespace_of,
    parse_time,
    timestamp,
    uid_of,
)

CRON_JOBS, JOBS = "cronjobs.batch", "jobs.batch"
SCHEDULED_AT = "batch.kubernetes.io/cronjob-scheduled-timestamp"
TOO_MANY_MISSED = 100


class CronJobController(Controller):
    """Wakes at each next due time, and whenever one of its Jobs changes."""

    name: ClassVar[str] = "cronjob-controller"

    def watch(self) -> None:
        self.world.subscribe(CRON_JOBS, self.enqueue)
        self.world.subscribe(JOBS, lambda change: self.enqueue_owner("CronJob", change))

    def sync(self, key: Key) -> None:
        cron_job = self.world.get(CRON_JOBS, *key)
        if cron_job is None:
            return
        jobs = self.world.owned(JOBS, uid_of(cron_job))
        self._trim(cron_job, jobs)
        cron_job = self._notice_ends(cron_job, jobs)
        if is_deleting(cron_job) or cron_job["spec"].get("suspend"):
            return
        timing = self._timing(cron_job)
        if timing is None:
            return
        schedule, zone = timing
        due = self._due(cron_job, schedule, zone)
        if due is not None:
            self._start(cron_job, due)
        following = schedule.next_after(self.clock.now(), zone)
        if following is not None:
            self.queue.add(key, (following - self.clock.now()).total_seconds() + 0.1)

    def _timing(self, cron_job: Object) -> tuple[Schedule, tzinfo] | None:
        spec = cron_job["spec"]
        try:
            schedule = parse_schedule(spec["schedule"])
        except ValueError as error:
            message = f'unparseable schedule: "{spec["schedule"]}" : {error}'
            self.events.warning(cron_job, "UnparseableSchedule", message)
            return None
        name = spec.get("timeZone")
        try:
            return schedule, ZoneInfo(name) if name else UTC
        except (ZoneInfoNotFoundError, ValueError):
            self.events.warning(cron_job, "UnknownTimeZone", f'invalid timeZone: "{name}": unknown time zone {name}')
            return None

    def _due(self, cron_job: Object, schedule: Schedule, zone: tzinfo) -> datetime | None:
        """The latest due time that no Job was started for."""
        now, status = self.clock.now(), cron_job.get("status") or {}
        since = parse_time(status.get("lastScheduleTime")) or parse_time(created_at(cron_job)) or now
        deadline = cron_job["spec"].get("startingDeadlineSeconds")
        if deadline is not None:
            since = max(since, now - timedelta(seconds=int(deadline)))
        missed = list(schedule.between(since, now, zone))
        if len(missed) > TOO_MANY_MISSED:
            message = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"
            self.events.warning(cron_job, "TooManyMissedTimes", message)
        return missed[-1] if missed else None

    def _start(self, cron_job: Object, due: datetime) -> None:
        policy = cron_job["spec"].get("concurrencyPolicy", "Allow")
        active = [j for j in self.world.owned(JOBS, uid_of(cron_job)) if not is_finished(j)]
        if policy == "Forbid" and active:
            message = "Not starting job because prior execution is running and concurrency policy is Forbid"
            self.events.normal(cron_job, "JobAlreadyActive", message)
            return
        if policy == "Replace":
            for job in active:
                self.world.delete(JOBS, job)
                self.events.normal(cron_job, "SuccessfulDelete", f"Deleted job {name_of(job)}")
        try:
            job = self.world.create(JOBS, job_for(cron_job, due), self.manager)
        except ApiError as error:
            if not is_already_exists(error):
                self.events.warning(cron_job, "FailedCreate", f"Error creating job: {error}")
                raise
            return
        self.events.normal(cron_job, "SuccessfulCreate", f"Created job {name_of(job)}")
        live = self.world.get(CRON_JOBS, *key_of(cron_job)) or cron_job
        status = {**(live.get("status") or {}), "lastScheduleTime": timestamp(due)}
        listed = {entry["uid"] for entry in status.get("active") or ()} | {uid_of(job)}
        jobs = [j for j in self.world.owned(JOBS, uid_of(cron_job)) if uid_of(j) in listed and not is_deleting(j)]
        self.world.update_status(CRON_JOBS, live, _with_active(status, jobs), self.manager)

    def _notice_ends(self, cron_job: Object, jobs: list[Object]) -> Object:
        status = cron_job.get("status") or {}
        listed = {entry["uid"] for entry in status.get("active") or ()}
        for job in jobs:
            if uid_of(job) not in listed and not is_finished(job):
                words = f"Saw a job that the controller did not create or forgot: {name_of(job)}"
                self.events.warning(cron_job, "UnexpectedJob", words)
            elif is_finished(job):
                status = self._notice_end(cron_job, status, job, listed=uid_of(job) in listed)
        for entry in status.get("active") or ():
            if entry["uid"] not in {uid_of(j) for j in jobs}:
                self.events.normal(cron_job, "MissingJob", f"Active job went missing: {entry['name']}")
        active = [j for j in jobs if not is_finished(j) and uid_of(j) in listed]
        return self.world.update_status(CRON_JOBS, cron_job, _with_active(status, active), self.manager)

    def _notice_end(self, cron_job: Object, status: Object, job: Object, *, listed: bool) -> Object:
        well, ended = is_true(job["status"], "Complete"), job["status"].get("completionTime") or ""
        if listed:
            words = f"Saw completed job: {name_of(job)}, condition: {'Complete' if well else 'Failed'}"
            self.events.normal(cron_job, "SawCompletedJob", words)
        later = well and ended > (status.get("lastSuccessfulTime") or "")
        return {**status, "lastSuccessfulTime": ended} if later else status

    def _trim(self, cron_job: Object, jobs: list[Object]) -> None:
        spec = cron_job["spec"]
        for type_, limit in (
            ("Complete", spec.get("successfulJobsHistoryLimit", 3)),
            ("Failed", spec.get("failedJobsHistoryLimit", 1)),
        ):
            ended = [j for j in jobs if is_true(j.get("status") or {}, type_) and not is_deleting(j)]
            ended.sort(key=lambda j: (j["status"].get("startTime") or "", name_of(j)))
            for job in ended[: max(0, len(ended) - int(limit))]:
                self.world.delete(JOBS, job)
                self.events.normal(cron_job, "SuccessfulDelete", f"Deleted job {name_of(job)}")


def _with_active(status: Object, jobs: list[Object]) -> Object:
    active = [
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "name": name_of(job),
            "namespace": namespace_of(job),
            "resourceVersion": job["metadata"].get("resourceVersion", ""),
            "uid": uid_of(job),
        }
        for job in jobs
    ]
    known = {entry["uid"]: entry for entry in status.get("active") or ()}
    rest = {k: v for k, v in status.items() if k != "active"}
    return {**rest, "active": [known.get(a["uid"], a) for a in active]} if active else rest


def job_for(cron_job: Object, due: datetime) -> Object:
    """The Job of a due time; its name is the time in minutes, so that a time cannot get two."""
    template = cron_job["spec"]["jobTemplate"]
    metadata = template.get("metadata") or {}
    labels = {"labels": metadata["labels"]} if metadata.get("labels") else {}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{name_of(cron_job)}-{int(due.timestamp()) // 60}",
            "namespace": namespace_of(cron_job),
            "annotations": {**(metadata.get("annotations") or {}), SCHEDULED_AT: timestamp(due)},
            **labels,
            "ownerReferences": [controller_reference(cron_job)],
        },
        "spec": template["spec"],
    }
