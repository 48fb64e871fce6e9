"""From a valid document to the nouns of a release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, cast

from deployctl.config.environment_tables import ENVIRONMENT
from deployctl.config.policy_tables import POLICIES
from deployctl.config.registry_tables import REGISTRY
from deployctl.config.section import Origin, Section
from deployctl.config.service import make_service
from deployctl.config.service_tables import SERVICE
from deployctl.config.variables import registry_path
from deployctl.model.environment import PREFETCH, Deadlines, Environment, Policies, RegistryConfig
from deployctl.model.json import mapping
from deployctl.model.kustomization import KUSTOMIZATION_NAMES
from deployctl.model.rules.thresholds import Thresholds
from deployctl.model.service import Service

AZURE = ".azurecr.io"
_AZURE_DOMAINS = (AZURE, ".azurecr.cn", ".azurecr.us")
Builder = Literal["acr", "docker", "buildx", "none"]
Credentials = Literal["auto", "azure", "docker", "pull-secret", "environment", "anonymous"]


def environments(data: Mapping[str, Any], origin: Origin) -> Iterator[Environment]:
    """Every environment, in the file's order."""
    shared = Section(POLICIES, mapping(data, "policies"), origin)
    for name, body in mapping(data, "environments").items():
        registry = Section(REGISTRY, mapping(data, *registry_path(data, name)), origin)
        yield _environment(name, Section(ENVIRONMENT, body, origin), make_registry(registry), shared)


def services(data: Mapping[str, Any], origin: Origin) -> Iterator[Service]:
    """Every service, in the file's order."""
    bumped = tuple(dict.fromkeys(_kustomizations(data, origin)))
    for name, body in mapping(data, "services").items():
        yield make_service(name, Section(SERVICE, body, origin), bumped)


def _kustomizations(data: Mapping[str, Any], origin: Origin) -> Iterator[Path]:
    """Under every name that kustomize takes: which of them is there may change."""
    for body in mapping(data, "environments").values():
        overlay = Section(ENVIRONMENT, body, origin).path("overlay")
        yield from (overlay / name for name in KUSTOMIZATION_NAMES if overlay)


def _environment(name: str, section: Section, registry: RegistryConfig, shared: Section) -> Environment:
    overlay = section.path("overlay")
    assert overlay is not None, "the schema requires it"
    return Environment(
        name=name,
        namespace=section.text("namespace"),
        overlay=overlay,
        registry=registry,
        repository_template=section.text("repository"),
        tag_template=section.text("tag"),
        extra_tag_templates=section.texts("extra_tags"),
        kubeconfig=section.path("kubeconfig"),
        context=section.text("context"),
        api_server=section.text("api_server").rstrip("/"),
        kustomize_flags=section.texts("kustomize_flags"),
        url=section.text("url").rstrip("/"),
        connect_to=section.text("connect_to"),
        ca_file=section.path("ca_file"),
        policies=_policies(section.sub("policies").merged(shared), protected=section.flag("protected")),
    )


def make_registry(section: Section) -> RegistryConfig:
    """A registry, with what an ACR's login server tells of it."""
    host = section.text("login_server")
    azure = host.endswith(_AZURE_DOMAINS)
    kind: Literal["acr", "oci"] = (
        "acr" if section.text("kind") == "acr" or (azure and not section.has("kind")) else "oci"
    )
    builder = section.text("builder") or ("acr" if kind == "acr" else "none")
    return RegistryConfig(
        login_server=host,
        kind=kind,
        endpoint=section.text("endpoint"),
        name=section.text("name") or (registry_name(host) if azure else ""),
        subscription=section.text("subscription"),
        resource_group=section.text("resource_group"),
        builder=cast(Builder, builder),
        identity=section.text("identity"),
        lock_tags=section.flag("lock_tags"),
        credentials=cast(Credentials, section.text("credentials")),
        pull_secret=section.text("pull_secret"),
        ca_file=section.path("ca_file"),
        arm_endpoint=section.text("arm_endpoint").rstrip("/"),
        authority=section.text("authority").rstrip("/"),
        build_timeout=section.number("build_timeout"),
        agent_pool=section.text("agent_pool"),
    )


def registry_name(host: str) -> str:
    """An ACR's resource name. It is letters and digits only, so a `-` starts the hash of its domain name label."""
    return host.partition(".")[0].partition("-")[0]


def _policies(section: Section, *, protected: bool) -> Policies:
    deadlines, thresholds = section.sub("deadlines"), section.sub("thresholds")
    return Policies(
        deadlines=Deadlines(**{key.name: deadlines.number(key.name) for key in deadlines.table.keys}),
        thresholds=Thresholds(
            restarts=int(thresholds.number("restarts")),
            **{key.name: thresholds.number(key.name) for key in thresholds.table.keys if key.name != "restarts"},
        ),
        poll=section.number("poll"),
        repeats=section.whole("repeats"),
        health_interval=section.number("health_interval"),
        settle=section.number("settle"),
        history=section.whole("history"),
        room="warn" if section.text("room") == "warn" else "refuse",
        prefetch=next(choice for choice in PREFETCH if choice == section.text("prefetch")),
        prefetch_parallel=section.whole("prefetch_parallel"),
        protected=protected,
    )
