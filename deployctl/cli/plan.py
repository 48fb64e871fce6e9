"""`deployctl plan`: what a release would do."""

from __future__ import annotations

import click

from deployctl.cli.build_options import existing_tag_options, git_clean_option
from deployctl.cli.completion_of import services as service_names
from deployctl.cli.options import Common, common
from deployctl.model.errors import ExitCode
from deployctl.model.request import ReleaseRequest


@click.command()
@click.argument("services", nargs=-1, required=True, metavar="SERVICE...", shell_complete=service_names)
@click.option("--version", default="", metavar="V", help="Plan for this version instead of the version file's.")
@click.option("--restart", is_flag=True, help="Plan a restart even if nothing changes.")
@click.option("--accept-collateral", is_flag=True, help="Do not refuse changes to workloads that were not named.")
@click.option("--exit-code", is_flag=True, help="Exit with 10 when the release would change something.")
@existing_tag_options
@git_clean_option
@common
def command(
    options: Common,
    services: tuple[str, ...],
    version: str,
    restart: bool,
    skip_build: bool,
    rebuild: bool,
    accept_collateral: bool,
    exit_code: bool,
    git_clean: bool,
) -> int:
    """Show what a release would do; write nothing."""
    from deployctl.cli.finish import done, nothing_to_do
    from deployctl.cli.planned import insist_allowed, observe_and_plan
    from deployctl.cli.session import open_target

    request = ReleaseRequest(
        services=tuple(dict.fromkeys(services)),
        version=version,
        restart=restart,
        skip_build=skip_build,
        rebuild=rebuild,
        accept_collateral=accept_collateral,
        git_clean=git_clean,
    )
    target = open_target(options)
    with options.printer() as printer:
        plan = observe_and_plan(request, target, printer)
        insist_allowed(plan)
        if not plan.steps:
            return nothing_to_do(printer, f"{plan.environment} already runs this")
        code = ExitCode.CHANGES if exit_code else ExitCode.DONE
        return done(printer, f"a release would change {plan.environment}; nothing was written", code)
