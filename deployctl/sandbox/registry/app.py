"""The registry's HTTP door: faults, routing, the challenge, errors."""

from __future__ import annotations

import asyncio

from aiohttp import web

from deployctl.sandbox.registry import acr, blobs, manifests, oauth
from deployctl.sandbox.registry.access import Scope
from deployctl.sandbox.registry.errors import RegistryError
from deployctl.sandbox.registry.registry import Registry
from deployctl.sandbox.registry.routing import Call, Route, route

REGISTRY = web.AppKey("registry", Registry)


async def version(_: Call) -> web.Response:
    """`/v2/`: is this a registry, and am I let in?"""
    return web.json_response({})


OPEN = oauth.ROUTES
GUARDED: tuple[Route, ...] = (route("GET HEAD", "/v2/?", version, ""), *manifests.ROUTES, *blobs.ROUTES, *acr.ROUTES)


def build_app(registry: Registry) -> web.Application:
    """An aiohttp application that serves this registry at its root."""
    app = web.Application(client_max_size=1 << 40)
    app[REGISTRY] = registry
    app[blobs.UPLOADS] = blobs.Uploads()
    app.on_response_prepare.append(_name_protocol)
    app.router.add_route("*", "/{path:.*}", dispatch)
    return app


async def dispatch(request: web.Request) -> web.StreamResponse:
    """Answer one request."""
    try:
        return await _answer(request, request.app[REGISTRY])
    except RegistryError as error:
        return web.json_response(error.document(), status=error.status, headers=error.headers)


async def _answer(request: web.Request, registry: Registry) -> web.StreamResponse:
    await _suffer(request, registry)
    found, parts = _find(request, registry)
    call = Call(registry, request, parts)
    if found not in OPEN:
        scope = found.scope(parts)
        if not registry.allows(request.headers.get("Authorization"), scope):
            raise challenge(request, registry, scope)
    return await found.handler(call)


async def _name_protocol(_: web.Request, response: web.StreamResponse) -> None:
    response.headers["Docker-Distribution-Api-Version"] = "registry/2.0"


def _find(request: web.Request, registry: Registry) -> tuple[Route, dict[str, str]]:
    routes = (*GUARDED, *OPEN) if registry.challenge == "bearer" else GUARDED
    allowed: set[str] = set()
    for candidate in routes:
        match = candidate.path.fullmatch(request.path)
        if match and request.method in candidate.methods:
            return candidate, match.groupdict()
        if match:
            allowed.update(candidate.methods)
    if allowed:
        headers = {"Allow": ", ".join(sorted(allowed))}
        raise RegistryError(405, "UNSUPPORTED", "The operation is unsupported.", headers=headers)
    raise RegistryError(404, "NOT_FOUND", "page not found")


def challenge(request: web.Request, registry: Registry, scope: Scope | None) -> RegistryError:
    """401 that says where a token comes from, and which one."""
    actions = [{"Type": scope.type, "Name": scope.name, "Action": a} for a in sorted(scope.actions)] if scope else None
    if registry.challenge == "basic":
        headers = {"WWW-Authenticate": 'Basic realm="Registry"'}
        return RegistryError(401, "UNAUTHORIZED", "authentication required", actions, headers)
    header = f'Bearer realm="{request.scheme}://{request.host}/oauth2/token",service="{request.host}"'
    if scope is not None:
        header += f',scope="{_spelled(scope)}"'
    if "Authorization" in request.headers:
        header += ',error="insufficient_scope"' if _is_own_token(request, registry) else ',error="invalid_token"'
    return RegistryError(401, "UNAUTHORIZED", oauth.HELP, actions, {"WWW-Authenticate": header})


def _spelled(scope: Scope) -> str:
    """Actions in the order that ACR writes them: pull before push."""
    return f"{scope.type}:{scope.name}:{','.join(sorted(scope.actions))}"


def _is_own_token(request: web.Request, registry: Registry) -> bool:
    return registry.allows(request.headers.get("Authorization"), None)


async def _suffer(request: web.Request, registry: Registry) -> None:
    """The faults of this moment. Raises RegistryError, or drops the connection."""
    facts = {"host": registry.host, "method": request.method, "path": request.path}
    late = registry.faults.take("registry-latency", **facts)
    if late is not None:
        await asyncio.sleep(float(late["seconds"]))
    if registry.faults.take("registry-drop", **facts) is not None:
        if request.transport is not None:
            request.transport.abort()
        raise asyncio.CancelledError
    error = registry.faults.take("registry-error", **facts)
    if error is not None:
        after = {"Retry-After": f"{error['retry_after']:g}"} if "retry_after" in error else {}
        code = str(error.get("code", "TOOMANYREQUESTS" if error["status"] == 429 else "UNKNOWN"))
        raise RegistryError(error["status"], code, str(error.get("message", "a fault of the sandbox")), headers=after)
