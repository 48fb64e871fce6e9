"""Microsoft Entra: discovery documents and tokens for service principals."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from deployctl.sandbox.arm.errors import TokenError
from deployctl.sandbox.faults import FaultBoard
from deployctl.sandbox.registry.jwt import Signer

LIFE = 3599
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class Principal:
    """An application of the tenant."""

    client_id: str
    secret: str = field(repr=False)
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tenant:
    """Issues tokens to its principals. Clients must not ask the public cloud about this authority:
    azure-identity's `disable_instance_discovery=True`.
    """

    id: str
    principals: tuple[Principal, ...]
    signer: Signer
    faults: FaultBoard

    def routes(self) -> list[web.RouteDef]:
        """Relative to the authority's root; any tenant name in the path is looked at by `token` only."""
        return [
            web.get("/{tenant}/v2.0/.well-known/openid-configuration", self.configuration),
            web.get("/{tenant}/.well-known/openid-configuration", self.configuration),
            web.get("/common/discovery/instance", self.instance),
            web.post("/{tenant}/oauth2/v2.0/token", self.token),
            web.post("/{tenant}/oauth2/token", self.token),
            web.get("/metadata/identity/oauth2/token", self.managed_identity),
        ]

    async def configuration(self, request: web.Request) -> web.Response:
        """Where the endpoints are."""
        base = f"https://{request.host}/{request.match_info['tenant']}"
        return web.json_response(
            {
                "issuer": f"{base}/v2.0",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            }
        )

    async def instance(self, request: web.Request) -> web.Response:
        """This authority knows only itself."""
        asked = request.query.get("authorization_endpoint", "")
        tenant = asked.split("/")[3] if asked.count("/") >= 3 else "common"
        endpoint = f"https://{request.host}/{tenant}/v2.0/.well-known/openid-configuration"
        aliases = {"preferred_network": request.host, "preferred_cache": request.host, "aliases": [request.host]}
        return web.json_response({"tenant_discovery_endpoint": endpoint, "api-version": "1.1", "metadata": [aliases]})

    async def token(self, request: web.Request) -> web.Response:
        """client_credentials by secret or by assertion."""
        form = {key: str(value) for key, value in (await request.post()).items()}
        try:
            principal = self._authenticated(request.match_info["tenant"], form)
        except TokenError as error:
            return error.response()
        audience = form.get("resource") or form.get("scope", "").split(" ")[0].removesuffix("/.default")
        return web.json_response(
            {
                "token_type": "Bearer",
                "expires_in": LIFE,
                "ext_expires_in": LIFE,
                "access_token": self.issue(principal, audience),
            }
        )

    def issue(self, principal: Principal, audience: str) -> str:
        """A token for that audience, good for an hour of the wall's clock."""
        now = int(time.time())
        claims: dict[str, Any] = {"aud": audience, "appid": principal.client_id, "oid": principal.client_id}
        return self.signer.sign({**claims, "tid": self.id, "iat": now, "nbf": now, "exp": now + LIFE})

    def principal_of(self, token: str) -> tuple[Principal, str] | None:
        """Who holds the token and for which audience it is; None when it is none of ours or has expired."""
        claims = self.signer.claims_of(token, time.time())
        found = self._find(str(claims.get("appid"))) if claims else None
        return (found, str(claims.get("aud", ""))) if claims and found else None

    async def managed_identity(self, _: web.Request) -> web.Response:
        """This machine has none."""
        body = {"error": "invalid_request", "error_description": "Identity not found"}
        return web.json_response(body, status=400)

    def _find(self, client_id: str) -> Principal | None:
        return next((p for p in self.principals if p.client_id == client_id), None)

    def _authenticated(self, tenant: str, form: Mapping[str, str]) -> Principal:
        client = form.get("client_id", "")
        fault = self.faults.take("aad-error", client_id=client)
        if fault is not None:
            error, text = str(fault.get("error", "temporarily_unavailable")), str(fault.get("description", "a fault"))
            raise TokenError(int(fault.get("status", 503)), error, 90033, text)
        if tenant != self.id:
            raise TokenError(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if form.get("grant_type") != "client_credentials":
            text = f"The app requested an unsupported grant type '{form.get('grant_type')}'."
            raise TokenError(400, "unsupported_grant_type", 70003, text)
        principal = self._find(client)
        if principal is None:
            text = f"Application with identifier '{client}' was not found in the directory '{tenant}'."
            raise TokenError(400, "unauthorized_client", 700016, text)
        _check_proof(principal, form)
        return principal


def _check_proof(principal: Principal, form: Mapping[str, str]) -> None:
    """Raises TokenError unless the form proves to be this principal."""
    if "client_assertion" in form:
        _check_assertion(form)
    elif not hmac.compare_digest(form.get("client_secret", "").encode(), principal.secret.encode()):
        text = f"Invalid client secret provided for app '{principal.client_id}'."
        raise TokenError(401, "invalid_client", 7000215, text)


def _check_assertion(form: Mapping[str, str]) -> None:
    """A well-formed JWT that has not expired. Whose key signed it is not looked at: the sandbox trusts its user."""
    try:
        payload = form["client_assertion"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError) as error:
        raise TokenError(400, "invalid_request", 50027, "JWT token is invalid or malformed.") from error
    if form.get("client_assertion_type") != ASSERTION:
        raise TokenError(400, "invalid_request", 900144, "The request body must contain 'client_assertion_type'.")
    if float(claims.get("exp", 0)) < time.time():
        raise TokenError(401, "invalid_client", 700024, "Client assertion is not within its valid time range.")
