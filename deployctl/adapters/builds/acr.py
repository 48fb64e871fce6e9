"""Builds in ACR Tasks: pack and upload, schedule, then follow the run to its end."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from deployctl.adapters.background import in_background
from deployctl.adapters.builds import calls
from deployctl.adapters.builds.call import Call
from deployctl.adapters.builds.follow import Follow
from deployctl.adapters.builds.masking import check_arguments
from deployctl.adapters.builds.refusals import Ambiguous
from deployctl.adapters.builds.resource import RegistryResource, find_registry
from deployctl.adapters.builds.state import RunState, parse_run
from deployctl.adapters.builds.upload import Destination, Upload
from deployctl.adapters.context.entries import Selection
from deployctl.adapters.context.gzip_blocks import Sums, gzip_stream
from deployctl.adapters.context.packing import Packing
from deployctl.adapters.context.selection import select
from deployctl.adapters.transport import Transport
from deployctl.model.environment import RegistryConfig
from deployctl.model.errors import Unavailable
from deployctl.model.json import Json, items, text
from deployctl.model.size import spoken_size
from deployctl.ports import BuildEvent, BuildLog, BuildOrder, BuildState, Clock

if TYPE_CHECKING:
    from deployctl.adapters.builds.arm import Arm

PARTING = 15.0
"""Seconds that an interrupted start is waited for, to be cancelled."""
CLOCKS_DIFFER = timedelta(seconds=90)


@dataclass(frozen=True)
class AcrBuilder:
    """Implements `ports.ImageBuilder`. `connect` makes the client for Azure when a build begins."""

    config: RegistryConfig
    connect: Callable[[], Arm]
    transport: Transport
    clock: Clock
    poll: float = 1.0
    """Seconds between two looks at a run."""
    started: set[str] = field(default_factory=set)
    """Runs that this builder has begun: builds may run side by side."""

    def build(self, order: BuildOrder) -> Generator[BuildEvent, None, None]:
        """See the port. `order.timeout` seconds bound the run, from the moment it is scheduled, queueing included."""
        check_arguments(order.source)
        selection = select(order.source.context, order.source.dockerfile, order.source.bumped)
        yield BuildState("packing", f"{len(selection.entries)} entries, {spoken_size(selection.size)}")
        for skipped in selection.skipped:
            yield BuildLog(f"left out of the build context: {skipped.name} is {skipped.why}")
        arm = self.connect()
        try:
            yield from self._build(arm, order, selection)
        finally:
            arm.close()

    def _build(self, arm: Arm, order: BuildOrder, selection: Selection) -> Generator[BuildEvent, None, None]:
        resource = find_registry(arm, self.config)
        upload = Upload(self.transport, lambda: destination(arm, resource))
        packing = Packing(selection, target=order.source.target)
        for sent in upload.send(gzip_stream(packing.pieces(), Sums())):
            yield BuildState("uploading", spoken_size(sent))
        yield BuildState("uploaded", f"{spoken_size(upload.sent)}, context {packing.digest}")
        request = calls.build_request(
            order,
            source=upload.path,
            dockerfile=selection.dockerfile,
            timeout=min(self.config.build_timeout, order.timeout),
            agent_pool=self.config.agent_pool,
            abac=resource.abac,
        )
        run = self._schedule(arm, resource, request)
        follow = Follow(
            arm,
            self.transport,
            self.clock,
            order,
            resource=resource.id,
            run=run,
            context=packing.digest,
            poll=self.poll,
        )
        yield from follow.events()

    def _schedule(self, arm: Arm, resource: RegistryResource, request: Json) -> RunState:
        """Starts the run once. When the answer is lost, it is started again only if no run can be ours already."""
        begun = self.clock.now()
        call = calls.schedule(resource.id, request)
        try:
            run = _started(arm, resource, call)
        except Ambiguous as lost:
            known = [parse_run(body) for body in items(arm.call(calls.list_runs(resource.id)), "value")]
            recent = [run.id for run in known if run.created is None or run.created >= begun - CLOCKS_DIFFER]
            if unknown := [run for run in recent if run not in self.started]:
                raise _may_run(unknown, resource, lost) from lost
            run = _started(arm, resource, call)
        if not run.id:
            raise Unavailable("Azure accepted the build but named no run", where=resource.id, action="build again")
        self.started.add(run.id)
        return run


def _started(arm: Arm, resource: RegistryResource, call: Call) -> RunState:
    """The new run. Ctrl-C in this second must not leave a run that nobody knows of: its id is waited for."""
    answer = in_background(lambda: arm.call(call))
    try:
        return parse_run(answer.result())
    except KeyboardInterrupt:
        with suppress(Exception):
            run = parse_run(answer.result(timeout=PARTING))
            arm.call(calls.cancel(resource.id, run.id))
        raise


def destination(arm: Arm, resource: RegistryResource) -> Destination:
    """A fresh place for a build context. Raises what Arm raises."""
    body = arm.call(calls.upload_url(resource.id))
    url, path = text(body, "uploadUrl"), text(body, "relativePath")
    if not url or not path:
        raise Unavailable("Azure named no place for the build context", where=resource.id, action="try again")
    return Destination(url, path)


def _may_run(runs: list[str], resource: RegistryResource, lost: Ambiguous) -> Unavailable:
    name = resource.id.rpartition("/")[2]
    return Unavailable(
        "Azure's answer to the start of the build was lost, and a run was started at about that time",
        where=resource.id,
        evidence=(lost.problem.what, *lost.problem.evidence, f"runs: {', '.join(runs)}"),
        action=f"see whether it is this build: az acr task logs --registry {name} --run-id {runs[0]}; then build again",
    )
