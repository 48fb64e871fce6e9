"""The short pod that makes a node pull images: it cannot start, so nothing in the images ever runs."""

from __future__ import annotations

import hashlib

from deployctl.model.json import Json, items, text
from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.plan import Pull
from deployctl.model.pod import Pod

LABEL = "deployctl.dev/prefetch"
"""On each such pod; its value is the run that made it."""
COMMAND = "/deployctl-only-pulls-this-image"
"""No image has it: the container ends in StartError, and its status names the image that was pulled, with its digest
(seen on Kubernetes 1.37 with containerd)."""
OVERTIME = 30
"""Seconds beyond the deadline after which the kubelet stops the pod by itself, should we have died."""
LIKE_THE_WORKLOAD = (
    "imagePullSecrets",
    "os",
    "runtimeClassName",
    "securityContext",
    "serviceAccountName",
    "tolerations",
)
"""Fields of the pod that decide whether it is admitted, whether it stays on its node, and how it pulls."""
MESH_LABELS: Json = {"sidecar.istio.io/inject": "false"}
MESH_ANNOTATIONS: Json = {"linkerd.io/inject": "disabled"}
"""A mesh's sidecar would be one more image, and would keep the pod alive."""


def prefetch_pod(
    pull: Pull, spec: Json, resources: Json, *, namespace: str, run: str, deadline: float, owner: Json
) -> Manifest:
    """`spec` is that of the workload's pods. Security contexts, tolerations and the way to the pull secrets are taken
    over, so that what admits the workload admits this pod; its labels are not, so that no Service sends it requests
    and no controller adopts it."""
    name = f"deployctl-prefetch-{_hash(run, str(pull.workload), pull.node)}"
    labels = {"app.kubernetes.io/managed-by": "deployctl", LABEL: _hash(run), **MESH_LABELS}
    metadata: dict[str, object] = {
        "name": name,
        "namespace": namespace,
        "labels": labels,
        "annotations": MESH_ANNOTATIONS,
    }
    if owner:
        metadata["ownerReferences"] = [owner]
    pod = {
        **{field: spec[field] for field in LIKE_THE_WORKLOAD if field in spec},
        "nodeName": pull.node,
        "restartPolicy": "Never",
        "activeDeadlineSeconds": int(deadline) + OVERTIME,
        "terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "containers": [_container(image, spec, resources) for image in pull.images],
    }
    ref = ObjectRef("v1", "Pod", namespace, name)
    return Manifest(ref, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod})


def _container(image: str, spec: Json, resources: Json) -> Json:
    """Under the name of the workload's container, which findings then name."""
    like = next(c for c in (*items(spec, "containers"), *items(spec, "initContainers")) if text(c, "image") == image)
    kept = {field: like[field] for field in ("imagePullPolicy", "securityContext") if field in like}
    return {"name": text(like, "name"), "image": image, "command": [COMMAND], "resources": resources, **kept}


def is_prefetch_pod(pod: Pod) -> bool:
    """Whether a release made it to pull images, this one or an earlier one."""
    return LABEL in pod.labels


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:10]
