"""What a minimal object reads back as."""

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.kinds import Kind


def with_defaults(kind: Kind, obj: Object) -> Object:  # noqa: ARG001
    return obj
