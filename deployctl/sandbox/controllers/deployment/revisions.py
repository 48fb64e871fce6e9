"""Revisions of a Deployment: the hash of a template, the annotations that number and describe a ReplicaSet. Pure."""

from __future__ import annotations

import hashlib
import json

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.deployment.family import (
    DESIRED_REPLICAS,
    HASH_LABEL,
    MAX_REPLICAS,
    REVISION,
    REVISION_HISTORY,
    max_surge,
    revision_of,
    wanted,
)
from deployctl.sandbox.controllers.kit.meta import annotations_of, controller_reference, name_of, namespace_of

NOT_COPIED = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        REVISION,
        REVISION_HISTORY,
        DESIRED_REPLICAS,
        MAX_REPLICAS,
        "deprecated.deployment.rollback.to",
    }
)
HISTORY_LENGTH = 2000
_SAFE = "456789bcdf"
"""What the ten digits become in the alphabet of generated names, which has no vowels so that no words come out."""


def template_hash(template: Object, collisions: int | None) -> str:
    """A stable name for a template, up to ten characters; `collisions` salts it after a clash."""
    text = json.dumps(template, sort_keys=True, default=str) + (f"/{collisions}" if collisions is not None else "")
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])
    return "".join(_SAFE[int(digit)] for digit in str(number))


def new_replica_set(deployment: Object, revision: int, replicas: int) -> Object:
    """The ReplicaSet of the deployment's template, annotated, ready to be created."""
    spec = deployment["spec"]
    template = spec["template"]
    hash_ = template_hash(template, (deployment.get("status") or {}).get("collisionCount"))
    labels = {**((template.get("metadata") or {}).get("labels") or {}), HASH_LABEL: hash_}
    metadata = {k: v for k, v in (template.get("metadata") or {}).items() if k != "creationTimestamp"}
    selector = spec["selector"]
    created: Object = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{name_of(deployment)[: 252 - len(hash_)]}-{hash_}",
            "namespace": namespace_of(deployment),
            "labels": labels,
            "ownerReferences": [controller_reference(deployment)],
        },
        "spec": {
            "replicas": replicas,
            "selector": {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), HASH_LABEL: hash_}},
            "template": {**template, "metadata": {**metadata, "labels": labels}},
        },
    }
    if spec.get("minReadySeconds"):
        created["spec"]["minReadySeconds"] = spec["minReadySeconds"]
    numbered = revised_annotations(deployment, created, revision)
    created["metadata"]["annotations"] = {**numbered, **replica_annotations(deployment)}
    return created


def replica_annotations(deployment: Object) -> dict[str, str]:
    """What proportional scaling needs to know of the time before it."""
    replicas = wanted(deployment)
    return {DESIRED_REPLICAS: str(replicas), MAX_REPLICAS: str(replicas + max_surge(deployment))}


def revised_annotations(deployment: Object, replica_set: Object, revision: int) -> dict[str, str]:
    """The set's annotations after taking over the deployment's and, when it is higher, `revision`.

    Coming back to an old set (a rollback) keeps the number it had in the history annotation.
    """
    copied = {k: v for k, v in annotations_of(deployment).items() if k not in NOT_COPIED}
    annotations = {**annotations_of(replica_set), **copied}
    before = annotations.get(REVISION)
    if revision_of(replica_set) >= revision:
        return annotations
    annotations[REVISION] = str(revision)
    if before is not None:
        annotations[REVISION_HISTORY] = _appended(annotations.get(REVISION_HISTORY, ""), before)
    return annotations


def _appended(history: str, revision: str) -> str:
    entries = [*(history.split(",") if history else []), revision]
    while len(",".join(entries)) > HISTORY_LENGTH:
        entries.pop(0)
    return ",".join(entries)
