"""The nouns of a scenario file. Field names are the file's keys; see docs/sandbox.md for the format.

Memory is in Kubernetes' notation (`2300Mi`), sizes of images in bytes or the same notation, times in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from deployctl.sandbox.nodes.spec import NodeSpec
from deployctl.sandbox.registry.containerd import Version
from deployctl.sandbox.scenario.expect import Expect
from deployctl.sandbox.scenario.parse import Raw


@dataclass(frozen=True)
class AccountSpec:
    """A user of a registry; `roles` as registry/access.py has them; `expires` a time, or `+60` seconds from now."""

    username: str
    password: str = field(repr=False)
    roles: tuple[str, ...] = ("admin",)
    repositories: tuple[str, ...] = ("*",)
    expires: str = ""


@dataclass(frozen=True)
class ImageEntry:
    """An image in a registry. `behaviour` becomes its `sandbox.*` labels: how the program acts in a pod."""

    repository: str
    tag: str
    size: str = "8Mi"
    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    behaviour: Mapping[str, Raw] = field(default_factory=dict)
    platforms: tuple[str, ...] = ("linux/amd64",)
    salt: str = ""
    docker: bool = False


@dataclass(frozen=True)
class RegistrySpec:
    """A registry, by the host that manifests name. With an Azure `name` it is an ACR that can build."""

    host: str
    name: str = ""
    challenge: Literal["bearer", "basic", "none"] = "bearer"
    tls: bool = True
    anonymous_pull: bool = False
    aliases: tuple[str, ...] = ()
    accounts: tuple[AccountSpec, ...] = ()
    images: tuple[ImageEntry, ...] = ()


@dataclass(frozen=True)
class Identity:
    """A service principal of the tenant; `roles` as accounts have them, and `build` for scheduling runs."""

    client_id: str
    secret: str = field(repr=False)
    roles: tuple[str, ...] = ("admin", "build")
    repositories: tuple[str, ...] = ("*",)


@dataclass(frozen=True)
class Azure:
    """The subscription that the registries live in. `tasks_allowed = false` refuses builds as free subscriptions do."""

    tenant: str = "11111111-1111-4111-8111-111111111111"
    subscription: str = "22222222-2222-4222-8222-222222222222"
    resource_group: str = "sandbox"
    location: str = "koreacentral"
    tasks_allowed: bool = True
    abac: bool = False
    identities: tuple[Identity, ...] = ()


@dataclass(frozen=True)
class Build:
    """How a build passes. `behaviour` is of every image it makes; a Dockerfile's `LABEL sandbox.…` says more."""

    queued_seconds: float = 1.0
    seconds: float = 4.0
    size: str = "120Mi"
    behaviour: Mapping[str, Raw] = field(default_factory=dict)


@dataclass(frozen=True)
class IngressSpec:
    """`address` is the load balancer's, written into every Ingress."""

    address: str = "203.0.113.10"


@dataclass(frozen=True)
class FaultSpec:
    """A fault from the start; `parameters` as fault_kinds.py says."""

    kind: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Select:
    """Live objects: kubectl's spelling of a resource (`deployments.apps`), and shell patterns."""

    resource: str
    name: str = "*"
    namespace: str = "*"


@dataclass(frozen=True)
class Patching(Select):
    """A JSON patch, as somebody's `kubectl patch --type json` writes it."""

    patch: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Push(ImageEntry):
    """An image that somebody pushes to `host`; "" is the first registry."""

    host: str = ""


@dataclass(frozen=True)
class Then:
    """What happens once everything that came up with the sandbox runs, in this order."""

    pushes: tuple[Push, ...] = ()
    deletions: tuple[Select, ...] = ()
    patches: tuple[Patching, ...] = ()
    objects: tuple[str, ...] = ()
    faults: tuple[FaultSpec, ...] = ()
    """Before all else: what is made wrong by them is wrong for what follows."""


@dataclass(frozen=True)
class Scenario:
    """A world. `objects` are YAML files beside the scenario's; `unreachable` hosts by pattern and kind of failure."""

    name: str
    description: str = ""
    nodes: tuple[NodeSpec, ...] = ()
    registries: tuple[RegistrySpec, ...] = ()
    azure: Azure = Azure()
    build: Build = Build()
    objects: tuple[str, ...] = ()
    unreachable: Mapping[str, str] = field(default_factory=dict)
    containerd: Version = "1.6"
    """Whose words kubelets use for failed pulls."""
    ingress: IngressSpec = IngressSpec()
    faults: tuple[FaultSpec, ...] = ()
    """From the first moment; those of `then` when everything runs."""
    then: Then = Then()
    expect: Expect = field(default_factory=Expect)
