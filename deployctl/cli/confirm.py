"""Asking before the first write."""

from __future__ import annotations

import sys

import click

from deployctl.model.environment import Environment
from deployctl.model.errors import Interrupted, Refused
from deployctl.model.plan import Plan


def confirm(plan: Plan, environment: Environment, *, yes: bool) -> None:
    """Returns when the plan may be executed. Raises Refused without a terminal to ask on, Interrupted on a no.

    A protected environment wants its name typed, so that a habit of pressing y releases nothing.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise Refused(
            "there is no terminal to ask on",
            where=f"environment {plan.environment}",
            action="look at the plan (deployctl plan), then say --yes",
        )
    if environment.policies.protected:
        typed = click.prompt(f"Type {plan.environment} to go on", default="", show_default=False, err=True)
        agreed = typed.strip() == plan.environment
    else:
        agreed = click.confirm(f"Go on with {plan.environment}?", default=False, err=True)
    if not agreed:
        raise Interrupted("not confirmed; nothing was written")
