"""The seal of a plan: what was shown is what is done, or nothing is."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from deployctl.model.manifest import Manifest
from deployctl.model.request import ReleaseRequest
from deployctl.model.rules.diff import comparable
from deployctl.model.snapshot import Snapshot


def fingerprint(request: ReleaseRequest, snapshot: Snapshot) -> str:
    """SHA-256 over the request, the tree, the registry and the cluster as they were read, in hexadecimal.

    Status, resourceVersions and times are left out: they move without anybody acting. Secrets go in whole, for a
    changed value is a changed world; nothing can be read back out of a digest.
    """
    sealed = {
        "request": repr(request),
        "environment": [snapshot.environment.name, snapshot.environment.namespace, snapshot.server],
        "services": [
            [s.service.name, s.version, str(s.image), s.found.digest if s.found else ""] for s in snapshot.services
        ],
        "edits": [[e.path, e.before, e.after] for e in snapshot.edits],
        "manifests": [m.body for m in snapshot.manifests],
        "live": [_live(snapshot, m) for m in snapshot.manifests],
        "problems": sorted(p.id + p.where for p in snapshot.problems),
    }
    return hashlib.sha256(json.dumps(sealed, sort_keys=True, default=str).encode()).hexdigest()


def _live(snapshot: Snapshot, manifest: Manifest) -> Any:
    live = snapshot.live.get(manifest.ref)
    return comparable(live.body) if live else None
