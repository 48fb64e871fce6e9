"""Configuration to ports: the only place where adapters are made. Making them contacts nothing."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Mapping

from deployctl.engine.target import Target
from deployctl.model.environment import Environment, Project
from deployctl.ports import Ports


def make_target(project: Project, environment: Environment, environ: Mapping[str, str]) -> Target:
    """An environment with its ports, ready to be worked on."""
    return Target(project, environment, make_ports(project, environment, environ), whoami(environ))


def whoami(environ: Mapping[str, str]) -> str:
    """Who acts, for the lease and the record: a CI job by its actor and run, a person by user and host. The process
    id makes two runs of one person two holders."""
    if environ.get("GITHUB_ACTIONS") == "true":
        server, repository = environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_REPOSITORY", "")
        run = f"{server}/{repository}/actions/runs/{environ.get('GITHUB_RUN_ID', '')}"
        return f"{environ.get('GITHUB_ACTOR', 'github')} in {run}"
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"uid {os.getuid()}"
    return f"{user}@{socket.gethostname()} (process {os.getpid()})"
