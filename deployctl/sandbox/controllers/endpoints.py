"""Endpoints and EndpointSlices: who answers for a Service, ready or not."""

from __future__ import annotations

from typing import Any, ClassVar

from deployctl.sandbox.contracts import Change, Object
from deployctl.sandbox.controllers.kit.controller import Controller
from deployctl.sandbox.controllers.kit.meta import (
    Key,
    controller_reference,
    is_deleting,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    timestamp,
    uid_of,
)
from deployctl.sandbox.controllers.kit.pods import is_ready, is_terminal, node_of
from deployctl.sandbox.controllers.kit.selectors import matches_map

SLICES = "endpointslices.discovery.k8s.io"
SERVICE_NAME, MANAGED_BY = "kubernetes.io/service-name", "endpointslice.kubernetes.io/managed-by"
SLICE_CONTROLLER = "endpointslice-controller.k8s.io"
LAST_CHANGE = "endpoints.kubernetes.io/last-change-trigger-time"


class EndpointsController(Controller):
    """One Endpoints object and one slice a Service, rewritten when a pod that it selects changes."""

    name: ClassVar[str] = "endpoint-controller"

    def watch(self) -> None:
        self._services: dict[str, dict[Key, Object]] = {}
        self._pods: dict[str, dict[Key, Object]] = {}
        self.world.subscribe("services", self._service_changed)
        self.world.subscribe("pods", self._pod_changed)

    def _service_changed(self, change: Change) -> None:
        services = self._services.setdefault(namespace_of(change.object), {})
        if change.type == "DELETED":
            services.pop(key_of(change.object), None)
        else:
            services[key_of(change.object)] = change.object
        self.queue.add(key_of(change.object))

    def _pod_changed(self, change: Change) -> None:
        pod = change.object
        pods = self._pods.setdefault(namespace_of(pod), {})
        before = pods.get(key_of(pod))
        if change.type == "DELETED":
            pods.pop(key_of(pod), None)
        else:
            pods[key_of(pod)] = pod
        if change.type != "DELETED" and before is not None and _matters(before) == _matters(pod):
            return
        for key, service in self._services.get(namespace_of(pod), {}).items():
            selector = (service.get("spec") or {}).get("selector")
            old = before is not None and matches_map(selector, labels_of(before))
            if old or matches_map(selector, labels_of(pod)):
                self.queue.add(key)

    def sync(self, key: Key) -> None:
        service = self.world.get("services", *key)
        if service is None:
            self._remove(key)
            return
        selector = (service.get("spec") or {}).get("selector")
        if not selector or service["spec"].get("type") == "ExternalName":
            return
        pods = [p for p in self._pods.get(key[0], {}).values() if matches_map(selector, labels_of(p))]
        pods = [p for p in pods if not is_terminal(p) and (p.get("status") or {}).get("podIP")]
        pods.sort(key=name_of)
        self._write_endpoints(service, pods)
        self._write_slice(service, pods)

    def _remove(self, key: Key) -> None:
        endpoints = self.world.get("endpoints", *key)
        if endpoints is not None:
            self.world.delete("endpoints", endpoints)

    def _write_endpoints(self, service: Object, pods: list[Object]) -> None:
        subsets = _subsets(service, pods)
        labels = {**labels_of(service), "endpoints.kubernetes.io/managed-by": "endpoint-controller"}
        if service["spec"].get("clusterIP") == "None":
            labels["service.kubernetes.io/headless"] = ""
        current = self.world.get("endpoints", *key_of(service))
        if current is not None and (current.get("subsets") or []) == subsets and labels_of(current) == labels:
            return
        body: Object = {
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": {
                **((current or {}).get("metadata") or {"name": name_of(service), "namespace": namespace_of(service)}),
                "labels": labels,
                "annotations": {LAST_CHANGE: timestamp(self.clock.now())},
            },
            **({"subsets": subsets} if subsets else {}),
        }
        if current is None:
            self.world.create("endpoints", body, self.manager)
        else:
            self.world.update("endpoints", body, self.manager)

    def _write_slice(self, service: Object, pods: list[Object]) -> None:
        slices = [s for s in self.world.owned(SLICES, uid_of(service)) if not is_deleting(s)]
        content = {"endpoints": [_endpoint(pod) for pod in pods], "ports": _slice_ports(service, pods)}
        labels = {**labels_of(service), MANAGED_BY: SLICE_CONTROLLER, SERVICE_NAME: name_of(service)}
        if service["spec"].get("clusterIP") == "None":
            labels["service.kubernetes.io/headless"] = ""
        if slices:
            current = slices[0]
            same = all((current.get(k) or []) == v for k, v in content.items()) and labels_of(current) == labels
            if not same:
                annotations = {LAST_CHANGE: timestamp(self.clock.now())}
                metadata = {**current["metadata"], "labels": labels, "annotations": annotations}
                self.world.update(SLICES, {**current, "metadata": metadata, **content}, self.manager)
            return
        body = {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "generateName": f"{name_of(service)}-",
                "namespace": namespace_of(service),
                "labels": labels,
                "annotations": {LAST_CHANGE: timestamp(self.clock.now())},
                "ownerReferences": [controller_reference(service)],
            },
            "addressType": "IPv4",
            **content,
        }
        self.world.create(SLICES, body, self.manager)


