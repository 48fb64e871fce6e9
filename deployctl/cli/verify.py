"""`deployctl verify`: whether what runs is what should."""

from __future__ import annotations

import click

from deployctl.cli.completion_of import services as service_names
from deployctl.cli.options import Common, common


@click.command()
@click.argument("services", nargs=-1, metavar="[SERVICE...]", shell_complete=service_names)
@common
def command(options: Common, services: tuple[str, ...]) -> int:
    """Compare what runs with the registry and the overlay, and ask for health; all services when none is named.

    Exits with 6 when something differs.
    """
    from deployctl.cli.executed import verify_shown
    from deployctl.cli.finish import done
    from deployctl.cli.session import open_target

    target = open_target(options)
    names = tuple(service.name for service in target.services(services))
    with options.printer() as printer:
        verify_shown(target, names, printer)
        return done(printer, f"{target.environment.name} runs what it should: {', '.join(names)}")
