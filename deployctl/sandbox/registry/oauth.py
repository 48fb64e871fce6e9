"""`/oauth2/exchange` and `/oauth2/token`: from an Entra token, a refresh token or a password to an access token."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web

from deployctl.sandbox.registry.access import ANONYMOUS, Account, Scope, basic, parse_scope
from deployctl.sandbox.registry.errors import RegistryError
from deployctl.sandbox.registry.routing import Call, Route, route

HELP = "authentication required, visit https://aka.ms/acr/authorization for more information."


async def exchange(call: Call) -> web.Response:
    """An Entra access token for a refresh token."""
    form = await call.request.post()
    if form.get("grant_type") not in {"access_token", "access_token_refresh_token"}:
        raise RegistryError(400, "INVALID", f"grant_type {form.get('grant_type')!r} is not supported")
    account = call.registry.from_entra(str(form.get("access_token", "")))
    if account is None:
        raise RegistryError(401, "UNAUTHORIZED", HELP)
    return web.json_response({"refresh_token": call.registry.refresh_token(account)})


async def token_by_form(call: Call) -> web.Response:
    """POST: grant_type refresh_token, or password (containerd and docker; anonymous without a user)."""
    form = await call.request.post()
    grant = form.get("grant_type")
    scopes = _scopes(str(value) for value in form.getall("scope", []))
    if grant == "refresh_token":
        return _answer(call, call.registry.refreshed(str(form.get("refresh_token", ""))), scopes)
    if grant != "password":
        raise RegistryError(400, "INVALID", f"grant_type {grant!r} is not supported")
    user, password = str(form.get("username", "")), str(form.get("password", ""))
    if not user and not password:
        return _anonymous(call, scopes)
    return _answer(call, call.registry.login(user, password), scopes)


async def token_by_query(call: Call) -> web.Response:
    """GET: Basic credentials, or none at all."""
    scopes = _scopes(call.request.query.getall("scope", []))
    credentials = basic(call.request.headers.get("Authorization"))
    if credentials is None:
        return _anonymous(call, scopes)
    return _answer(call, call.registry.login(*credentials), scopes)


def _anonymous(call: Call, scopes: tuple[Scope, ...]) -> web.Response:
    return _answer(call, ANONYMOUS if call.registry.anonymous_pull else None, scopes)


def _answer(call: Call, account: Account | None, scopes: tuple[Scope, ...]) -> web.Response:
    if account is None:
        raise RegistryError(401, "UNAUTHORIZED", HELP)
    token = call.registry.access_token(account, scopes)
    return web.json_response({"access_token": token, "token": token, "expires_in": call.registry.token_seconds})


def _scopes(texts: Iterable[str]) -> tuple[Scope, ...]:
    parsed = (parse_scope(part) for text in texts for part in text.split(" "))
    return tuple(scope for scope in parsed if scope is not None)


ROUTES: tuple[Route, ...] = (
    route("POST", "/oauth2/exchange", exchange, ""),
    route("POST", "/oauth2/token", token_by_form, ""),
    route("GET", "/oauth2/token", token_by_query, ""),
)
