"""One registry: its host, its content, its users."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from deployctl.sandbox.contracts import Clock
from deployctl.sandbox.faults import FaultBoard
from deployctl.sandbox.registry.access import ANONYMOUS, Account, Scope, bearer
from deployctl.sandbox.registry.access import basic as basic_of
from deployctl.sandbox.registry.jwt import Signer
from deployctl.sandbox.registry.storage import Storage

REFRESH_USER = "00000000-0000-0000-0000-000000000000"
Challenge = Literal["bearer", "basic", "none"]


@dataclass
class Registry:
    """A registry as clients and nodes see it.

    `host` is the login server by which manifests name it; `name` the Azure resource's. `azure` are the identities that
    Microsoft Entra vouches for, by client id.
    """

    host: str
    storage: Storage
    clock: Clock
    faults: FaultBoard
    name: str = ""
    challenge: Challenge = "bearer"
    accounts: tuple[Account, ...] = ()
    azure: Mapping[str, Account] = field(default_factory=dict)
    anonymous_pull: bool = False
    token_seconds: int = 4500
    wall: Callable[[], float] = time.time
    """Tokens live by the wall's clock, as the clients that keep them do; passwords expire by the sandbox's."""
    signer: Signer = field(default_factory=Signer, repr=False)
    entra: Signer = field(default_factory=Signer, repr=False)

    def login(self, username: str, password: str) -> Account | None:
        """The account, or None. ACR's null user logs in with a refresh token."""
        if username == REFRESH_USER:
            return self.refreshed(password)
        account = next((a for a in self.accounts if a.username == username), None)
        if account is None or not account.accepts(password, self.clock.now()):
            return None
        if self.faults.take("credential-expired", host=self.host, username=username) is not None:
            return None
        return account

    def refresh_token(self, account: Account) -> str:
        """A token that stands for the account for three hours."""
        return self.signer.sign(self._claims(account, 10800, grant_type="refresh_token"))

    def refreshed(self, token: str) -> Account | None:
        """The account a refresh token stands for."""
        claims = self.signer.claims_of(token, self.wall())
        return self._account(claims) if claims and claims.get("grant_type") == "refresh_token" else None

    def access_token(self, account: Account, scopes: tuple[Scope, ...]) -> str:
        """A token for as much of the scopes as the account may have."""
        granted = account.granted(scopes)
        access = [{"type": s.type, "name": s.name, "actions": sorted(s.actions)} for s in granted]
        return self.signer.sign(self._claims(account, self.token_seconds, access=access))

    def from_entra(self, token: str) -> Account | None:
        """The account behind an Entra token meant for registries or Azure Resource Manager."""
        claims = self.entra.claims_of(token, self.wall())
        return self.azure.get(str(claims.get("appid"))) if claims else None

    def allows(self, authorization: str | None, scope: Scope | None) -> bool:
        """Whether this Authorization header opens that scope."""
        if self.challenge == "none":
            return True
        credentials = basic_of(authorization)
        if credentials is not None:
            account = self.login(*credentials)
            return account is not None and self._holds(account.granted([scope] if scope else []), scope)
        token = bearer(authorization)
        if token is None:
            anonymous = ANONYMOUS.granted([scope] if scope else [])
            return self.anonymous_pull and self.challenge == "basic" and self._holds(anonymous, scope)
        return self.challenge == "bearer" and self._token_allows(token, scope)

    def _token_allows(self, token: str, scope: Scope | None) -> bool:
        claims = self.signer.claims_of(token, self.wall())
        if claims is None or "access" not in claims:
            return False
        held = tuple(Scope(a["type"], a["name"], frozenset(a["actions"])) for a in claims["access"])
        return self._holds(held, scope)

    @staticmethod
    def _holds(held: tuple[Scope, ...], wanted: Scope | None) -> bool:
        if wanted is None:
            return True
        mine = [s.actions for s in held if (s.type, s.name) == (wanted.type, wanted.name)]
        return any(wanted.actions <= actions or "*" in actions for actions in mine)

    def _account(self, claims: Mapping[str, Any]) -> Account | None:
        known = [*self.accounts, *self.azure.values()]
        return next((a for a in known if a.username == claims.get("sub")), None)

    def _claims(self, account: Account, seconds: int, **more: Any) -> dict[str, Any]:
        now = int(self.wall())
        return {"iss": "sandbox", "aud": self.host, "sub": account.username, "iat": now, "exp": now + seconds, **more}
