"""`deployctl release`: observe, plan, confirm, execute, report."""

from __future__ import annotations

import click

from deployctl.cli.build_options import existing_tag_options, git_clean_option
from deployctl.cli.completion_of import services as service_names
from deployctl.cli.confirm import confirm
from deployctl.cli.finish import done, nothing_to_do
from deployctl.cli.options import Common, common
from deployctl.cli.planned import insist_allowed, observe_and_plan
from deployctl.cli.removal_options import removal_options
from deployctl.engine.target import Target
from deployctl.model.request import ReleaseRequest
from deployctl.ui.printer import Printer


@click.command()
@click.argument("services", nargs=-1, required=True, metavar="SERVICE...", shell_complete=service_names)
@click.option("--version", default="", metavar="V", help="Release this version instead of the version file's.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only show the plan, as `deployctl plan` does.")
@click.option("--restart", is_flag=True, help="Make new pods even if nothing changes, exactly once.")
@click.option("--accept-collateral", is_flag=True, help="Apply changes to workloads that were not named, too.")
@click.option("--commit", is_flag=True, help="git-commit the bumped overlay, only that file, once it is verified.")
@existing_tag_options
@git_clean_option
@removal_options
@common
def command(
    options: Common,
    services: tuple[str, ...],
    version: str,
    yes: bool,
    dry_run: bool,
    restart: bool,
    skip_build: bool,
    rebuild: bool,
    accept_collateral: bool,
    commit: bool,
    git_clean: bool,
    delete_stuck_pod: bool,
    remove_leftovers: bool,
) -> int:
    """Release services: build, bump, apply, wait, check, verify."""
    from deployctl.cli.session import open_target

    target = open_target(options)
    request = ReleaseRequest(
        services=tuple(dict.fromkeys(services)),
        version=version,
        restart=restart,
        skip_build=skip_build,
        rebuild=rebuild,
        accept_collateral=accept_collateral,
        commit=commit,
        git_clean=git_clean,
        delete_stuck_pod=delete_stuck_pod,
        remove_leftovers=remove_leftovers,
    )
    with options.printer() as printer:
        return run(request, target, printer, yes=yes, dry_run=dry_run)


def run(request: ReleaseRequest, target: Target, printer: Printer, *, yes: bool, dry_run: bool) -> int:
    """The whole of a release or a rollback, after its request is known; returns the exit code."""
    from deployctl.cli.executed import execute_shown, verify_shown

    plan = observe_and_plan(request, target, printer)
    insist_allowed(plan)
    if dry_run:
        return done(printer, "this was the plan; nothing was written")
    if not plan.steps:
        verify_shown(target, request.services, printer)
        return nothing_to_do(printer, f"{plan.environment} already runs this, and it was verified")
    confirm(plan, target.environment, yes=yes)
    execute_shown(request, target, plan, printer)
    what = ", ".join(f"{s.service.name} {s.version}" for s in plan.services)
    return done(printer, f"{plan.environment} runs {what}, verified")
