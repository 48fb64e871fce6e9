"""What a scenario says of itself: how its fault shows, and how a release on it may end. Texts are regular expressions.

Nothing here changes the sandbox. People read it, and a test holds the sandbox and `deployctl release` to it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """What somebody has committed to the example tree (`examples/klinematrix`) since production came up."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class PodSign:
    """Pods whose name matches show `reason` (waiting, terminated, last terminated, PodScheduled or the pod's own)."""

    name: str = ""
    reason: str = ""
    message: str = ""


@dataclass(frozen=True)
class EventSign:
    """An Event about `object` (`kind/name`)."""

    object: str = ""
    reason: str = ""
    message: str = ""


@dataclass(frozen=True)
class ConditionSign:
    """A condition of `object` (kubectl's `deployment/backend`) is `status`."""

    object: str
    type: str
    status: str = "True"
    reason: str = ""
    message: str = ""


@dataclass(frozen=True)
class AnswerSign:
    """What a URL answers through the ingress, whose loopback port stands for the host's; status 0 is no answer."""

    url: str
    status: int = 200
    body: str = ""


@dataclass(frozen=True)
class RequestSign:
    """At least `count` requests that the sandbox answered so, by its request log. Empty fields match all."""

    server: str = "api"
    verb: str = ""
    resource: str = ""
    status: int = 200
    count: int = 1


@dataclass(frozen=True)
class TagSign:
    """No pod that names this image runs what its tag is now."""

    repository: str
    tag: str


@dataclass(frozen=True)
class ValueSign:
    """A field of a live object (`kind/name`, or `NAMESPACE:kind/name`), by kubectl's jsonpath, matches."""

    object: str
    path: str
    matches: str


@dataclass(frozen=True)
class Ending:
    """How `deployctl release backend --yes` may end here: exit codes, words that name the cause when it fails (of an
    incident in the first three lines), and what it must have said on the way however it ends."""

    codes: tuple[int, ...] = (0,)
    cause: str = ""
    says: str = ""
    incident: str = ""
    environment: str = "prod"
    accept_collateral: bool = False
    """Whether it is given `--accept-collateral`."""
    seconds: float = 120.0
    """How long it may wait in all."""


@dataclass(frozen=True)
class Expect:
    """`provoke` are kubectl commands that make the fault show without a release; signs are looked for after them, or
    with `after_release` when the release has ended."""

    edits: tuple[Edit, ...] = ()
    provoke: tuple[str, ...] = ()
    after_release: bool = False
    pods: tuple[PodSign, ...] = ()
    events: tuple[EventSign, ...] = ()
    conditions: tuple[ConditionSign, ...] = ()
    answers: tuple[AnswerSign, ...] = ()
    requests: tuple[RequestSign, ...] = ()
    tags: tuple[TagSign, ...] = ()
    values: tuple[ValueSign, ...] = ()
    release: Ending = Ending()
