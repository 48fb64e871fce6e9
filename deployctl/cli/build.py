"""`deployctl build`: images that do not exist yet, and nothing else."""

from __future__ import annotations

import click

from deployctl.cli.completion_of import services as service_names
from deployctl.cli.options import Common, common


@click.command()
@click.argument("services", nargs=-1, required=True, metavar="SERVICE...", shell_complete=service_names)
@click.option("--version", default="", metavar="V", help="Build this version instead of the version file's.")
@common
def command(options: Common, services: tuple[str, ...], version: str) -> int:
    """Build images in the registry; deploy nothing. A tag that exists is not built again."""
    from deployctl.cli.executed import shown
    from deployctl.cli.finish import done
    from deployctl.cli.session import open_target
    from deployctl.engine.build_only import build_only
    from deployctl.model.request import ReleaseRequest

    target = open_target(options)
    request = ReleaseRequest(services=tuple(dict.fromkeys(services)), version=version)
    with options.printer() as printer:
        shown(build_only(request, target), printer)
        return done(printer, f"built: {', '.join(request.services)}")
