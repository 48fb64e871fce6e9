"""A write on its way through admission."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.api.writer import Writer
from deployctl.sandbox.contracts import Object


@dataclass(frozen=True)
class Request:
    """`obj` belongs to the pipeline and may be changed; `old` may not."""

    kind: Kind
    obj: Object
    old: Object | None
    operation: Literal["CREATE", "UPDATE"]
    writer: Writer
    subresource: str = ""
