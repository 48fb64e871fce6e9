"""Copying images between Azure registries by importImage: nothing travels through this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployctl.adapters.builds import calls
from deployctl.adapters.builds.refusals import ArmRefused
from deployctl.adapters.builds.resource import find_registry
from deployctl.adapters.retries import retry_after
from deployctl.model.environment import RegistryConfig
from deployctl.model.errors import Refused, Unavailable
from deployctl.model.image import Image
from deployctl.ports import Clock

if TYPE_CHECKING:
    from deployctl.adapters.builds.arm import Arm

PATIENCE = 900.0
"""Seconds that an import may take."""


@dataclass(frozen=True)
class AcrCopier:
    """Implements `ports.ImageCopier`. `sources` are the registries that images may come from, by login server."""

    config: RegistryConfig
    sources: Mapping[str, RegistryConfig]
    connect: Callable[[], Arm]
    clock: Clock
    poll: float = 1.0

    def copy(self, source: Image, target: Image) -> None:
        """See the port."""
        known = self.sources.get(source.host)
        if known is None or known.kind != "acr":
            raise Refused(
                "Azure imports from Azure registries of this configuration",
                where=str(source),
                action='copy it by other means, or describe its registry with kind = "acr"',
            )
        arm = self.connect()
        try:
            self._copy(arm, find_registry(arm, known).id, source, target)
        finally:
            arm.close()

    def _copy(self, arm: Arm, origin: str, source: Image, target: Image) -> None:
        resource = find_registry(arm, self.config)
        body = calls.import_request(origin, source, target)
        try:
            reply = arm.send(calls.import_image(resource.id, body))
        except ArmRefused as refused:
            if refused.status == 409:
                raise Refused(f"{target.name}:{target.tag} exists already", where=resource.id) from refused
            raise
        end = self.clock.monotonic() + PATIENCE
        place = reply.header("location")
        while reply.status == 202 and place:
            if self.clock.monotonic() > end:
                raise Unavailable(
                    f"the import was not done after {PATIENCE:g} s; it may go on in Azure",
                    where=resource.id,
                    action="the same command again says how it ended",
                )
            self.clock.sleep(retry_after(reply.header("retry-after"), self.clock.now()) or self.poll)
            reply = arm.send(calls.at_location(place))
            place = reply.header("location") or place
