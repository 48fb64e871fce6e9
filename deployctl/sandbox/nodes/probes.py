"""Startup, liveness and readiness probes of a running container, and a kubelet's words when they fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.tasks import Tasks
from deployctl.sandbox.nodes.programs.exec import run_command
from deployctl.sandbox.nodes.waiting import in_time

if TYPE_CHECKING:
    from deployctl.sandbox.nodes.container_worker import ContainerWorker

Failure = str | None
"""What a failed probe says; None for success."""


class Prober:
    """All probes of one run of a container."""

    def __init__(self, worker: ContainerWorker) -> None:
        self._worker, self._record, self._clock = worker, worker.record, worker.clock
        self._tasks = Tasks()

    def start(self) -> None:
        for kind, run in (("startup", self._startup), ("liveness", self._liveness), ("readiness", self._readiness)):
            spec = self._record.spec.get(f"{kind}Probe")
            if spec is not None:
                self._tasks.start(run(spec), f"{kind} probe of {self._record.name}")

    async def stop(self) -> None:
        await self._tasks.cancel()

    async def _startup(self, spec: Object) -> None:
        if await self._give_up("Startup", spec, until_success=True):
            return
        self._record.started = True
        self._record.ready = "readinessProbe" not in self._record.spec
        self._worker.started.set()
        self._worker.context.publish()

    async def _liveness(self, spec: Object) -> None:
        await self._worker.started.wait()
        await self._give_up("Liveness", spec, until_success=False)

    async def _give_up(self, kind: str, spec: Object, *, until_success: bool) -> bool:
        """Probe until the failures reach their threshold, then have the container killed: True."""
        failures = 0
        await self._clock.sleep(float(spec.get("initialDelaySeconds") or 0))
        while True:
            failure = await self._probe(kind, spec)
            failures = failures + 1 if failure is not None else 0
            if failure is None and until_success:
                return False
            if failures >= int(spec.get("failureThreshold") or 3):
                self._worker.fail(
                    f"Container {self._record.name} failed {kind.lower()} probe, will be restarted", self._grace(spec)
                )
                return True
            await self._clock.sleep(float(spec.get("periodSeconds") or 10))

    async def _readiness(self, spec: Object) -> None:
        await self._worker.started.wait()
        await self._clock.sleep(float(spec.get("initialDelaySeconds") or 0))
        successes = failures = 0
        while True:
            failure = await self._probe("Readiness", spec)
            successes, failures = (successes + 1, 0) if failure is None else (0, failures + 1)
            if successes >= int(spec.get("successThreshold") or 1):
                self._set_ready(ready=True)
            elif failures >= int(spec.get("failureThreshold") or 3):
                self._set_ready(ready=False)
            await self._clock.sleep(float(spec.get("periodSeconds") or 10))

    def _set_ready(self, *, ready: bool) -> None:
        if self._record.ready is not ready:
            self._record.ready = ready
            self._worker.context.publish()

    def _grace(self, spec: Object) -> float:
        pod = self._worker.context.pod
        return float(spec.get("terminationGracePeriodSeconds") or pod["spec"].get("terminationGracePeriodSeconds", 30))

    async def _probe(self, kind: str, spec: Object) -> Failure:
        failure = await self._ask(spec)
        if failure is not None:
            pod, path = self._worker.context.pod, self._record.field_path
            self._worker.machine.events.warning(pod, "Unhealthy", f"{kind} probe {failure}", path)
        return failure

    async def _ask(self, spec: Object) -> Failure:
        seconds = float(spec.get("timeoutSeconds") or 1)
        if "httpGet" in spec:
            return await self._http(spec["httpGet"], seconds)
        if "tcpSocket" in spec:
            return self._tcp(spec["tcpSocket"])
        if "grpc" in spec:
            return self._grpc(spec["grpc"])
        if "exec" in spec:
            return await self._exec(spec["exec"].get("command") or [], seconds)
        return None

    async def _http(self, action: Object, seconds: float) -> Failure:
        port, path = self._port(action["port"]), action.get("path") or "/"
        scheme = str(action.get("scheme") or "HTTP").lower()
        address = f"{action.get('host') or self._worker.context.ip}:{port}"
        url = f"{scheme}://{address}{path if path.startswith('/') else f'/{path}'}"
        process = self._record.process
        if process is None or not process.listens(port):
            return f'failed: Get "{url}": dial tcp {address}: connect: connection refused'
        try:
            answer = await in_time(self._clock, seconds, process.request("GET", path))
        except TimeoutError:
            return f'failed: Get "{url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
        except ConnectionRefusedError:
            return f'failed: Get "{url}": dial tcp {address}: connect: connection refused'
        return None if 200 <= answer.status < 400 else f"failed: HTTP probe failed with statuscode: {answer.status}"

    def _tcp(self, action: Object) -> Failure:
        port = self._port(action["port"])
        if self._listens(port):
            return None
        return f"failed: dial tcp {action.get('host') or self._worker.context.ip}:{port}: connect: connection refused"

    def _grpc(self, action: Object) -> Failure:
        port = int(action["port"])
        if self._listens(port):
            return None
        address = f"{self._worker.context.ip}:{port}"
        return f'failed: timeout: failed to connect service "{address}" within 1s: context deadline exceeded'

    async def _exec(self, command: list[str], seconds: float) -> Failure:
        process = self._record.process
        if process is None:
            return "errored: container is not running"
        try:
            code, output = await in_time(self._clock, seconds, run_command(process, command))
        except TimeoutError:
            words = " ".join(command)
            return f'errored and resulted in unknown state: command timed out: "{words}" timed out after {seconds:g}s'
        return None if code == 0 else f"failed: {output}"

    def _listens(self, port: int) -> bool:
        return self._record.process is not None and self._record.process.listens(port)

    def _port(self, port: Any) -> int:
        """A number, or the name of one of the container's ports."""
        if isinstance(port, int) or str(port).isdigit():
            return int(port)
        declared = self._record.spec.get("ports") or ()
        return int(next((p["containerPort"] for p in declared if p.get("name") == port), 0))
