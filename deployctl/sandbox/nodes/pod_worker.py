"""The life of one pod on a node: admission, volumes, sandbox, init containers, containers, and its end."""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime, timedelta
from typing import Any

from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import (
    condition_of,
    is_deleting,
    key_of,
    name_of,
    namespace_of,
    parse_time,
    timestamp,
    uid_of,
)
from deployctl.sandbox.controllers.kit.pods import is_terminal
from deployctl.sandbox.nodes.container_worker import ContainerWorker
from deployctl.sandbox.nodes.containers import NEVER_STARTED, ContainerRecord, Running, Waiting
from deployctl.sandbox.nodes.faults import about_pod
from deployctl.sandbox.nodes.machine import MANAGER, Machine, log
from deployctl.sandbox.nodes.pod_context import PodContext
from deployctl.sandbox.nodes.pod_status import Facts, pod_status
from deployctl.sandbox.nodes.puller import Puller
from deployctl.sandbox.nodes.records import records_of
from deployctl.sandbox.nodes.resize import Resizer, Room
from deployctl.sandbox.nodes.volumes import claim_failures, mount_failures

_NO_NETWORK = (
    'failed to setup network for sandbox "{}": plugin type="flannel" failed (add): '
    "open /run/flannel/subnet.env: no such file or directory"
)
TOO_LONG = "Pod was active on the node longer than the specified deadline"


