"""LISTs in pages, as whole objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from deployctl.adapters.kubernetes import paths
from deployctl.adapters.kubernetes.connection import Connection, Request
from deployctl.adapters.kubernetes.failures import forbidden, server_error
from deployctl.model.json import Json, items, text
from deployctl.ports import Kind

PAGE = 500
"""Objects a request, as kubectl asks; namespaces seldom hold more, so that a LIST is one request."""


@dataclass(frozen=True)
class Listing:
    """The objects of one kind, and when the server said so."""

    items: tuple[Json, ...] = field(repr=False)
    date: datetime
    denied: bool = False
    """We may not read them."""


def list_objects(
    connection: Connection,
    kind: Kind,
    namespace: str,
    query: tuple[tuple[str, str], ...] = (),
    *,
    optional: bool = False,
) -> Listing:
    """All objects of a kind in a namespace; apiVersion and kind are put back into each, for lists leave them out.

    Raises Unavailable. `optional`: one that we may not read, or that is not served, is empty.
    """
    found: list[Json] = []
    token = ""
    while True:
        page = (("limit", str(PAGE)), *((("continue", token),) if token else ()), *query)
        path = paths.collection(kind, namespace)
        answer = connection.send(Request("GET", path, page))
        date = answer.date or datetime.now(UTC)
        if optional and answer.status in (403, 404):
            return Listing((), date, denied=answer.status == 403)
        if answer.status == 410 and token:
            found, token = [], ""  # the snapshot that the pages come from has expired: begin again
            continue
        if answer.status == 403:
            raise forbidden(connection.context, "list", f"{kind.plural} in {namespace}", answer.json())
        if not answer.ok:
            raise server_error(connection.context, "GET", path, answer.status, answer.json())
        body = answer.json()
        found += ({**one, "apiVersion": kind.api_version, "kind": kind.kind} for one in items(body, "items"))
        token = text(body, "metadata", "continue")
        if not token:
            return Listing(tuple(found), date)
