"""What the platform runs on a node beside the user's pods: a mirror pod that requests and uses what the spec says."""

from __future__ import annotations

import hashlib

from deployctl.sandbox.contracts import ImageConfig, Object
from deployctl.sandbox.controllers.kit.meta import controller_reference
from deployctl.sandbox.nodes.spec import NodeSpec

IMAGE = "registry.k8s.io/sandbox/node-agents:1"
NAMESPACE = "kube-system"


def agents_image(spec: NodeSpec) -> ImageConfig:
    labels = {f"sandbox.{name}": quantity for name, quantity in spec.foreign_usage.items()}
    return ImageConfig(
        repository="registry.k8s.io/sandbox/node-agents",
        digest=f"sha256:{hashlib.sha256(IMAGE.encode()).hexdigest()}",
        size=30_000_000,
        architecture=spec.architecture,
        labels=labels,
        entrypoint=("/agents",),
    )


def agents_pod(spec: NodeSpec, node: Object) -> Object:
    """As a kubelet mirrors a static pod: owned by its node, tolerating everything."""
    name = f"node-agents-{spec.name}"
    reference = {k: v for k, v in controller_reference(node).items() if k != "blockOwnerDeletion"}
    container = {
        "name": "agents",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "resources": {"requests": dict(spec.foreign_usage)},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": {"tier": "node", "component": "node-agents"},
            "annotations": {"kubernetes.io/config.source": "file", "kubernetes.io/config.mirror": name},
            "ownerReferences": [reference],
        },
        "spec": {
            "nodeName": spec.name,
            "hostNetwork": True,
            "priorityClassName": "system-node-critical",
            "priority": 2000001000,
            "automountServiceAccountToken": False,
            "tolerations": [{"operator": "Exists"}],
            "terminationGracePeriodSeconds": 1,
            "containers": [container],
        },
    }
