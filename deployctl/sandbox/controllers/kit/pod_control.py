"""Making pods from templates, and choosing which ones go first."""

from __future__ import annotations

from datetime import UTC, datetime

from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.errors import is_namespace_terminating
from deployctl.sandbox.controllers.kit.events import Recorder
from deployctl.sandbox.controllers.kit.meta import (
    annotations_of,
    controller_reference,
    created_at,
    name_of,
    namespace_of,
    parse_time,
)
from deployctl.sandbox.controllers.kit.pods import is_ready, node_of, phase_of, ready_since, restarts_of
from deployctl.sandbox.controllers.kit.world import World

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"


def pod_from_template(owner: Object, template: Object | None = None) -> Object:
    """A pod of the owner's template, named `<owner>-xxxxx` by the API server."""
    template = template or owner["spec"]["template"]
    metadata = template.get("metadata") or {}
    pod_metadata: Object = {
        "generateName": f"{name_of(owner)}-",
        "namespace": namespace_of(owner),
        "ownerReferences": [controller_reference(owner)],
    }
    for field in ("labels", "annotations", "finalizers"):
        if metadata.get(field):
            pod_metadata[field] = metadata[field]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": pod_metadata, "spec": template["spec"]}


def create_pod(world: World, events: Recorder, owner: Object, pod: Object, manager: str) -> ApiError | None:
    """Create it and say so on the owner; the refusal, if there was one."""
    try:
        created = world.create("pods", pod, manager)
    except ApiError as error:
        if not is_namespace_terminating(error):
            events.warning(owner, "FailedCreate", f"Error creating: {error}")
        return error
    events.normal(owner, "SuccessfulCreate", f"Created pod: {name_of(created)}")
    return None


def removal_order(pod: Object, crowd: int) -> tuple[object, ...]:
    """Sorts pods that are cheapest to lose first: unassigned, pending, not ready, low cost, crowded, young."""
    cost = annotations_of(pod).get(DELETION_COST, "0")
    since = ready_since(pod) or datetime.min.replace(tzinfo=UTC)
    return (
        bool(node_of(pod)),
        {"Pending": 0, "Unknown": 1}.get(phase_of(pod), 2),
        is_ready(pod),
        int(cost) if cost.lstrip("-").isdigit() else 0,
        -crowd,
        -since.timestamp() if is_ready(pod) else 0.0,
        -restarts_of(pod),
        _age(pod),
        name_of(pod),
    )


def _age(pod: Object) -> float:
    created = parse_time(created_at(pod))
    return -created.timestamp() if created else 0.0