def _matters(pod: Object) -> tuple[Any, ...]:
    """What of a pod its Services see."""
    status = pod.get("status") or {}
    return labels_of(pod), status.get("podIP"), is_ready(pod), is_terminal(pod), is_deleting(pod), node_of(pod)


def _serves(service: Object, pod: Object) -> bool:
    return bool(service["spec"].get("publishNotReadyAddresses")) or (is_ready(pod) and not is_deleting(pod))


def _subsets(service: Object, pods: list[Object]) -> list[Object]:
    addresses = [_address(pod) for pod in pods if _serves(service, pod)]
    not_ready = [_address(pod) for pod in pods if not _serves(service, pod) and not is_deleting(pod)]
    if not addresses and not not_ready:
        return []
    ports = [{k: v for k, v in port.items() if k != "appProtocol"} for port in _slice_ports(service, pods)]
    subset: Object = {"ports": ports} if ports else {}
    if addresses:
        subset["addresses"] = addresses
    if not_ready:
        subset["notReadyAddresses"] = not_ready
    return [subset]


def _address(pod: Object) -> Object:
    hostname = {"hostname": pod["spec"]["hostname"]} if pod["spec"].get("hostname") else {}
    return {
        **hostname,
        "ip": pod["status"]["podIP"],
        "nodeName": node_of(pod),
        "targetRef": _target(pod),
    }


def _target(pod: Object) -> Object:
    return {"kind": "Pod", "name": name_of(pod), "namespace": namespace_of(pod), "uid": uid_of(pod)}


def _endpoint(pod: Object) -> Object:
    ready, terminating = is_ready(pod), is_deleting(pod)
    hostname = {"hostname": pod["spec"]["hostname"]} if pod["spec"].get("hostname") else {}
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": ready and not terminating, "serving": ready, "terminating": terminating},
        **hostname,
        "nodeName": node_of(pod),
        "targetRef": _target(pod),
    }


def _slice_ports(service: Object, pods: list[Object]) -> list[Object]:
    """The service's ports with the numbers that pods listen on; a name is looked up in a pod."""
    ports = []
    for port in service["spec"].get("ports") or ():
        number = _number(port, pods)
        if number is not None:
            ports.append({"name": port.get("name") or "", "port": number, "protocol": port.get("protocol", "TCP")})
    return ports


def _number(port: Object, pods: list[Object]) -> int | None:
    target = port.get("targetPort") or port["port"]
    if isinstance(target, int) or str(target).isdigit():
        return int(target)
    for pod in pods:
        for container in pod["spec"].get("containers") or ():
            for declared in container.get("ports") or ():
                if declared.get("name") == target:
                    return int(declared["containerPort"])
    return None
