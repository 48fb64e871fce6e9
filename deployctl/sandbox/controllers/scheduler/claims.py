"""What a pod's volume claims say about where it can go."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import is_deleting, labels_of, name_of, namespace_of
from deployctl.sandbox.controllers.kit.selectors import matches_node_terms
from deployctl.sandbox.controllers.kit.world import World
from deployctl.sandbox.controllers.scheduler.filters import Refusal


def claim_names(pod: Object) -> Iterator[str]:
    for volume in pod["spec"].get("volumes") or ():
        if "persistentVolumeClaim" in volume:
            yield volume["persistentVolumeClaim"]["claimName"]
        elif "ephemeral" in volume:
            yield f"{name_of(pod)}-{volume['name']}"


def waits_for_consumer(world: World, claim: Object) -> bool:
    name = claim["spec"].get("storageClassName")
    storage_class = world.get("storageclasses.storage.k8s.io", None, name) if name else None
    return bool(storage_class and storage_class.get("volumeBindingMode") == "WaitForFirstConsumer")


def missing_claim(world: World, pod: Object) -> str:
    """Why the claims keep the pod from going anywhere; "" when they do not."""
    unbound = False
    for name in claim_names(pod):
        claim = world.get("persistentvolumeclaims", namespace_of(pod), name)
        if claim is None:
            return f'persistentvolumeclaim "{name}" not found'
        if is_deleting(claim):
            return f'persistentvolumeclaim "{name}" is being deleted'
        if (claim.get("status") or {}).get("phase") == "Lost":
            return (
                f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume "{claim["spec"]["volumeName"]}"'
            )
        bound = bool(claim["spec"].get("volumeName"))
        unbound = unbound or not (bound or waits_for_consumer(world, claim))
    return "pod has unbound immediate PersistentVolumeClaims" if unbound else ""


def unfit_for_claims(world: World, pod: Object, node: Object) -> Refusal | None:
    """A bound volume may live on other nodes only."""
    for name in claim_names(pod):
        claim = world.get("persistentvolumeclaims", namespace_of(pod), name)
        volume = world.get("persistentvolumes", None, (claim or {"spec": {}})["spec"].get("volumeName") or "")
        required = ((volume or {"spec": {}})["spec"].get("nodeAffinity") or {}).get("required")
        if required and not matches_node_terms(required["nodeSelectorTerms"], labels_of(node), name_of(node)):
            return Refusal(("node(s) didn't match PersistentVolume's node affinity",))
    return None
