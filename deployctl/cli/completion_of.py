"""What the shell offers behind an option or argument: names from the configuration that is found from here."""

from __future__ import annotations

import os
from pathlib import Path

import click
from click.shell_completion import CompletionItem


def environments(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of environments; nothing when there is no readable configuration."""
    return _names(context, incomplete, "environments")


def services(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of services; nothing when there is no readable configuration."""
    return _names(context, incomplete, "services")


def _names(context: click.Context, incomplete: str, noun: str) -> list[CompletionItem]:
    from deployctl.config import load
    from deployctl.model.errors import DeployError

    try:
        project = load(Path.cwd(), context.params.get("config"), os.environ)
    except DeployError:
        return []
    return [CompletionItem(item.name) for item in getattr(project, noun) if item.name.startswith(incomplete)]