class PodWorker:
    """One pod. `update` takes its newest version; everything else follows from that and from time."""

    def __init__(self, machine: Machine, pod: Object, room: Room) -> None:
        self.machine, self.clock, self.timings = machine, machine.clock, machine.timings
        self.context = PodContext(machine, pod, self.publish)
        self.context.puller = Puller(machine, lambda: self.context.pod)
        self.records = records_of(pod, self.clock.now())
        self.workers = {record.name: ContainerWorker(self.context, record) for record in self.records}
        self.resizer = Resizer(self.context, self.records, room)
        self._started: datetime = parse_time((pod.get("status") or {}).get("startTime")) or self.clock.now()
        self._sandbox = self._terminal = self._stopped = False
        self._reason = self._message = ""
        self._life: asyncio.Task[Any] | None = None
        self._end: asyncio.Task[Any] | None = None
        self._dirty = False
        self._quiet = False
        """The end has begun and is told as a whole."""
        self._has_run = False
        self.gone = False

    @property
    def pod(self) -> Object:
        return self.context.pod

    def start(self) -> None:
        self._life = self.context.tasks.start(self._live(), f"pod {name_of(self.pod)}")

    def reject(self, reason: str, message: str) -> None:
        """Never to run here."""
        self.machine.events.warning(self.pod, reason, message)
        generation = self.pod["metadata"].get("generation", 1)
        words = {"phase": "Failed", "reason": reason, "message": f"Pod was rejected: {message}"}
        status = {**(self.pod.get("status") or {}), "observedGeneration": generation, **words}
        self.context.pod = self.machine.world.update_status("pods", self.pod, status, MANAGER)

    def update(self, pod: Object) -> None:
        """A newer version of the pod; its deletion is begun at once."""
        self.context.pod = pod
        self.resizer.look()
        if is_deleting(pod) and self._end is None and not is_terminal(pod):
            grace = float(pod["metadata"].get("deletionGracePeriodSeconds") or 0)
            self._end = self.context.tasks.start(self._terminate(grace), f"end of pod {name_of(pod)}")

    def evict(self, message: str) -> None:
        """Fail the pod for want of a resource on the node; it stays in the API, its containers do not."""
        if self._end is None:
            self.machine.events.warning(self.pod, "Evicted", message)
            self._fail("Evicted", message, 0.0)

    def _fail(self, reason: str, message: str, grace: float) -> None:
        self._reason, self._message = reason, message
        self.publish()
        self._end = self.context.tasks.start(self._stop_all(grace), f"end of {name_of(self.pod)}")

    async def _watch_deadline(self) -> None:
        seconds = self.pod["spec"].get("activeDeadlineSeconds")
        if seconds is None:
            return
        left = (self._started + timedelta(seconds=int(seconds)) - self.clock.now()).total_seconds()
        await self.clock.sleep(max(0.0, left))
        if self._end is None and not self._terminal:
            self.machine.events.normal(self.pod, "DeadlineExceeded", TOO_LONG)
            self._fail("DeadlineExceeded", TOO_LONG, self._grace())

    def _grace(self) -> float:
        return float(self.pod["spec"].get("terminationGracePeriodSeconds", 30))

    async def forget(self) -> None:
        """The pod is gone from the API: whatever still runs is killed."""
        self.gone = True
        for record in self.records:
            if record.process is not None:
                record.process.kill()
        await self.context.tasks.cancel()

    async def _live(self) -> None:
        self.publish()
        self.context.tasks.start(self._watch_deadline(), "deadline")
        await self._mount()
        await self._create_sandbox()
        host_network = self.pod["spec"].get("hostNetwork")
        self.context.ip = self.machine.ip if host_network else self.machine.new_address()
        self._sandbox = True
        if any(record.init for record in self.records):
            self.publish()
        if await self._initialize():
            await self._run_containers()
        self._terminal = True
        self.publish()
        await self._stop_sidecars(self._grace())
        await self._stop_sandbox()

    async def _stop_sandbox(self) -> None:
        await self.clock.sleep(self.timings.stop_sandbox)
        self._sandbox, self._stopped, self._quiet = False, True, False
        self.publish()

    async def _create_sandbox(self) -> None:
        """With its network; a fault keeps it from being made."""
        await self.clock.sleep(self.timings.sandbox)
        while (fault := self.machine.strike("sandbox-error", about_pod(self.pod))) is not None:
            why = fault.get("message") or _NO_NETWORK.format(secrets.token_hex(32))
            words = f"Failed to create pod sandbox: rpc error: code = Unknown desc = {why}"
            self.machine.events.warning(self.pod, "FailedCreatePodSandBox", words)
            await self.clock.sleep(self.timings.retry_sync)

    async def _mount(self) -> None:
        """Until every Secret and ConfigMap that the volumes name is there."""
        first, longest = self.timings.mount_backoff
        pause = first
        while True:
            failures = [*self._broken_mounts(), *mount_failures(self.pod, self.machine.read)]
            waits = list(claim_failures(self.pod, self.machine.read))
            if not failures and not waits:
                return
            for failure in failures:
                self.machine.events.warning(self.pod, "FailedMount", failure)
            await self.clock.sleep(pause)
            pause = min(longest, pause * 2)

    def _broken_mounts(self) -> list[str]:
        """What a fault says of the first volume, or of the one that it names."""
        fault = self.machine.strike("mount-error", about_pod(self.pod))
        volumes = self.pod["spec"].get("volumes") or []
        if fault is None or not volumes:
            return []
        name = fault.get("volume") or volumes[0]["name"]
        return [f'MountVolume.SetUp failed for volume "{name}" : {fault.get("message") or "timed out"}']

    async def _initialize(self) -> bool:
        """Run the init containers in order; whether the others may start."""
        for record in self.records:
            if not record.init:
                continue
            worker = self.workers[record.name]
            if record.sidecar:
                self.context.tasks.start(worker.run(), f"sidecar {record.name}")
                await worker.started.wait()
                continue
            await worker.run()
            if not record.succeeded:
                return False
        return True

    async def _run_containers(self) -> None:
        workers = [self.workers[r.name] for r in self.records if not r.init]
        await asyncio.gather(*(worker.run() for worker in workers))

    async def _terminate(self, grace: float) -> None:
        """Graceful deletion: stop everything, say so, and let the API server remove the object."""
        self.publish()
        await self._stop_all(grace)
        self._write()
        self._remove()

    async def _stop_all(self, grace: float) -> None:
        self._terminal = self._quiet = True
        mains = [self.workers[r.name] for r in self.records if not r.sidecar]
        began = self.clock.monotonic()
        await asyncio.gather(*(worker.stop(grace) for worker in mains))
        if self._life is not None:
            self._life.cancel()
        await self._stop_sidecars(max(2.0, grace - (self.clock.monotonic() - began)))
        for record in self.records:
            if isinstance(record.state, Waiting):
                record.state, record.last = record.last or NEVER_STARTED, None
        await self._stop_sandbox()

    async def _stop_sidecars(self, grace: float) -> None:
        """In the reverse of the order in which they were started."""
        for record in reversed(self.records):
            if record.sidecar:
                await self.workers[record.name].stop(grace)

    def _remove(self) -> None:
        if self.machine.down:
            return  # nobody hears this node; the pod stays Terminating
        namespace, name = key_of(self.pod)
        self.machine.world.objects.delete("pods", namespace, name, uid=uid_of(self.pod), grace_seconds=0)

    def publish(self) -> None:
        """Write the status soon; what changes until then travels with it."""
        if not self._dirty and not self.gone and not self._quiet:
            self._dirty = True
            self.context.tasks.start(self._write_soon(), "status")

    async def _write_soon(self) -> None:
        await self.clock.sleep(self.timings.status_delay)
        self.machine.world.backlog.add(self._write)

    def _write(self) -> None:
        self._dirty = False
        live = self.machine.world.get("pods", *key_of(self.pod))
        if self.machine.down or self.gone or live is None or uid_of(live) != uid_of(self.pod):
            return
        status = pod_status(live, self.records, self._facts(), self.clock.now(), self.resizer.conditions)
        if self._reason == "Evicted":
            status["conditions"] = [*status["conditions"], self._disruption(live)]
        try:
            self.context.pod = self.machine.world.update_status("pods", live, status, MANAGER)
            self._has_run = self._has_run or any(isinstance(r.state, Running) for r in self.records)
        except ApiError as error:
            log.warning("kubelet %s: status of %s/%s: %s", self.machine.name, namespace_of(live), name_of(live), error)

    def _facts(self) -> Facts:
        return Facts(
            node_ip=self.machine.ip,
            pod_ip=self.context.ip,
            started=self._started,
            sandbox=self._sandbox,
            terminal=self._terminal,
            stopped=self._stopped,
            has_run=self._has_run,
            reason=self._reason,
            message=self._message,
        )

    def _disruption(self, pod: Object) -> Object:
        current = condition_of(pod.get("status") or {}, "DisruptionTarget")
        since = current["lastTransitionTime"] if current else timestamp(self.clock.now())
        return {
            "type": "DisruptionTarget",
            "status": "True",
            "lastProbeTime": None,
            "lastTransitionTime": since,
            "reason": "TerminationByKubelet",
            "message": self._message,
        }

    def record(self, container: str) -> ContainerRecord | None:
        return next((r for r in self.records if r.name == container), None)
