"""Binding of PersistentVolumeClaims: to a volume that fits, or to one made for it, at once or for the first pod."""

from __future__ import annotations

from typing import ClassVar

from deployctl.sandbox.contracts import Change, Object
from deployctl.sandbox.controllers.kit.controller import Controller
from deployctl.sandbox.controllers.kit.meta import Key, is_deleting, key_of, labels_of, name_of, namespace_of, uid_of
from deployctl.sandbox.controllers.kit.pods import is_terminal, node_of
from deployctl.sandbox.controllers.kit.quantity import parse_quantity
from deployctl.sandbox.controllers.kit.selectors import matches_labels
from deployctl.sandbox.controllers.scheduler.claims import claim_names, waits_for_consumer

CLAIMS, VOLUMES, CLASSES = "persistentvolumeclaims", "persistentvolumes", "storageclasses.storage.k8s.io"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
PROVISION_SECONDS = 1.0
RESYNC_SECONDS = 15.0


class VolumeController(Controller):
    """Plays the binder and every provisioner that a StorageClass names."""

    name: ClassVar[str] = "persistentvolume-controller"

    def watch(self) -> None:
        self.world.subscribe(CLAIMS, self.enqueue)
        self.world.subscribe(VOLUMES, lambda _: self._retry_pending())
        self.world.subscribe(CLASSES, lambda _: self._retry_pending())
        self.world.subscribe("pods", self._pod_changed)

    def _retry_pending(self) -> None:
        for claim in self.world.all(CLAIMS):
            if not claim["spec"].get("volumeName"):
                self.queue.add(key_of(claim))

    def _pod_changed(self, change: Change) -> None:
        """A pod that got its node is what WaitForFirstConsumer waits for."""
        if change.type != "DELETED" and node_of(change.object) and not is_terminal(change.object):
            for name in claim_names(change.object):
                self.queue.add((namespace_of(change.object), name))

    def sync(self, key: Key) -> None:
        claim = self.world.get(CLAIMS, *key)
        if claim is None or is_deleting(claim):
            return
        phase = (claim.get("status") or {}).get("phase")
        if claim["spec"].get("volumeName"):
            if phase != "Bound":
                self._mark_bound(claim)
            return
        volume = self._fitting(claim)
        if volume is not None:
            self._bind(claim, volume)
        else:
            self._provision(claim)

    def _fitting(self, claim: Object) -> Object | None:
        """The smallest free volume of the same class that is large enough."""
        wanted = parse_quantity(claim["spec"]["resources"]["requests"]["storage"])
        free = []
        for volume in self.world.all(VOLUMES):
            spec = volume["spec"]
            reference = spec.get("claimRef")
            ours = reference and (reference.get("namespace"), reference.get("name")) == key_of(claim)
            same_class = (spec.get("storageClassName") or "") == (claim["spec"].get("storageClassName") or "")
            modes = set(claim["spec"].get("accessModes") or ()) <= set(spec.get("accessModes") or ())
            size = parse_quantity(spec["capacity"]["storage"])
            selector = claim["spec"].get("selector")
            selected = selector is None or matches_labels(selector, labels_of(volume))
            if (ours or not reference) and same_class and modes and selected and size >= wanted:
                free.append((not ours, size, name_of(volume), volume))
        return min(free, key=lambda item: item[:3])[3] if free else None

    def _provision(self, claim: Object) -> None:
        name = claim["spec"].get("storageClassName")
        storage_class = self.world.get(CLASSES, None, name) if name else None
        if not name:
            message = "no persistent volumes available for this claim and no storage class is set"
            self._still_pending(claim, "FailedBinding", message)
        elif storage_class is None:
            message = f'storageclass.storage.k8s.io "{name}" not found'
            self.events.warning(claim, "ProvisioningFailed", message)
            self._still_pending(claim, "", "")
        elif waits_for_consumer(self.world, claim) and not self._has_consumer(claim):
            message = "waiting for first consumer to be created before binding"
            self._still_pending(claim, "WaitForFirstConsumer", message)
        else:
            volume = self.world.create(VOLUMES, provisioned(claim, storage_class), self.manager)
            message = f"Successfully provisioned volume {name_of(volume)}"
            self.events.normal(claim, "ProvisioningSucceeded", message)
            self._bind(claim, volume)

    def _still_pending(self, claim: Object, reason: str, message: str) -> None:
        if reason:
            self.events.normal(claim, reason, message)
        self.queue.add(key_of(claim), RESYNC_SECONDS)
        if (claim.get("status") or {}).get("phase") != "Pending":
            self.world.update_status(CLAIMS, claim, {**(claim.get("status") or {}), "phase": "Pending"}, self.manager)

    def _has_consumer(self, claim: Object) -> bool:
        pods = (p for p in self.world.all("pods", namespace_of(claim)) if node_of(p) and not is_terminal(p))
        return any(name_of(claim) in claim_names(p) for p in pods)

    def _bind(self, claim: Object, volume: Object) -> None:
        reference = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "name": name_of(claim),
            "namespace": namespace_of(claim),
            "uid": uid_of(claim),
            "resourceVersion": claim["metadata"].get("resourceVersion", ""),
        }
        bound = {**volume, "spec": {**volume["spec"], "claimRef": reference}}
        volume = self.world.update(VOLUMES, bound, self.manager)
        self.world.update_status(VOLUMES, volume, {**(volume.get("status") or {}), "phase": "Bound"}, self.manager)
        annotations = {**(claim["metadata"].get("annotations") or {}), "pv.kubernetes.io/bind-completed": "yes"}
        named = {
            **claim,
            "metadata": {**claim["metadata"], "annotations": annotations},
            "spec": {**claim["spec"], "volumeName": name_of(volume)},
        }
        self._mark_bound(self.world.update(CLAIMS, named, self.manager))

    def _mark_bound(self, claim: Object) -> None:
        volume = self.world.get(VOLUMES, None, claim["spec"]["volumeName"])
        if volume is None:
            lost = {**(claim.get("status") or {}), "phase": "Lost"}
            self.world.update_status(CLAIMS, claim, lost, self.manager)
            return
        spec = volume["spec"]
        status = {"phase": "Bound", "accessModes": spec.get("accessModes") or [], "capacity": spec["capacity"]}
        self.world.update_status(CLAIMS, claim, status, self.manager)


def provisioned(claim: Object, storage_class: Object) -> Object:
    spec = claim["spec"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": f"pvc-{uid_of(claim)}",
            "annotations": {"pv.kubernetes.io/provisioned-by": storage_class.get("provisioner", "")},
        },
        "spec": {
            "accessModes": spec.get("accessModes") or ["ReadWriteOnce"],
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy") or "Delete",
            "storageClassName": name_of(storage_class),
            "volumeMode": spec.get("volumeMode") or "Filesystem",
            "hostPath": {"path": f"/var/lib/sandbox/{uid_of(claim)}"},
        },
    }
