"""Where a release goes: cluster, overlay, registry, and the policies that hold there."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, get_args

from deployctl.model.errors import UsageError
from deployctl.model.image import Image
from deployctl.model.rules.thresholds import Thresholds
from deployctl.model.service import Service


@dataclass(frozen=True)
class RegistryConfig:
    """Where images lie, and who builds them."""

    login_server: str
    """Host, with port when it is not 443: the first part of an image reference."""
    kind: Literal["acr", "oci"]
    endpoint: str = ""
    """host:port that answers for the login server when that is another address: a rehearsal's, a private link's."""
    name: str = ""
    """The registry's resource name in Azure; only builds and promotion need it."""
    subscription: str = ""
    resource_group: str = ""
    builder: Literal["acr", "docker", "buildx", "none"] = "none"
    identity: str = ""
    """Which Azure identity to use, such as `cli` or `github`; empty: the first that the surroundings offer."""
    lock_tags: bool = False
    """Whether a tag that was built is locked against being overwritten and deleted."""
    credentials: Literal["auto", "azure", "docker", "pull-secret", "environment", "anonymous"] = "auto"
    """auto: environment variables, then azure for an ACR, docker's own config, the cluster's pull secret, anonymous."""
    pull_secret: str = ""
    """For `pull-secret`: its name in the environment's namespace; empty: whichever fits the host."""
    ca_file: Path | None = None
    arm_endpoint: str = "https://management.azure.com"
    authority: str = "https://login.microsoftonline.com"
    build_timeout: float = 3600.0
    """Seconds."""
    agent_pool: str = ""


@dataclass(frozen=True)
class Deadlines:
    """Seconds that each phase may take. Each phase has its own, so that a slow pull eats no start-up time."""

    teardown: float = 90.0
    """From the first old pod's deletion until the last is gone, beyond the pods' own grace periods."""
    gap: float = 300.0
    """From the last old pod's end until a new one is scheduled and its images are pulled."""
    startup: float = 180.0
    """From the container's start until it is Ready, past what its own probes allow."""
    health: float = 60.0
    """Until the health document is right `repeats` times in a row."""
    build: float = 3600.0
    prefetch: float = 300.0
    """Until one node has pulled a workload's images, before anything is torn down."""
    request: float = 30.0
    """One API request."""
    probe: float = 3.0
    """One probe of the measured downtime: a slower answer is none."""


Prefetch = Literal["off", "candidates", "all"]
"""Which nodes pull new images while the old pods serve: none, those that the new pods may be placed on now, or all that
the pods' selectors and tolerations allow, room or not."""
PREFETCH: tuple[Prefetch, ...] = get_args(Prefetch)


@dataclass(frozen=True)
class Policies:
    """How a release behaves in an environment."""

    deadlines: Deadlines = Deadlines()
    thresholds: Thresholds = field(default_factory=Thresholds)
    """How long each sign of the fail-fast table is watched before it counts."""
    poll: float = 1.0
    """Seconds between two snapshots."""
    repeats: int = 3
    """How many times in a row a health document must be right, and every pod Ready."""
    health_interval: float = 1.0
    """Seconds between two health requests; the first user's API allows 200 a minute for one address."""
    settle: float = 15.0
    """Seconds for which a workload without a readiness probe is watched for restarts."""
    history: int = 10
    """Release records kept."""
    room: Literal["refuse", "warn"] = "refuse"
    """What to do when new pods fit on no node: warn where an autoscaler brings nodes."""
    prefetch: Prefetch = "candidates"
    prefetch_parallel: int = 4
    """Nodes that pull at once."""
    protected: bool = False
    """Whether a release asks for the environment's name rather than y."""


@dataclass(frozen=True)
class Environment:
    """One place that releases go to. Paths are absolute."""

    name: str
    namespace: str
    overlay: Path
    registry: RegistryConfig
    repository_template: str = "{service}"
    tag_template: str = "v{version}"
    extra_tag_templates: tuple[str, ...] = ()
    kubeconfig: Path | None = None
    context: str = ""
    api_server: str = ""
    """The only API server this environment accepts; empty: the context's, whatever it is."""
    kustomize_flags: tuple[str, ...] = ()
    url: str = ""
    connect_to: str = ""
    """host:port to dial instead of the URL's, keeping Host and TLS name; for rehearsals and split DNS."""
    ca_file: Path | None = None
    """CA bundle for the URL."""
    policies: Policies = Policies()

    def image_for(self, service: Service, tag: str) -> Image:
        """Where the service's image lies in this environment."""
        template = service.repository or self.repository_template
        repository = template.format(service=service.name, environment=self.name, image=service.image)
        return Image(self.registry.login_server, repository, tag)


@dataclass(frozen=True)
class Project:
    """A whole deployctl.toml: the root that its paths are relative to, and what it describes."""

    root: Path
    source: Path
    environments: tuple[Environment, ...]
    services: tuple[Service, ...]
    default_environment: str
    """Taken when nobody names one; empty: somebody must."""

    def environment(self, name: str = "") -> Environment:
        """The named environment, or the default one. Raises UsageError, with the nearest name."""
        wanted = name or self.default_environment
        names = tuple(e.name for e in self.environments)
        if not wanted:
            raise UsageError(
                "no environment was named",
                where=str(self.source),
                action=f"say --env with one of: {', '.join(names)}; or set default_environment",
            )
        found = next((e for e in self.environments if e.name == wanted), None)
        if found is None:
            raise _unknown("environment", wanted, names, self.source)
        return found

    def service(self, name: str) -> Service:
        """The named service. Raises UsageError, with the nearest name."""
        found = next((s for s in self.services if s.name == name), None)
        if found is None:
            raise _unknown("service", name, tuple(s.name for s in self.services), self.source)
        return found


def _unknown(noun: str, name: str, names: tuple[str, ...], source: Path) -> UsageError:
    near = get_close_matches(name, names, n=1)
    listed = f"there are: {', '.join(names)}" if names else "there are none"
    return UsageError(
        f"there is no {noun} `{name}`",
        where=str(source),
        action=f"did you mean `{near[0]}`? {listed}" if near else listed,
    )
