"""A container's state as the API shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import timestamp
from deployctl.sandbox.nodes.logs import LogBuffer
from deployctl.sandbox.nodes.programs.process import Process


@dataclass(frozen=True)
class Waiting:
    reason: str
    message: str = ""

    def to_api(self) -> Object:
        return {"waiting": {"reason": self.reason, **({"message": self.message} if self.message else {})}}


@dataclass(frozen=True)
class Running:
    since: datetime

    def to_api(self) -> Object:
        return {"running": {"startedAt": timestamp(self.since)}}


@dataclass(frozen=True)
class Terminated:
    exit_code: int
    reason: str
    finished: datetime | None
    started: datetime | None = None
    message: str = ""
    container_id: str = ""

    def to_api(self) -> Object:
        started = self.started or (datetime(1970, 1, 1, tzinfo=UTC) if self.finished else None)
        message = {"message": self.message} if self.message else {}
        id_ = {"containerID": self.container_id} if self.container_id else {}
        return {
            "terminated": {
                "exitCode": self.exit_code,
                "reason": self.reason,
                **message,
                "startedAt": timestamp(started) if started else None,
                "finishedAt": timestamp(self.finished) if self.finished else None,
                **id_,
            }
        }


NEVER_STARTED = Terminated(
    137,
    "ContainerStatusUnknown",
    None,
    message="The container could not be located when the pod was terminated",
)
"""What a kubelet says of a container that had not been created when its pod was ended."""


State = Waiting | Running | Terminated


@dataclass
class ContainerRecord:
    """What a kubelet knows of one container of one pod; changed by its worker and its probes."""

    spec: Object
    init: bool
    state: State
    last: Terminated | None = None
    restarts: int = 0
    ready: bool = False
    started: bool = False
    image: str = ""
    image_id: str = ""
    container_id: str = ""
    allocated: Object = field(default_factory=dict)
    """The resources that the node has promised, which lag behind the spec during a resize."""
    actuated: Object = field(default_factory=dict)
    """The resources that are in force."""
    process: Process | None = None
    logs: LogBuffer = field(default_factory=LogBuffer)
    previous_logs: LogBuffer | None = None

    @property
    def name(self) -> str:
        return str(self.spec["name"])

    @property
    def sidecar(self) -> bool:
        return self.init and self.spec.get("restartPolicy") == "Always"

    @property
    def field_path(self) -> str:
        return f"spec.{'initContainers' if self.init else 'containers'}{{{self.name}}}"

    @property
    def succeeded(self) -> bool:
        return isinstance(self.state, Terminated) and self.state.exit_code == 0

    def to_api(self) -> Object:
        status: Object = {
            "name": self.name,
            "state": self.state.to_api(),
            "lastState": self.last.to_api() if self.last else {},
            "ready": self.ready,
            "restartCount": self.restarts,
            "image": self.image or self.spec.get("image", ""),
            "imageID": self.image_id,
            "started": self.started,
        }
        if self.container_id:
            status["containerID"] = self.container_id
            status["resources"] = self.actuated
            if self.allocated.get("requests"):
                status["allocatedResources"] = self.allocated["requests"]
        mounts = [_mount(m) for m in self.spec.get("volumeMounts") or ()]
        return {**status, "volumeMounts": mounts} if mounts else status


def _mount(mount: Object) -> Object:
    read_only = {"readOnly": True, "recursiveReadOnly": "Disabled"} if mount.get("readOnly") else {}
    return {"name": mount["name"], "mountPath": mount["mountPath"], **read_only}
