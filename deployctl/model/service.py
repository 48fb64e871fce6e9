"""What is released: services, as the configuration describes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

WORKLOAD_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job")


@dataclass(frozen=True, order=True)
class WorkloadRef:
    """A workload by kind and name, in the environment's namespace."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind.lower()}/{self.name}"


@dataclass(frozen=True)
class Expectation:
    """One field of the health document: a dotted path (`*` for every key or element) and the value it must have."""

    path: str
    value: str | int | float | bool | None


@dataclass(frozen=True)
class HealthCheck:
    """What a healthy service answers to GET `environment.url + path`."""

    path: str
    format: Literal["json", "html"] = "json"
    status: int = 200
    expect: tuple[Expectation, ...] = ()
    contains: str = ""
    """For html: text that the body must hold."""
    version_field: str = ""
    """Dotted path of a field that must equal the released version; empty: not compared, for many lie."""


@dataclass(frozen=True)
class BuildArgument:
    """A build argument; one from the environment is secret and its value is never shown."""

    name: str
    value: str = field(repr=False, default="")
    secret: bool = False
    unset: str = ""
    """The environment variable that it should come from, when that is not set: a build refuses, naming it."""


@dataclass(frozen=True)
class BuildSource:
    """What an image is made of. Paths are absolute."""

    context: Path
    dockerfile: Path
    target: str = ""
    platform: str = "linux/amd64"
    arguments: tuple[BuildArgument, ...] = ()
    no_cache: bool = False
    """Whether the builder must run every step anew."""
    bumped: tuple[Path, ...] = ()
    """Files that releases write, in which no change makes another tree of it: every environment's kustomization."""


@dataclass(frozen=True)
class Service:
    """One releasable part of the product."""

    name: str
    image: str
    """The `name:` of its entry under `images:` in the overlay's kustomization."""
    workloads: tuple[WorkloadRef, ...]
    version_file: Path | None = None
    source: BuildSource | None = None
    """None: this project does not build it; the image must exist."""
    health: HealthCheck | None = None
    repository: str = ""
    """Template of its repository in every environment; empty: the environment's own."""
