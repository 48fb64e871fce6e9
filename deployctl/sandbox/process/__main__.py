"""The process that a sandbox runs in: `python -m deployctl.sandbox.process`. Started by `background.up`."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from deployctl.sandbox.process.background import ERROR
from deployctl.sandbox.process.foreground import foreground
from deployctl.sandbox.process.options import Options, Overlay


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM, SIGINT or the control endpoint's stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    options = read_options(arguments)
    try:
        foreground(options, lambda info: logging.info("ready at %s", info.api_url))
    except Exception as error:
        logging.exception("the sandbox could not run")
        (options.state / ERROR).write_text(f"{error}\n", encoding="utf-8")
        return 1
    return 0


def read_options(arguments: list[str] | None) -> Options:
    """Of a command line made by `background.arguments`."""
    parser = argparse.ArgumentParser(prog="python -m deployctl.sandbox.process")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--scenario", default="default")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--overlay", type=Path, action="append", default=[])
    parser.add_argument("--kustomize-flag", action="append", default=[])
    parser.add_argument("--create-kinds", action="store_true")
    given = parser.parse_args(arguments)
    flags = tuple(given.kustomize_flag)
    overlays = tuple(Overlay(folder, flags, given.create_kinds) for folder in given.overlay)
    return Options(given.state, given.scenario, given.speed, overlays, given.keep, given.port)


if __name__ == "__main__":
    sys.exit(main())
