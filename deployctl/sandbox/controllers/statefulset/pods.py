"""Pods and claims of a StatefulSet. Pure."""

from __future__ import annotations

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.history import REVISION_LABEL, template_of
from deployctl.sandbox.controllers.kit.meta import controller_reference, labels_of, name_of, namespace_of

INDEX, POD_NAME = "apps.kubernetes.io/pod-index", "statefulset.kubernetes.io/pod-name"


def first_ordinal(set_: Object) -> int:
    return int((set_["spec"].get("ordinals") or {}).get("start") or 0)


def ordinal_of(pod: Object, set_: Object) -> int:
    """-1 for a name that is none of the set's."""
    text = name_of(pod).removeprefix(f"{name_of(set_)}-")
    return int(text) if text.isdigit() else -1


def new_pod(set_: Object, revision: Object, ordinal: int) -> Object:
    template = template_of(revision)
    metadata, name = template.get("metadata") or {}, f"{name_of(set_)}-{ordinal}"
    labels = {
        **(metadata.get("labels") or {}),
        INDEX: str(ordinal),
        REVISION_LABEL: name_of(revision),
        POD_NAME: name,
    }
    annotations = {"annotations": metadata["annotations"]} if metadata.get("annotations") else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "generateName": f"{name_of(set_)}-",
            "namespace": namespace_of(set_),
            "labels": labels,
            **annotations,
            "ownerReferences": [controller_reference(set_)],
        },
        "spec": {
            **template["spec"],
            "hostname": name,
            "subdomain": set_["spec"].get("serviceName") or "",
            "volumes": _volumes(set_, template, name),
        },
    }


def _volumes(set_: Object, template: Object, pod: str) -> list[Object]:
    """The template's volumes; claims take the place of volumes of the same name."""
    claims = {claim["metadata"]["name"]: f"{claim['metadata']['name']}-{pod}" for claim in _templates(set_)}
    own = [v for v in template["spec"].get("volumes") or () if v["name"] not in claims]
    return [*({"name": n, "persistentVolumeClaim": {"claimName": c}} for n, c in claims.items()), *own]


def claims_of(set_: Object, pod: str) -> list[Object]:
    """The claims that a pod of the set needs, to be created where they are missing."""
    claims = []
    for template in _templates(set_):
        metadata = template["metadata"]
        selected = (set_["spec"].get("selector") or {}).get("matchLabels") or {}
        claims.append(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {
                    "name": f"{metadata['name']}-{pod}",
                    "namespace": namespace_of(set_),
                    "labels": {**labels_of({"metadata": metadata}), **selected},
                    **({"annotations": metadata["annotations"]} if metadata.get("annotations") else {}),
                },
                "spec": template["spec"],
            }
        )
    return claims


def _templates(set_: Object) -> list[Object]:
    return list(set_["spec"].get("volumeClaimTemplates") or ())
