"""A sandbox inside this process, on a thread of its own: for tests, and for commands that need one for a moment."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from deployctl.sandbox.process.info import SandboxInfo
from deployctl.sandbox.process.loop_thread import LoopThread
from deployctl.sandbox.process.options import Options, Overlay
from deployctl.sandbox.process.sandbox import Sandbox, open_sandbox


@contextmanager
def running_sandbox(
    scenario: str = "default",
    clock_speed: float = 1.0,
    state: Path | None = None,
    overlays: tuple[Overlay, ...] = (),
) -> Iterator[SandboxInfo]:
    """A sandbox that answers as long as the context lasts. Without `state` its files go with it.

    Raises what `open_sandbox` raises.
    """
    folder = state or Path(tempfile.mkdtemp(prefix="deployctl-sandbox-"))
    options = Options(state=folder, scenario=scenario, clock_speed=clock_speed, overlays=overlays)
    try:
        with LoopThread() as thread:
            stack = AsyncExitStack()
            sandbox: Sandbox = thread.run(stack.enter_async_context(open_sandbox(options)))
            try:
                yield sandbox.info
            finally:
                thread.run(stack.aclose())
    finally:
        if state is None:
            shutil.rmtree(folder, ignore_errors=True)
