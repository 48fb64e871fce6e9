"""Runs: what a build is doing, as Azure Resource Manager shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from deployctl.sandbox.arm.requests import BuildRequest

Status = Literal["Queued", "Started", "Running", "Succeeded", "Failed", "Canceled", "Error", "Timeout"]
FINAL: tuple[Status, ...] = ("Succeeded", "Failed", "Canceled", "Error", "Timeout")
COMPLETE = {
    "Succeeded": "successful",
    "Failed": "failed",
    "Canceled": "canceled",
    "Error": "internalerror",
    "Timeout": "timedout",
}


@dataclass(frozen=True)
class OutputImage:
    """A pushed image."""

    registry: str
    repository: str
    tag: str
    digest: str

    def document(self) -> dict[str, str]:
        """In a run's outputImages."""
        return {"registry": self.registry, "repository": self.repository, "tag": self.tag, "digest": self.digest}


@dataclass
class Run:
    """One build. `status` goes Queued, Started, Running and then one of FINAL, and nowhere from there."""

    id: str
    request: BuildRequest
    created: datetime
    status: Status = "Queued"
    started: datetime | None = None
    finished: datetime | None = None
    updated: datetime | None = None
    error: str = ""
    outputs: tuple[OutputImage, ...] = ()
    log: bytearray = field(default_factory=bytearray)
    complete: str = ""
    """The log blob's `Complete` metadata, once it is final."""
    log_visible: bool = False

    @property
    def done(self) -> bool:
        """Whether it has ended, one way or another."""
        return self.status in FINAL

    def document(self, registry_id: str) -> dict[str, Any]:
        """The run resource."""
        properties: dict[str, Any] = {
            "runId": self.id,
            "status": self.status,
            "runType": "QuickBuild",
            "createTime": _time(self.created),
            "lastUpdatedTime": _time(self.updated or self.created),
            "platform": {"os": self.request.os, "architecture": self.request.architecture},
            "agentConfiguration": {"cpu": 2},
            "provisioningState": "Succeeded",
            "isArchiveEnabled": False,
        }
        if self.request.agent_pool:
            properties["agentPoolName"] = self.request.agent_pool
        if self.started:
            properties["startTime"] = _time(self.started)
        if self.finished:
            properties["finishTime"] = _time(self.finished)
        if self.error:
            properties["runErrorMessage"] = self.error
        if self.outputs:
            properties["outputImages"] = [image.document() for image in self.outputs]
        kind = "Microsoft.ContainerRegistry/registries/runs"
        return {"id": f"{registry_id}/runs/{self.id}", "name": self.id, "type": kind, "properties": properties}

    def write(self, now: datetime | None, *lines: str) -> None:
        """Lines into the log, with the agent's time in front when one is given; CRLF as ACR's logs have."""
        stamp = f"{now:%Y/%m/%d %H:%M:%S} " if now else ""
        for line in lines:
            self.log.extend(f"{stamp}{line}\r\n".encode())


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
