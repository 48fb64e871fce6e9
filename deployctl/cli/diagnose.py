"""`deployctl diagnose`: what is wrong now, at any time, without a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deployctl.cli.completion_of import services as service_names
from deployctl.cli.options import Common, common

if TYPE_CHECKING:
    from deployctl.model.examination import Examination


@click.command()
@click.argument("services", nargs=-1, metavar="[SERVICE...]", shell_complete=service_names)
@common
def command(options: Common, services: tuple[str, ...]) -> int:
    """Name what is wrong now, with evidence and the next action; everything in the namespace when no service is named.

    Reads only. Looks at pods, ingress, certificates, images and health, and whether the pods would start again. Exits
    with 6 when something is wrong; notes alone do not count.
    """
    from deployctl.cli.finish import done
    from deployctl.cli.session import open_target
    from deployctl.engine.examine import read_examination
    from deployctl.model.event import Examined

    target = open_target(options)
    with options.printer() as printer:
        found = read_examination(target, services)
        printer.show(Examined(found))
        insist_well(found)
        return done(printer, f"{found.environment} is well: {', '.join(services) or 'everything that runs there'}")


def insist_well(found: Examination) -> None:
    """Raises VerificationMismatch where something is wrong; its evidence was shown already."""
    from deployctl.cli.insist import insist_none
    from deployctl.model.errors import Problem, VerificationMismatch

    problems = (Problem(d.summary, d.object, (), d.action, d.incident) for d in found.wrong)
    insist_none(VerificationMismatch, tuple(problems))
