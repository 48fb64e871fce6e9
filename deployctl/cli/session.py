"""From common options to a target: configuration, environment, ports."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from deployctl.cli.options import Common
from deployctl.config import load
from deployctl.engine.target import Target
from deployctl.model.environment import Project
from deployctl.wiring import make_target


def load_project(options: Common) -> Project:
    """The configuration that applies here. Raises UsageError."""
    return load(Path.cwd(), options.config, os.environ, environment=options.env)


def open_target(options: Common, change: Callable[[Project], Project] = lambda project: project) -> Target:
    """The environment to work on, with what the command line changes of the configuration. Contacts nothing yet.
    Raises UsageError."""
    project = change(load_project(options))
    return make_target(project, project.environment(options.env), os.environ)
