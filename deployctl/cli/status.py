"""`deployctl status`: an environment at a glance."""

from __future__ import annotations

import click

from deployctl.cli.completion_of import services as service_names
from deployctl.cli.options import Common, common


@click.command()
@click.argument("services", nargs=-1, metavar="[SERVICE...]", shell_complete=service_names)
@common
def command(options: Common, services: tuple[str, ...]) -> int:
    """Show what runs now, who releases, and the last release; all services when none is named."""
    from deployctl.cli.finish import done
    from deployctl.cli.session import open_target
    from deployctl.engine.status import read_status
    from deployctl.model.event import StatusRead

    target = open_target(options)
    with options.printer() as printer:
        printer.show(StatusRead(read_status(target, target.services(services))))
        return done(printer, f"this is {target.environment.name}")
