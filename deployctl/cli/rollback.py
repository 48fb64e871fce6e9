"""`deployctl rollback`: a release of recorded images, on the same path and through the same proofs."""

from __future__ import annotations

from dataclasses import replace

import click

from deployctl.cli.completion_of import services as service_names
from deployctl.cli.options import Common, common
from deployctl.cli.removal_options import removal_options


@click.command()
@click.argument("services", nargs=-1, metavar="[SERVICE...]", shell_complete=service_names)
@click.option("--to", type=click.IntRange(min=1), default=None, metavar="N", help="Release number to go back to.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only show the plan.")
@click.option("--accept-collateral", is_flag=True, help="Apply changes to workloads that were not named, too.")
@click.option("--commit", is_flag=True, help="git-commit the overlay, only that file, once it is verified.")
@removal_options
@common
def command(
    options: Common,
    services: tuple[str, ...],
    to: int | None,
    yes: bool,
    dry_run: bool,
    accept_collateral: bool,
    commit: bool,
    delete_stuck_pod: bool,
    remove_leftovers: bool,
) -> int:
    """Go back to the last successful release that ran something else, or to release N; the overlay's tag too.

    Without SERVICE: all that the failed or newest release released.
    """
    from deployctl.cli.release import run
    from deployctl.cli.session import open_target
    from deployctl.engine.rollback import rollback_request

    target = open_target(options)
    request = rollback_request(target, services, to, accept_collateral=accept_collateral, commit=commit)
    request = replace(request, delete_stuck_pod=delete_stuck_pod, remove_leftovers=remove_leftovers)
    with options.printer() as printer:
        return run(request, target, printer, yes=yes, dry_run=dry_run)
