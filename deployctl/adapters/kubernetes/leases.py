"""The environment's lock: a Lease that is never deleted, only held or free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from deployctl.adapters.kubernetes import paths
from deployctl.adapters.kubernetes.connection import Answer, Connection, Request
from deployctl.adapters.kubernetes.failures import forbidden, server_error
from deployctl.adapters.kubernetes.names import LABEL, lease_name
from deployctl.adapters.retries import CONFLICT, Transient, retrying
from deployctl.model.errors import Unavailable
from deployctl.model.json import EMPTY, Json, dig, number, text
from deployctl.model.pod import timestamp
from deployctl.ports import FIELD_MANAGER, Clock, LeaseState

SECONDS = 30
"""How long a lease outlives its last renewal: a few renewals may fail before it is lost."""
PHASE = f"{LABEL}/phase"
MOVED = 409


@dataclass(frozen=True)
class _Seen:
    """The Lease as it is, and the server's time. All times in it are the server's, so that skewed laptops agree."""

    body: Json
    now: datetime

    @property
    def exists(self) -> bool:
        return bool(self.body)

    @property
    def holder(self) -> str:
        return text(self.body, "spec", "holderIdentity")

    def state(self) -> LeaseState | None:
        """Who holds it now; None when it is free or has run out."""
        renewed = timestamp(dig(self.body, "spec", "renewTime"))
        if not self.holder or renewed is None:
            return None
        seconds = number(self.body, "spec", "leaseDurationSeconds") or SECONDS
        if self.now >= renewed + timedelta(seconds=seconds):
            return None
        acquired = timestamp(dig(self.body, "spec", "acquireTime")) or renewed
        return LeaseState(self.holder, text(self.body, "metadata", "annotations", PHASE), acquired, renewed, seconds)


class KubernetesLeases:
    """The `Leases` port. Every write is bound to the resourceVersion that was read, so that one of two writers wins."""

    def __init__(self, connection: Connection, clock: Clock, environment: str) -> None:
        self._connection = connection
        self._clock = clock
        self._name = lease_name(environment)

    def acquire(self, holder: str, phase: str) -> LeaseState | None:
        def attempt() -> LeaseState | None:
            seen = self._read()
            held = seen.state()
            if held is not None and held.holder != holder:
                return held
            self._write(seen, self._taken(seen, holder, phase))
            return None

        return retrying(CONFLICT, self._clock, attempt)

    def renew(self, holder: str, phase: str) -> bool:
        return self._change(holder, lambda seen: _body({"renewTime": _micro(seen.now)}, phase))

    def holder(self) -> LeaseState | None:
        return self._read().state()

    def as_owner(self) -> Json:
        body = self._read().body
        if not body:
            return EMPTY
        owned = {"apiVersion": paths.LEASES.api_version, "kind": paths.LEASES.kind, "name": self._name}
        return {**owned, "uid": text(body, "metadata", "uid")}

    def release(self, holder: str) -> None:
        self._change(holder, lambda _: _body({"holderIdentity": None, "renewTime": None}, ""))

    def _change(self, holder: str, body: Callable[[_Seen], dict[str, Any]]) -> bool:
        """Write to the lease that `holder` holds; False, and nothing is written, when somebody else does."""

        def attempt() -> bool:
            seen = self._read()
            if seen.holder == holder:
                self._write(seen, body(seen))
            return seen.holder == holder

        return retrying(CONFLICT, self._clock, attempt)

    def _taken(self, seen: _Seen, holder: str, phase: str) -> dict[str, Any]:
        again = seen.holder == holder
        acquired = text(seen.body, "spec", "acquireTime") if again else ""
        spec = {
            "holderIdentity": holder,
            "leaseDurationSeconds": SECONDS,
            "acquireTime": acquired or _micro(seen.now),
            "renewTime": _micro(seen.now),
            "leaseTransitions": number(seen.body, "spec", "leaseTransitions") + (0 if again else 1),
        }
        return _body(spec, phase)

    def _read(self) -> _Seen:
        answer = self._connection.send(Request("GET", self._path))
        now = answer.date or self._clock.now()
        return _Seen(EMPTY if answer.status == 404 else self._checked("get", answer).json(), now)

    def _write(self, seen: _Seen, body: dict[str, Any]) -> None:
        """Raises Transient when somebody else wrote first: read again, decide again."""
        if seen.exists:
            body["metadata"]["resourceVersion"] = text(seen.body, "metadata", "resourceVersion")
            content = "application/merge-patch+json"
            request = Request("PATCH", self._path, _MANAGER, body, content, repeatable=True)
        else:
            body["metadata"] |= {"name": self._name, "labels": {"app.kubernetes.io/managed-by": "deployctl"}}
            path = paths.collection(paths.LEASES, self._connection.settings.namespace)
            request = Request("POST", path, _MANAGER, _named(body), repeatable=True)
        answer = self._connection.send(request)
        if answer.status == MOVED:
            raise Transient(self._failure("write", answer))
        self._checked("write", answer)

    def _checked(self, verb: str, answer: Answer) -> Answer:
        if not answer.ok:
            raise self._failure(verb, answer)
        return answer

    def _failure(self, verb: str, answer: Answer) -> Unavailable:
        context = self._connection.context
        if answer.status == 403:
            return forbidden(context, verb, f"lease/{self._name}", answer.json())
        return server_error(context, verb, self._path, answer.status, answer.json())

    @property
    def _path(self) -> str:
        return paths.item(paths.LEASES, self._connection.settings.namespace, self._name)


_MANAGER = (("fieldManager", FIELD_MANAGER),)


def _body(spec: dict[str, Any], phase: str) -> dict[str, Any]:
    return {"metadata": {"annotations": {PHASE: phase}}, "spec": spec}


def _named(body: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": paths.LEASES.api_version, "kind": paths.LEASES.kind, **body}


def _micro(at: datetime) -> str:
    """A MicroTime as the API writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
