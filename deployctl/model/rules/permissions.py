"""What an identity must be allowed for a release to get to its end, as RBAC names it."""

from __future__ import annotations

from collections.abc import Mapping

from deployctl.model.manifest import Manifest

Need = tuple[str, str, str, str]
"""verb, group, resource (`pods/log` for a subresource), namespace (empty: cluster-wide)."""

WATCHED: tuple[tuple[str, str], ...] = (
    ("", "pods"),
    ("", "events"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
    ("apps", "daemonsets"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
)
"""What a snapshot lists: (group, resource)."""


PREFETCHING: tuple[tuple[str, str, str], ...] = (("create", "", "pods"), ("delete", "", "pods"))
"""(verb, group, resource): what bringing images to the nodes needs beside; a release goes on without it."""


def permissions_needed(
    manifests: tuple[Manifest, ...], plurals: Mapping[tuple[str, str], str], namespace: str
) -> tuple[Need, ...]:
    """Each verb once, sorted. `plurals` gives (apiVersion, kind) its resource; kinds that are not served are passed
    over. Objects carry the namespace of their kind's real scope."""
    needs: set[Need] = set()
    for manifest in manifests:
        resource = plurals.get((manifest.ref.api_version, manifest.ref.kind))
        if resource:
            needs |= _applying(manifest, resource)
    return tuple(sorted(needs | _watching(namespace) | _keeping(namespace)))


def _applying(manifest: Manifest, resource: str) -> set[Need]:
    """A server-side apply is a PATCH, and of an absent object a create too. A Job may have to be made anew."""
    verbs = ("get", "create", "patch", *(("delete",) if manifest.ref.kind == "Job" else ()))
    return {(verb, manifest.ref.group, resource, manifest.ref.namespace) for verb in verbs}


def _watching(namespace: str) -> set[Need]:
    return {("list", group, resource, namespace) for group, resource in WATCHED} | {("get", "", "pods/log", namespace)}


def _keeping(namespace: str) -> set[Need]:
    """Release records are Secrets, the lock is a Lease."""
    records = {(verb, "", "secrets", namespace) for verb in ("list", "create", "update", "delete")}
    return records | {(verb, "coordination.k8s.io", "leases", namespace) for verb in ("get", "create", "patch")}
