"""`deployctl history`: what was released, when, by whom, and how it ended."""

from __future__ import annotations

import click

from deployctl.cli.options import Common, common


@click.command()
@click.option("-n", "--limit", type=click.IntRange(min=1), default=None, metavar="N", help="Only the newest N.")
@common
def command(options: Common, limit: int | None) -> int:
    """Show recorded releases, failed ones included, newest first."""
    from deployctl.cli.finish import done
    from deployctl.cli.session import open_target
    from deployctl.engine.recorded import recorded
    from deployctl.model.event import HistoryRead
    from deployctl.ui.lines import count

    target = open_target(options)
    with options.printer() as printer:
        releases = recorded(target)[:limit]
        printer.show(HistoryRead(releases))
        return done(printer, f"{count(len(releases), 'release')} of {target.environment.name}")
