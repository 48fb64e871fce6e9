"""The command line. One file per command; each is imported when it is run, so that `--help` stays quick."""

from deployctl.cli.group import main

__all__ = ["main"]
