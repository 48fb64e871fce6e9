"""The pod template that ran before the present one: what a rollback would bring back."""

from __future__ import annotations

from deployctl.model.json import EMPTY, Json
from deployctl.model.release import Release
from deployctl.model.rollout import World
from deployctl.model.rules.family import current_revision
from deployctl.model.workload import RESTARTED_AT, Workload, pod_template, without_hash


def former_template(world: World, workload: Workload, history: tuple[Release, ...]) -> Json:
    """Of the newest ReplicaSet before the current one; for other kinds, of the newest successful release that recorded
    another template. Empty when nothing is known."""
    own = tuple(r for r in world.revisions if r.owner == workload.uid)
    current = current_revision(workload, own)
    before = [r for r in own if r is not current and not _same(r.template, workload.template)]
    if before:
        return without_hash(max(before, key=lambda r: r.number).template)
    for release in history:
        for one in release.manifests if release.succeeded else ():
            if (one.ref.kind, one.ref.name) == (workload.ref.kind, workload.ref.name):
                template = pod_template(one.body)
                if _images(template) != _images(workload.template):
                    return template
    return EMPTY


def _same(one: Json, other: Json) -> bool:
    """Equal but for the stamp of a restart."""
    return _unstamped(without_hash(one)) == _unstamped(without_hash(other))


def _unstamped(template: Json) -> Json:
    metadata = template.get("metadata", {})
    kept = {k: v for k, v in (metadata.get("annotations") or {}).items() if k != RESTARTED_AT}
    return {**template, "metadata": {**metadata, "annotations": kept}}


def _images(template: Json) -> list[object]:
    """A recorded manifest lacks the API server's defaults: only its images can be compared."""
    spec = template.get("spec", {})
    return [c.get("image") for field in ("initContainers", "containers") for c in spec.get(field) or ()]
