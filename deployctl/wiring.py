"""Configuration to ports: the only place where adapters are made. Making them contacts nothing."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Mapping
from functools import partial

from deployctl.adapters.builds.factory import make_builder, make_copier
from deployctl.adapters.clock import SystemClock
from deployctl.adapters.context.contexts import LocalContexts
from deployctl.adapters.dns import SystemNames
from deployctl.adapters.files import LocalFiles
from deployctl.adapters.git import GitRepository
from deployctl.adapters.http_probe import HttpProbe
from deployctl.adapters.kubernetes.access import KubernetesAccess
from deployctl.adapters.kubernetes.connection import Connection
from deployctl.adapters.kubernetes.history import KubernetesHistory
from deployctl.adapters.kubernetes.kubeconfig import ClusterSettings
from deployctl.adapters.kubernetes.leases import KubernetesLeases
from deployctl.adapters.kubernetes.reader import KubernetesCluster
from deployctl.adapters.kubernetes.registry_secrets import read_pull_secrets
from deployctl.adapters.kubernetes.surroundings import KubernetesSurroundings
from deployctl.adapters.kubernetes.writer import KubernetesWriter
from deployctl.adapters.kustomize.renderer import KustomizeRenderer
from deployctl.adapters.registry import make_registry
from deployctl.adapters.registry.factory import make_pull_check
from deployctl.engine.target import Target
from deployctl.model.environment import Environment, Project
from deployctl.ports import Clock, Ports


def make_target(
    project: Project, environment: Environment, environ: Mapping[str, str], clock: Clock | None = None
) -> Target:
    """An environment with its ports, ready to be worked on; `clock` is the machine's unless another one is given."""
    return Target(project, environment, make_ports(project, environment, environ, clock), whoami(environ))


def whoami(environ: Mapping[str, str]) -> str:
    """Who acts, for the lease and the record: a CI job by its actor and run, a person by user and host. The process
    id makes two runs of one person two holders."""
    if environ.get("GITHUB_ACTIONS") == "true":
        server, repository = environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_REPOSITORY", "")
        run = f"{server}/{repository}/actions/runs/{environ.get('GITHUB_RUN_ID', '')}"
        job = f"{environ.get('GITHUB_JOB', 'job')}, attempt {environ.get('GITHUB_RUN_ATTEMPT', '1')}"
        return f"{environ.get('GITHUB_ACTOR', 'github')} in {run} ({job}, process {os.getpid()})"
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"uid {os.getuid()}"
    return f"{user}@{socket.gethostname()} (process {os.getpid()})"


def make_ports(
    project: Project, environment: Environment, environ: Mapping[str, str], clock: Clock | None = None
) -> Ports:
    """Every port of one environment. The Kubernetes adapters share one connection."""
    clock = clock or SystemClock()
    timeout = environment.policies.deadlines.request
    settings = ClusterSettings(
        environment.kubeconfig, environment.context, environment.api_server, environment.namespace, timeout
    )
    connection = Connection(settings, clock, environ)
    cluster = KubernetesCluster(connection)
    pull_secrets = partial(read_pull_secrets, connection, environment.namespace)
    return Ports(
        cluster=cluster,
        writer=KubernetesWriter(connection, cluster, clock),
        access=KubernetesAccess(connection),
        surroundings=KubernetesSurroundings(connection),
        pull_check=make_pull_check(environment.registry, pull_secrets, environ=environ, clock=clock, timeout=timeout),
        leases=KubernetesLeases(connection, clock, environment.name),
        history=KubernetesHistory(connection, environment.name),
        registry=make_registry(
            environment.registry,
            read_pull_secrets=pull_secrets,
            environ=environ,
            clock=clock,
            timeout=timeout,
        ),
        builder=make_builder(environment.registry, environ=environ, clock=clock),
        contexts=LocalContexts(),
        copier=make_copier(
            environment.registry, (e.registry for e in project.environments), environ=environ, clock=clock
        ),
        renderer=KustomizeRenderer(environ),
        files=LocalFiles(),
        repository=GitRepository(project.root),
        probe=HttpProbe(
            clock, connect_to=environment.connect_to, ca_file=environment.ca_file, timeout=min(timeout, 10.0)
        ),
        names=SystemNames(),
        clock=clock,
    )
