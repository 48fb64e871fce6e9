"""A run as Azure shows it, parsed at the edge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from deployctl.model.image import Image
from deployctl.model.json import Json, items, mapping, number, text
from deployctl.model.pod import timestamp

FINAL = frozenset({"Succeeded", "Failed", "Canceled", "Error", "Timeout"})


@dataclass(frozen=True)
class RunState:
    """One look at `GET runs/{id}`. `provisioningState` is not in it: it says Succeeded at once."""

    id: str
    status: str
    error: str = ""
    outputs: tuple[Image, ...] = ()
    created: datetime | None = None
    started: datetime | None = None
    agent: str = ""
    """What it runs on, in words: a pool's name, or how large Azure's own agent is; empty while nobody says."""

    @property
    def done(self) -> bool:
        return self.status in FINAL

    def digest_of(self, image: Image) -> str:
        """What the run says it pushed under this tag; empty when it says nothing of it."""
        wanted = (image.repository, image.tag)
        return next((one.digest for one in self.outputs if (one.repository, one.tag) == wanted), "")


def parse_run(body: Json) -> RunState:
    """Never raises: what is missing is empty."""
    properties = mapping(body, "properties")
    outputs = (
        Image(text(one, "registry"), text(one, "repository"), text(one, "tag"), text(one, "digest"))
        for one in items(properties, "outputImages")
    )
    return RunState(
        id=text(properties, "runId") or text(body, "name"),
        status=text(properties, "status"),
        error=text(properties, "runErrorMessage"),
        outputs=tuple(outputs),
        created=timestamp(properties.get("createTime")),
        started=timestamp(properties.get("startTime")),
        agent=_agent(properties),
    )


def _agent(properties: Json) -> str:
    pool, cores = text(properties, "agentPoolName"), number(properties, "agentConfiguration", "cpu")
    if pool:
        return f"agent pool {pool}"
    return f"an agent with {cores} cores" if cores else ""
