"""The subscription: its registries as resources, and who may do what with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from deployctl.sandbox.arm.errors import ArmError
from deployctl.sandbox.arm.tenant import Principal, Tenant
from deployctl.sandbox.registry.access import bearer
from deployctl.sandbox.registry.registry import Registry

TYPE = "Microsoft.ContainerRegistry/registries"
REGISTRY = f"/subscriptions/{{subscription}}/resource{{g:[gG]}}roups/{{group}}/providers/{TYPE}/{{registry}}"
"""The path of a registry, for aiohttp's router."""
FILTER = re.compile(r"resourceType\s+eq\s+'([^']*)'", re.IGNORECASE)
DATA_PLANE = "https://containerregistry.azure.net"


@dataclass(frozen=True)
class Subscription:
    """One subscription with one resource group, which holds every registry that has an Azure name."""

    id: str
    group: str
    location: str
    tenant: Tenant
    registries: tuple[Registry, ...]
    tasks_allowed: bool = True
    abac: bool = False
    created: str = field(default="2025-01-01T00:00:00.0000000Z")

    def authorize(self, request: web.Request, action: str, role: str = "") -> Principal:
        """Who asks. Raises ArmError 401 or 403."""
        token = bearer(request.headers.get("Authorization"))
        if token is None:
            raise _unauthenticated(
                "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
            )
        found = self.tenant.principal_of(token)
        if found is None:
            raise _unauthenticated("InvalidAuthenticationToken", "The access token is invalid or has expired.")
        principal, audience = found
        if audience.rstrip("/") == DATA_PLANE:
            text = f"The access token has been obtained for wrong audience or resource '{audience}'."
            raise _unauthenticated("InvalidAuthenticationTokenAudience", text)
        if role and role not in principal.roles:
            raise self._forbidden(principal, action)
        return principal

    def _forbidden(self, principal: Principal, action: str) -> ArmError:
        scope = f"/subscriptions/{self.id}/resourceGroups/{self.group}"
        text = (
            f"The client '{principal.client_id}' with object id '{principal.client_id}' does not have authorization to "
            f"perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, "
            "please refresh your credentials."
        )
        return ArmError(403, "AuthorizationFailed", text)

    def check(self, subscription: str, group: str = "") -> None:
        """Raises ArmError 404 unless both are the ones that exist."""
        if subscription.lower() != self.id.lower():
            raise ArmError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")
        if group and group.lower() != self.group.lower():
            raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")

    def registry(self, parts: Mapping[str, str]) -> Registry:
        """By the names in a path, without regard to case. Raises ArmError 404."""
        self.check(parts["subscription"], parts["group"])
        for registry in self.registries:
            if registry.name.lower() == parts["registry"].lower():
                return registry
        text = f"The Resource '{TYPE}/{parts['registry']}' under resource group '{self.group}' was not found."
        raise ArmError(404, "ResourceNotFound", text)

    def resource_id(self, registry: Registry) -> str:
        """The ARM id of a registry."""
        return f"/subscriptions/{self.id}/resourceGroups/{self.group}/providers/{TYPE}/{registry.name}"

    def find(self, resource_id: str) -> Registry | None:
        """By its ARM id."""
        wanted = resource_id.lower().rstrip("/")
        return next((r for r in self.registries if self.resource_id(r).lower() == wanted), None)

    def brief(self, registry: Registry) -> dict[str, Any]:
        """In listings of resources."""
        sku = {"name": "Standard", "tier": "Standard"}
        place = {"location": self.location, "tags": {}}
        return {"id": self.resource_id(registry), "name": registry.name, "type": TYPE, "sku": sku, **place}

    def document(self, registry: Registry) -> dict[str, Any]:
        """The registry resource."""
        mode = "AbacRepositoryPermissions" if self.abac else "LegacyRegistryPermissions"
        properties = {
            "loginServer": registry.host,
            "creationDate": self.created,
            "provisioningState": "Succeeded",
            "adminUserEnabled": any("admin" in account.roles for account in registry.accounts),
            "anonymousPullEnabled": registry.anonymous_pull,
            "roleAssignmentMode": mode,
            "publicNetworkAccess": "Enabled",
        }
        return {**self.brief(registry), "properties": properties}

    def listed(self, filter: str) -> list[dict[str, Any]]:
        """Resources that fit `$filter`. Raises ArmError 400 for a filter that cannot be read."""
        match = FILTER.search(filter)
        if filter and match is None:
            raise ArmError(
                400, "InvalidFilterInQueryString", f"Invalid $filter '{filter}' specified in the query string."
            )
        if match and match[1].lower() != TYPE.lower():
            return []
        return [self.brief(registry) for registry in self.registries]


def _unauthenticated(code: str, message: str) -> ArmError:
    headers = {"WWW-Authenticate": f'Bearer error="invalid_token", error_description="{message}"'}
    return ArmError(401, code, message, headers)
