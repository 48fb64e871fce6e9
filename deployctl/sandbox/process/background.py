"""A sandbox in a process of its own: up, status, down."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployctl.sandbox.process import info as info_file
from deployctl.sandbox.process.control_client import ControlClient, ControlError
from deployctl.sandbox.process.info import SandboxInfo
from deployctl.sandbox.process.options import Options
from deployctl.sandbox.scenario.load import find, name_of

LOG = "sandbox.log"
ERROR = "error.txt"
POLL = 0.01


class SandboxFailed(Exception):
    """A sandbox that did not come up or go down; the message says why and where its log is."""


@dataclass(frozen=True)
class Status:
    """A sandbox that is there, and what it says of itself; `answers` is False for one that died."""

    info: SandboxInfo
    answers: bool
    details: dict[str, Any]


def default_state() -> Path:
    """The folder for the one sandbox that most people have."""
    given = os.environ.get("DEPLOYCTL_SANDBOX")
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(given) if given else Path(base) / "deployctl" / "sandbox"


def status(state: Path) -> Status | None:
    """None when no sandbox was started there."""
    info = info_file.read(state)
    if info is None:
        return None
    try:
        return Status(info, answers=True, details=ControlClient(info).describe())
    except ControlError:
        return Status(info, answers=False, details={})


def up(options: Options, wait_seconds: float = 30.0) -> SandboxInfo:
    """Start one, or find the one that runs there already. Raises SandboxFailed."""
    known = status(options.state)
    if known is not None and known.answers:
        _check_same(known.info, options)
        return known.info
    options.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in (info_file.FILE, ERROR):
        (options.state / name).unlink(missing_ok=True)
    with (options.state / LOG).open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "deployctl.sandbox.process", *arguments(options)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return _await_info(child, options.state, wait_seconds)


def _check_same(info: SandboxInfo, options: Options) -> None:
    wanted = name_of(find(options.scenario))
    if info.scenario != wanted or options.overlays:
        raise SandboxFailed(
            f"a sandbox with scenario {info.scenario!r} runs in {options.state} already; "
            "stop it first with `deployctl sandbox down`, or give another --state"
        )


def _await_info(child: subprocess.Popen[bytes], state: Path, seconds: float) -> SandboxInfo:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        info = info_file.read(state)
        if info is not None and info.pid == child.pid:
            return info
        if child.poll() is not None:
            raise SandboxFailed(_reason(state, f"it ended with {child.returncode}"))
        time.sleep(POLL)
    child.terminate()
    raise SandboxFailed(_reason(state, f"it was not ready after {seconds:g} s"))


def _reason(state: Path, otherwise: str) -> str:
    try:
        return (state / ERROR).read_text(encoding="utf-8").strip()
    except OSError:
        return f"the sandbox did not come up: {otherwise}; its log is {state / LOG}"


def arguments(options: Options) -> list[str]:
    """What the background process is started with."""
    found = ["--state", str(options.state), "--scenario", options.scenario, "--speed", str(options.clock_speed)]
    found += ["--port", str(options.port)] + (["--keep"] if options.keep else [])
    for overlay in options.overlays:
        found += ["--overlay", str(overlay.folder), *(f"--kustomize-flag={flag}" for flag in overlay.flags)]
        found += ["--create-kinds"] if overlay.create_kinds else []
    return found


def down(state: Path, wait_seconds: float = 10.0) -> bool:
    """Stop it; False when none runs there. Raises SandboxFailed when it does not end."""
    info = info_file.read(state)
    if info is None:
        return False
    try:
        ControlClient(info).stop()
    except ControlError:
        (state / info_file.FILE).unlink(missing_ok=True)
        return False
    end = time.monotonic() + wait_seconds
    while (state / info_file.FILE).exists():
        if time.monotonic() > end:
            raise SandboxFailed(f"process {info.pid} was asked to end and did not within {wait_seconds:g} s")
        time.sleep(POLL)
    return True


def environment(info: SandboxInfo) -> dict[str, str]:
    """This process' environment with the sandbox's on top, and no proxy in between."""
    base = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}
    past = ",".join(filter(None, (base.get("NO_PROXY"), "localhost", "127.0.0.1")))
    return {**base, **info.environment(), "NO_PROXY": past, "no_proxy": past}


def run_command(command: Sequence[str], info: SandboxInfo) -> int:
    """The command's exit code; 127 when there is no such command."""
    try:
        return subprocess.run(list(command), env=environment(info), check=False).returncode
    except FileNotFoundError:
        print(f"{command[0]}: no such command", file=sys.stderr)  # noqa: T201  # as a shell says it
        return 127
