"""KIND/NAME of the configuration, in any of the ways that kubectl takes it."""

from __future__ import annotations

import re

from deployctl.model.service import WORKLOAD_KINDS, WorkloadRef

_SHORT = {"deploy": "Deployment", "sts": "StatefulSet", "ds": "DaemonSet", "cj": "CronJob"}
_KINDS = {
    **_SHORT,
    **{kind.lower(): kind for kind in WORKLOAD_KINDS},
    **{f"{kind.lower()}s": kind for kind in WORKLOAD_KINDS},
}
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


def workload(text: str) -> WorkloadRef | None:
    """`deployment/backend` as a reference; None when the kind is no workload's or the name cannot be an object's."""
    kind, slash, name = text.partition("/")
    found = _KINDS.get(kind.lower())
    return WorkloadRef(found, name) if slash and found and _NAME.fullmatch(name) else None
