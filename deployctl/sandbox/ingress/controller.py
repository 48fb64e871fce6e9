"""What an ingress controller writes: the address into each Ingress that it serves, and an event."""

from __future__ import annotations

import asyncio
import copy
import logging

from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.contracts import Change, Clock, Object, Objects
from deployctl.sandbox.ingress.rules import served

MANAGER = "nginx-ingress-controller"
log = logging.getLogger("deployctl.sandbox")


async def run_ingress_controller(objects: Objects, clock: Clock, address: str) -> None:
    """Until cancelled. `address` is the load balancer's."""
    async with asyncio.TaskGroup() as group:
        for resource in ("ingresses.networking.k8s.io", "ingressclasses.networking.k8s.io"):
            group.create_task(_watch(objects, clock, address, resource))


async def _watch(objects: Objects, clock: Clock, address: str, resource: str) -> None:
    async for change in objects.watch(resource):
        try:
            _sync(objects, clock, address, change)
        except ApiError as error:
            log.warning("the ingress controller could not write: %s", error)


def _sync(objects: Objects, clock: Clock, address: str, change: Change) -> None:
    classes = objects.list("ingressclasses.networking.k8s.io")
    if change.type == "DELETED":
        return
    for ingress in served(objects.list("ingresses.networking.k8s.io"), classes):
        wanted = {"ingress": [{"ip": address}]}
        if (ingress.get("status") or {}).get("loadBalancer") != wanted:
            fresh = copy.deepcopy(ingress)
            fresh["status"] = {"loadBalancer": wanted}
            objects.update("ingresses.networking.k8s.io", fresh, manager=MANAGER, subresource="status")
            objects.create("events", _event(ingress, clock), manager=MANAGER)


def _event(ingress: Object, clock: Clock) -> Object:
    metadata = ingress["metadata"]
    moment = clock.now()
    now = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    name = f"{metadata['name']}.{int(moment.timestamp() * 1e9):x}"
    return {
        "metadata": {"namespace": metadata["namespace"], "name": name},
        "involvedObject": {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
        },
        "type": "Normal",
        "reason": "Sync",
        "message": "Scheduled for sync",
        "source": {"component": "nginx-ingress-controller"},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
