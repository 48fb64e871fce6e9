"""`deployctl init`: a deployctl.toml for the tree that lies here."""

from __future__ import annotations

import os
from pathlib import Path

import click

from deployctl.cli.options import Common, common
from deployctl.config.initialise.facts import Guess
from deployctl.model.change import Finding
from deployctl.model.event import ConfigurationWritten


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path())
@click.option("--dry-run", is_flag=True, help="Print the configuration instead of writing it.")
@click.option("--force", is_flag=True, help="Overwrite a deployctl.toml that is there.")
@common
def command(options: Common, folder: Path, dry_run: bool, force: bool) -> int:
    """Look at a tree and write a deployctl.toml for it, saying what was guessed and from what.

    With --env, that environment becomes the default one.
    """
    from deployctl.adapters.files import LocalFiles
    from deployctl.adapters.kustomize.renderer import KustomizeRenderer
    from deployctl.cli.finish import done
    from deployctl.config import load
    from deployctl.config.initialise import check_free, propose

    root = folder.absolute()
    path = check_free(root, force=force or dry_run)
    proposal = propose(root, KustomizeRenderer(os.environ), os.environ, default_environment=options.env)
    with options.printer() as printer:
        if not dry_run:
            LocalFiles().write(path, proposal.text)
            load(root, path, {})
        printer.show(
            ConfigurationWritten(str(path), proposal.text, tuple(map(as_finding, proposal.guesses)), not dry_run)
        )
        sure = sum(guess.sure for guess in proposal.guesses)
        doubts = len(proposal.guesses) - sure
        told = f"{path.name} is {'proposed' if dry_run else 'written'}: {sure} values found, {doubts} to look at"
        return done(printer, told)


def as_finding(guess: Guess) -> Finding:
    """A guess as it is shown: key and value, the evidence, and a call to look where it is unsure."""
    action = "" if guess.sure else "look at it before the first release"
    return Finding("guess", f"{guess.key} = {guess.value}", evidence=(guess.evidence,), action=action)
