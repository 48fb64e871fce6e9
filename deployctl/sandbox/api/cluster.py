"""The cluster's objects behind the API server's rules; usable without HTTP. Implements `contracts.Objects`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

from deployctl.sandbox.api import conversion, deleting, namespace_life, shaping, writing
from deployctl.sandbox.api.addresses import Addresses
from deployctl.sandbox.api.auth.tokens import TokenSigner
from deployctl.sandbox.api.bootstrap import bootstrap
from deployctl.sandbox.api.definitions import RESOURCE as DEFINITIONS
from deployctl.sandbox.api.definitions import definitions
from deployctl.sandbox.api.errors import ApiError, no_such_path
from deployctl.sandbox.api.hooks import Hooks
from deployctl.sandbox.api.kinds import Kinds, storage_of
from deployctl.sandbox.api.later import Later
from deployctl.sandbox.api.rules import Kind, builtin_kinds
from deployctl.sandbox.api.subresources.binding import bind
from deployctl.sandbox.api.writer import Preconditions, Writer
from deployctl.sandbox.contracts import Change, Clock, Object
from deployctl.sandbox.store import Store, Subscription


class Cluster:
    """One cluster. Not thread-safe: one loop, and a call that does not await is atomic."""

    def __init__(
        self, clock: Clock, store: Store | None = None, *, ca_certificate: str = "", token_key: bytes | None = None
    ) -> None:
        """`token_key` signs service account tokens; give the same one to keep them valid across restarts."""
        self.clock = clock
        self.store = store or Store()
        self.kinds = Kinds(builtin_kinds())
        self.hooks = Hooks(self)
        self.later = Later(clock)
        self.tokens = TokenSigner(token_key)
        self.ca_certificate = ca_certificate
        self.addresses = Addresses(services=self.list("services"))
        for crd in self.list(DEFINITIONS):
            self.kinds.define(crd["metadata"]["name"], definitions(crd))
        bootstrap(self)
        namespace_life.resume(self)

    # contracts.Objects

    def get(self, resource: str, namespace: str | None, name: str) -> Object | None:
        return self.live(self.kind(resource), namespace or "", name)

    def list(self, resource: str, namespace: str | None = None) -> list[Object]:
        return [entry.object for entry in self.store.entries(storage_of(self.kind(resource)), namespace)]

    def create(self, resource: str, body: Object, *, manager: str) -> Object:
        return writing.create(self, self.kind(resource), _namespace(body), body, Writer(manager))

    def update(self, resource: str, body: Object, *, manager: str, subresource: str = "") -> Object:
        kind, writer = self.kind(resource), Writer(manager)
        if subresource == "binding":
            metadata = body["metadata"]
            return bind(self, kind, metadata["namespace"], metadata["name"], body["spec"]["nodeName"], writer)
        return writing.update(self, kind, _namespace(body), body, writer, subresource=subresource)

    def delete(
        self,
        resource: str,
        namespace: str | None,
        name: str,
        *,
        uid: str | None = None,
        grace_seconds: int | None = None,
        propagation: Literal["Background", "Foreground", "Orphan"] = "Background",
    ) -> None:
        options = deleting.DeleteOptions(grace_seconds, propagation, Preconditions(uid))
        try:
            deleting.delete(
                self, self.kind(resource), namespace or "", name, options, Writer("kube-controller-manager")
            )
        except ApiError as error:
            if error.code != 404:
                raise

    async def watch(self, resource: str) -> AsyncIterator[Change]:
        storage = storage_of(self.kind(resource))
        subscription: Subscription = self.store.subscribe(storage)
        present = self.store.entries(storage)
        try:
            for entry in present:
                yield Change("ADDED", entry.object)
            async for event in subscription:
                yield Change(event.type, event.after.object)
        finally:
            subscription.close()

    # what the rest of the API server uses

    def kind(self, resource: str) -> Kind:
        """The stored version of a resource in kubectl's spelling. Raises ApiError 404."""
        kind = self.kinds.stored(resource)
        if kind is None:
            raise no_such_path()
        return kind

    def stored_kind(self, kind: Kind) -> Kind:
        """The version that objects of a kind are kept in."""
        return self.kinds.stored(storage_of(kind)) or kind

    @staticmethod
    def suffix() -> str:
        """Five random characters for a generated name."""
        return shaping.random_suffix()

    def live(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """As the version of `kind` shows it."""
        entry = self.store.get(storage_of(kind), namespace if kind.namespaced else "", name)
        return conversion.to_served(kind, entry.object) if entry else None

    def put(self, kind: Kind, obj: Object) -> Object:
        """Store an object of the version of `kind`; it as stored, in that version. Only for the write path."""
        entry = self.store.put(storage_of(kind), conversion.to_stored(kind, self.stored_kind(kind), obj))
        return conversion.to_served(kind, entry.object)

    def purge(self, kind: Kind, obj: Object) -> Object:
        """Take an object out of the store at once; the object as last seen."""
        metadata = obj["metadata"]
        last = conversion.to_stored(kind, self.stored_kind(kind), obj)
        entry = self.store.remove(storage_of(kind), metadata.get("namespace", ""), metadata["name"], last)
        self.hooks.removed(kind, obj)
        return entry.object if entry else obj


def _namespace(body: Object) -> str | None:
    namespace: str | None = (body.get("metadata") or {}).get("namespace")
    return namespace
