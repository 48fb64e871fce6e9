"""A command in a terminal of its own, as a person sees it."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path


def in_terminal(
    command: str,
    folder: Path,
    environment: Mapping[str, str],
    answer: str = "",
    seconds: float = 240,
    *,
    interrupt_at: str = "",
) -> tuple[int, str]:
    """Run a shell command on a pseudo-terminal, typing `answer` when it asks, and interrupting it (once) when it has
    shown `interrupt_at`; its exit code, and what was shown."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["bash", "-c", command],
        cwd=folder,
        env={"TERM": "xterm-256color", "HOME": str(folder), **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    seen, typed, pressed, end = b"", False, False, time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            ready, _, _ = select.select([ours], [], [], 0.2)
            try:
                chunk = os.read(ours, 65536) if ready else b""
            except OSError:
                break  # the other end is closed
            seen += chunk
            if interrupt_at and not pressed and interrupt_at.encode() in seen:
                process.send_signal(signal.SIGINT)
                pressed = True
            if answer and not typed and (b"to go on: " in seen or b"[y/N]: " in seen):
                os.write(ours, f"{answer}\n".encode())
                typed = True
            if process.poll() is not None and not ready:
                break
        return process.wait(timeout=60), seen.decode(errors="replace")
    finally:
        process.kill()
        os.close(ours)
