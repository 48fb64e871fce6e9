"""A command in a container: its output and its end, in the channels of v4 and v5.channel.k8s.io."""

from __future__ import annotations

import json

from deployctl.sandbox.api.streams.containers import Containers
from deployctl.sandbox.contracts import Object

OUTPUT, STATUS = b"\1", b"\3"


async def execute(containers: Containers, namespace: str, pod: str, container: str, command: list[str]) -> list[bytes]:
    """The messages that answer it. Raises LookupError when the container does not run."""
    try:
        code, output = await containers.execute(namespace, pod, container, command)
    except RuntimeError as error:
        return [OUTPUT, STATUS + _spelled(_failed(str(error)))]
    told = [OUTPUT + output.encode()] if output else []
    return [OUTPUT, *told, STATUS + _spelled(_ended(code))]


def _ended(code: int) -> Object:
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: command terminated with exit code {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def _failed(why: str) -> Object:
    """The runtime could not start it."""
    message = f"Internal error occurred: error executing command in container: {why}"
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"Internal error occurred: {message}",
        "reason": "InternalError",
        "details": {"causes": [{"message": message}]},
        "code": 500,
    }


def _spelled(status: Object) -> bytes:
    return json.dumps(status, separators=(",", ":")).encode()
