"""`deployctl promote`: what was tested is what runs."""

from __future__ import annotations

from dataclasses import replace

import click

from deployctl.cli.build_options import BuildOptions, identity_option
from deployctl.cli.completion_of import environments
from deployctl.cli.completion_of import services as service_names
from deployctl.cli.options import Common, common


@click.command()
@click.argument("services", nargs=-1, required=True, metavar="SERVICE...", shell_complete=service_names)
@click.option(
    "--from", "origin", required=True, metavar="ENV", help="Where it was tested.", shell_complete=environments
)
@click.option(
    "--to", "goal", default="", metavar="ENV", help="Where it is wanted; default: --env.", shell_complete=environments
)
@click.option("--version", default="", metavar="V", help="Promote this version instead of the version file's.")
@identity_option
@common
def command(options: Common, services: tuple[str, ...], origin: str, goal: str, version: str, identity: str) -> int:
    """Copy tested images under another environment's tags, inside the registry; build and deploy nothing."""
    from deployctl.cli.executed import shown
    from deployctl.cli.finish import done
    from deployctl.cli.session import open_target
    from deployctl.engine.promote import promote
    from deployctl.model.errors import UsageError
    from deployctl.model.promotion import PromoteRequest

    if goal and options.env and goal != options.env:
        raise UsageError("--to and --env name different environments", action="leave out --env")
    change = BuildOptions(identity=identity).applied
    target = open_target(replace(options, env=goal or options.env), change)
    tested = open_target(replace(options, env=origin), change)
    if tested.environment.name == target.environment.name:
        raise UsageError(f"{origin} is promoted to itself", action="say --from and --to")
    request = PromoteRequest(tuple(dict.fromkeys(services)), version)
    with options.printer() as printer:
        shown(promote(request, tested, target), printer)
        names = ", ".join(request.services)
        return done(printer, f"{target.environment.name} can release what {tested.environment.name} tested: {names}")
