"""ControllerRevisions: the numbered templates of StatefulSets and DaemonSets."""

from __future__ import annotations

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.deployment.revisions import template_hash
from deployctl.sandbox.controllers.kit.meta import (
    controller_reference,
    created_at,
    labels_of,
    name_of,
    namespace_of,
    uid_of,
)
from deployctl.sandbox.controllers.kit.world import World

REVISIONS = "controllerrevisions.apps"
HASH = "controller.kubernetes.io/hash"
REVISION_LABEL = "controller-revision-hash"


class History:
    """The revisions that one object owns."""

    def __init__(self, world: World, owner: Object, manager: str, hash_label: str = HASH) -> None:
        self._world, self._owner, self._manager, self._label = world, owner, manager, hash_label

    def all(self) -> list[Object]:
        """Oldest first."""
        revisions = self._world.owned(REVISIONS, uid_of(self._owner))
        return sorted(revisions, key=lambda r: (r["revision"], created_at(r), name_of(r)))

    def current_template(self) -> Object:
        """The revision of the template as it is: found (and made the newest again) or created."""
        revisions, data = self.all(), {"spec": {"template": {**self._owner["spec"]["template"], "$patch": "replace"}}}
        newest = revisions[-1]["revision"] if revisions else 0
        same = [r for r in revisions if _template(r) == _template({"data": data})]
        if not same:
            return self._world.create(REVISIONS, self._body(data, newest + 1), self._manager)
        found = same[-1]
        if found["revision"] == newest:
            return found
        return self._world.update(REVISIONS, {**found, "revision": newest + 1}, self._manager)

    def named(self, name: str) -> Object | None:
        return next((r for r in self.all() if name_of(r) == name), None)

    def trim(self, live: set[str], limit: int) -> None:
        """Delete the oldest beyond `limit` that nothing live refers to."""
        unused = [r for r in self.all() if name_of(r) not in live]
        for revision in unused[: max(0, len(unused) - limit)]:
            self._world.delete(REVISIONS, revision)

    def _body(self, data: Object, number: int) -> Object:
        hash_ = template_hash(data, (self._owner.get("status") or {}).get("collisionCount") or None)
        labels = (self._owner["spec"]["template"].get("metadata") or {}).get("labels") or {}
        return {
            "apiVersion": "apps/v1",
            "kind": "ControllerRevision",
            "metadata": {
                "name": f"{name_of(self._owner)}-{hash_}",
                "namespace": namespace_of(self._owner),
                "labels": {**labels, self._label: hash_},
                "ownerReferences": [controller_reference(self._owner)],
            },
            "data": data,
            "revision": number,
        }


def _template(revision: Object) -> Object:
    """Without what a server may add or drop."""
    template = {k: v for k, v in revision["data"]["spec"]["template"].items() if k != "$patch"}
    metadata = {k: v for k, v in (template.get("metadata") or {}).items() if k != "creationTimestamp"}
    return {**template, "metadata": metadata}


def template_of(revision: Object) -> Object:
    return _template(revision)


def revision_label(pod: Object) -> str:
    return labels_of(pod).get(REVISION_LABEL, "")
