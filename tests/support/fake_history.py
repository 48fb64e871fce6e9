"""Release records in memory."""

from __future__ import annotations

from deployctl.adapters.kubernetes.history import dropped
from deployctl.model.manifest import ObjectRef
from deployctl.model.record import from_json, same_run, to_json
from deployctl.model.release import Release
from deployctl.ports import ClusterRejected


class FakeHistory:
    """Keeps what a real record would: what went through its JSON. `saved` lists every write."""

    def __init__(self, *releases: Release) -> None:
        self._records = {release.number: release for release in releases}
        self.saved: list[Release] = []

    def read(self) -> tuple[Release, ...]:
        return tuple(self._records[number] for number in sorted(self._records, reverse=True))

    def save(self, release: Release, *, keep: int) -> None:
        existing = self._records.get(release.number)
        if existing is not None and not same_run(existing, release):
            ref = ObjectRef("v1", "Secret", "", f"deployctl-release-{release.number:05d}")
            raise ClusterRejected("recorded by another run", ref=ref, status=409, reason="AlreadyExists")
        self.saved.append(release)
        self._records[release.number] = from_json(to_json(release))
        for number in dropped(self.read(), keep):
            del self._records[number]
