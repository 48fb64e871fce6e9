"""What a container runtime does for those who come from outside: commands, and connections to a pod's ports."""

from __future__ import annotations

import secrets
import uuid

from deployctl.sandbox.nodes.pod_worker import PodWorker
from deployctl.sandbox.nodes.programs.exec import run_command
from deployctl.sandbox.nodes.programs.process import Process

_NOT_STARTED = (
    'failed to exec in container: failed to start exec "{id}": OCI runtime exec failed: exec failed: {why}: unknown'
)
_REFUSED = (
    "error forwarding port {port} to pod {id}, uid : failed to execute portforward in network namespace "
    '"/var/run/netns/cni-{net}": failed to connect to localhost:{port} inside namespace "{id}", IPv4: dial tcp4 '
    "127.0.0.1:{port}: connect: connection refused IPv6 dial tcp6: address localhost: no suitable address found "
)


def connect(worker: PodWorker | None, port: int) -> None:
    """Raises ConnectionRefusedError when no container of the pod listens on the port."""
    records = worker.records if worker is not None and not worker.machine.down else []
    if not any(record.process is not None and record.process.listens(port) for record in records):
        raise ConnectionRefusedError(_REFUSED.format(port=port, id=secrets.token_hex(32), net=uuid.uuid4()))


def process_of(worker: PodWorker | None, container: str) -> Process:
    """Raises LookupError, in a kubelet's words, when the container does not run."""
    record = worker.record(container) if worker is not None and not worker.machine.down else None
    if record is None or record.process is None:
        raise LookupError(f'container not found ("{container}")')
    return record.process


async def execute(worker: PodWorker | None, container: str, command: list[str]) -> tuple[int, str]:
    """Exit status and output. Raises LookupError when the container does not run, RuntimeError, in the runtime's
    words, when the command cannot be started."""
    process = process_of(worker, container)
    missing = _missing(process, command)
    if missing:
        raise RuntimeError(_NOT_STARTED.format(id=secrets.token_hex(32), why=missing))
    return await run_command(process, command)


def _missing(process: Process, command: list[str]) -> str:
    """Why it cannot be started; empty for what the image has, and for everything when nobody said what it has."""
    if not command:
        return "args must not be empty"
    word, binaries = command[0], process.around.binaries
    if binaries is None or word.rsplit("/", 1)[-1] in binaries:
        return ""
    why = f"stat {word}: no such file or directory" if word.startswith("/") else "executable file not found in $PATH"
    return f'unable to start container process: exec: "{word}": {why}'
