"""A kubelet's own measurements, `/api/v1/nodes/NAME/proxy/stats/summary`; nothing else of a node can be reached."""

from __future__ import annotations

from collections.abc import Callable

from deployctl.sandbox.api.errors import not_found
from deployctl.sandbox.api.http.call import Reply
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.contracts import Object

NodeStats = Callable[[str], Object]
"""A node's name -> its summary. Raises LookupError for one that is not there or does not answer."""
PATH = "stats/summary"


def answer(kind: Kind, node: str, stats: NodeStats) -> Reply:
    """Raises ApiError 404."""
    try:
        return Reply.of(stats(node))
    except LookupError as error:
        raise not_found(resource_of(kind), node) from error
