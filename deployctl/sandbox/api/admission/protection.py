"""StorageObjectInUseProtection: claims and volumes get the finalizer that keeps them while they are used."""

from __future__ import annotations

from deployctl.sandbox.api.admission.request import Request
from deployctl.sandbox.api.protection import FINALIZERS


def admit(request: Request) -> None:
    finalizer = FINALIZERS.get(request.kind.resource)
    if finalizer and request.operation == "CREATE":
        finalizers = request.obj["metadata"].get("finalizers") or []
        request.obj["metadata"]["finalizers"] = list(dict.fromkeys([*finalizers, finalizer]))
