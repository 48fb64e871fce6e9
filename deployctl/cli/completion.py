"""`deployctl completion`: the script that a shell loads."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from deployctl.cli.options import Common, common


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common
def command(_: Common, shell: str) -> int:
    """Print the shell's completion script, such as: eval "$(deployctl completion bash)"."""
    from deployctl.cli.group import group

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"click knows no completion for {shell}")
    click.echo(kind(group, {}, "deployctl", "_DEPLOYCTL_COMPLETE").source())
    return 0
