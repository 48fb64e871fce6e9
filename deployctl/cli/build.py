"""`deployctl build`: images that do not exist yet, and nothing else."""

from __future__ import annotations

import click

from deployctl.cli.build_options import BuildOptions, build_options, git_clean_option
from deployctl.cli.completion_of import services as service_names
from deployctl.cli.options import Common, common


@click.command()
@click.argument("services", nargs=-1, required=True, metavar="SERVICE...", shell_complete=service_names)
@click.option("--version", default="", metavar="V", help="Build this version instead of the version file's.")
@click.option("--list-context", is_flag=True, help="Only list what would be uploaded, and what of it looks secret.")
@click.option("--rebuild", is_flag=True, help="Build a tag that exists anew, and replace it.")
@git_clean_option
@build_options
@common
def command(
    options: Common,
    services: tuple[str, ...],
    version: str,
    list_context: bool,
    rebuild: bool,
    git_clean: bool,
    how: BuildOptions,
) -> int:
    """Build images in the registry, side by side; deploy nothing. A tag that exists is not built again."""
    from deployctl.cli.executed import shown
    from deployctl.cli.finish import done
    from deployctl.cli.session import open_target
    from deployctl.engine.build_only import build_only, list_contexts
    from deployctl.model.event import ContextListed
    from deployctl.model.request import ReleaseRequest

    target = open_target(options, how.applied)
    names = tuple(dict.fromkeys(services))
    with options.printer() as printer:
        if list_context:
            for name, context in list_contexts(names, target):
                printer.show(ContextListed(name, context, context.size, context.largest))
            return done(printer, "nothing was uploaded")
        request = ReleaseRequest(services=names, version=version, rebuild=rebuild, git_clean=git_clean)
        shown(build_only(request, target), printer)
        return done(printer, f"in the registry: {', '.join(names)}")
