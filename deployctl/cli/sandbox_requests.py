"""`deployctl sandbox requests`: what was asked of the sandbox's servers."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import click

from deployctl.cli.finish import done, nothing_to_do
from deployctl.cli.options import Common, common
from deployctl.cli.running_sandbox import control, state_option
from deployctl.model.sandbox import RequestsRead, SandboxRequest

SINCE = re.compile(r"(\d+(?:\.\d+)?)(s|m|h)?")
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
FILTERS = {
    "server": "`api`, `azure`, `ingress` or `registry/HOST`.",
    "verb": "Such as list or patch.",
    "resource": "kubectl's spelling, such as deployments.apps.",
    "namespace": "Of Kubernetes.",
    "path": "Without the query.",
    "user": "Who asked.",
    "user-agent": "With which program.",
    "status": "0 for no answer.",
}


class Since(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases of click only
    """`120` requests, or `30s`, `5m`, `1h`."""

    name = "since"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A mark as a number, or a timedelta."""
        match = SINCE.fullmatch(str(value))
        if match is None or (match[2] is None and "." in match[1]):
            self.fail(f"{value!r} is neither a number of requests nor a time such as 30s, 5m or 1h", param, ctx)
        return timedelta(seconds=float(match[1]) * SECONDS[match[2]]) if match[2] else int(match[1])


def filters(function: Any) -> Any:
    """Adds an option for each field."""
    for name, told in reversed(FILTERS.items()):
        function = click.option(f"--{name}", metavar="PATTERN", default=None, help=told)(function)
    return function


@click.command()
@click.option("--since", type=Since(), metavar="N|TIME", default=0, help="After the first N, or of the last 30s, 5m …")
@filters
@state_option
@common
def requests(options: Common, since: int | timedelta, state: Path | None, **patterns: str | None) -> int:
    """Show the request log: times, verbs, users, statuses. PATTERNs are the shell's; all must fit.

    The last 10000 are kept; the file requests.jsonl in the sandbox's folder has all.
    """
    with options.printer() as printer, control(state) as client:
        count = client.request_count()
        found = tuple(map(read, client.requests(since if isinstance(since, int) else 0)))
        if isinstance(since, timedelta):
            begin = datetime.fromisoformat(client.clock()["now"]) - since
            found = tuple(request for request in found if request.time >= begin)
        wanted = {name: pattern for name, pattern in patterns.items() if pattern is not None}
        shown = tuple(request for request in found if fits(request, wanted))
        if not shown:
            return nothing_to_do(printer, f"no such request; ask on with --since {count}")
        printer.show(RequestsRead(count, shown))
        return done(printer, f"{len(shown)} requests; ask on with --since {count}")


def fits(request: SandboxRequest, patterns: dict[str, str]) -> bool:
    """Whether every named field fits its pattern."""
    return all(fnmatchcase(str(getattr(request, name)), pattern) for name, pattern in patterns.items())


def read(row: dict[str, Any]) -> SandboxRequest:
    """A row of the control endpoint's log."""
    return SandboxRequest(**{**row, "time": datetime.fromisoformat(row["time"])})
