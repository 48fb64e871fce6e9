"""What a client asks for in a scheduleRun body, checked at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from deployctl.sandbox.arm.errors import ArmError
from deployctl.sandbox.registry.reference import parse_reference


@dataclass(frozen=True)
class BuildRequest:
    """A DockerBuildRequest. `images` are `repository:tag`; secret arguments are in `arguments` and `secret`."""

    images: tuple[str, ...]
    source: str
    dockerfile: str
    target: str
    push: bool
    os: str
    architecture: str
    timeout: int
    arguments: Mapping[str, str] = field(repr=False)
    secret: frozenset[str] = frozenset()
    identity: str = ""
    no_cache: bool = False
    agent_pool: str = ""


def build_request(body: object) -> BuildRequest:
    """Raises ArmError 400, naming the property."""
    if not isinstance(body, dict):
        raise ArmError(400, "InvalidRequestContent", "The request content was invalid and could not be deserialized.")
    if body.get("type") != "DockerBuildRequest":
        raise _invalid(f"the sandbox runs requests of type DockerBuildRequest, not {body.get('type')!r}")
    platform = body.get("platform") or {}
    arguments = body.get("arguments") or []
    return BuildRequest(
        images=_images(body.get("imageNames") or []),
        source=_required(body, "sourceLocation"),
        dockerfile=_required(body, "dockerFilePath"),
        target=str(body.get("target") or ""),
        push=bool(body.get("isPushEnabled", True)),
        os=str(platform.get("os") or "linux").lower(),
        architecture=str(platform.get("architecture") or "amd64").lower(),
        timeout=_timeout(body.get("timeout", 3600)),
        arguments={str(entry["name"]): str(entry.get("value", "")) for entry in arguments},
        secret=frozenset(str(entry["name"]) for entry in arguments if entry.get("isSecret")),
        identity=_identity(body.get("credentials") or {}),
        no_cache=bool(body.get("noCache")),
        agent_pool=str(body.get("agentPoolName") or ""),
    )


def _invalid(message: str) -> ArmError:
    return ArmError(400, "InvalidRequest", f"Bad request: {message}")


def _required(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not value or not isinstance(value, str):
        raise _invalid(f"{name} is required")
    return value


def _images(names: list[Any]) -> tuple[str, ...]:
    for name in names:
        if parse_reference(f"registry.invalid/{name}") is None or "@" in str(name):
            raise _invalid(f"image name {name!r} is invalid")
    return tuple(name if ":" in name else f"{name}:latest" for name in map(str, names))


def _timeout(value: object) -> int:
    if not isinstance(value, int) or not 300 <= value <= 28800:
        raise _invalid("timeout must be between 300 and 28800 seconds")
    return value


def _identity(credentials: Mapping[str, Any]) -> str:
    return str((credentials.get("sourceRegistry") or {}).get("identity") or "")


async def json_body(request: web.Request) -> object:
    """Raises ArmError 400 when it is no JSON."""
    try:
        return await request.json()
    except ValueError as error:
        raise ArmError(400, "InvalidRequestContent", f"The request content was invalid: {error}") from error
