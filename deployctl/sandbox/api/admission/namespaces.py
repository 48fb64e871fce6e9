"""NamespaceLifecycle: nothing is created in a namespace that is missing or going."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.api.admission.request import Request
from deployctl.sandbox.api.errors import ApiError, Resource, Subject, not_found
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.schema.validation.cause import Cause

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster


def admit(cluster: Cluster, request: Request) -> None:
    if request.operation != "CREATE" or not request.kind.namespaced:
        return
    name = request.obj["metadata"]["namespace"]
    entry = cluster.store.get("namespaces", "", name)
    if entry is None:
        raise not_found(Resource("", "namespaces"), name)
    if entry.object["metadata"].get("deletionTimestamp"):
        raise _terminating(request, name)


def _terminating(request: Request, namespace: str) -> ApiError:
    name, resource = request.obj["metadata"]["name"], resource_of(request.kind)
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    cause = Cause("NamespaceTerminating", f"namespace {namespace} is being terminated", "metadata.namespace")
    subject = Subject(resource.group, resource.plural, name)
    return ApiError(403, "Forbidden", f'{resource} "{name}" is forbidden: {why}', subject=subject, causes=[cause])
