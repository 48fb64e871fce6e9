"""deployctl as a process of its own, without the half second of imports: forked from one that has them done.

The forked process has its own pid, signals, variables, folder and pipes, runs `deployctl.__main__` to the interpreter's
end, and its exit code is the system's. What a fresh interpreter does before is left to the tests that start one.
"""

from __future__ import annotations

import array
import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LONGEST = 1024 * 1024
"""Bytes of a command with its variables."""


@dataclass(frozen=True)
class Ended:
    """How a command ended; a negative code is a signal's, as subprocess says it."""

    code: int
    out: str
    err: str


def run_deployctl(
    *arguments: str, folder: Path, environment: Mapping[str, str], stdin: str = "", timeout: float = 240
) -> Ended:
    """Run it to its end and until its pipes are closed. Raises TimeoutError, after the process was killed."""
    asked = json.dumps({"arguments": arguments, "folder": str(folder), "environment": dict(environment)}).encode()
    ours, theirs = socket.socketpair()
    read_in, write_in = os.pipe()
    read_out, write_out = os.pipe()
    read_err, write_err = os.pipe()
    hand_over(asked, [read_in, write_out, write_err, theirs.fileno()])
    for used in (read_in, write_out, write_err):
        os.close(used)
    theirs.close()
    out, err = _Reading(read_out), _Reading(read_err)
    with os.fdopen(write_in, "w") as given:
        given.write(stdin)
    with ours, ours.makefile() as told:
        ours.settimeout(timeout)
        pid = int(told.readline())
        try:
            status = int(told.readline())
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise
    return Ended(os.waitstatus_to_exitcode(status), out.text(), err.text())


def hand_over(asked: bytes, files: list[int]) -> None:
    """Fork it with these as its input, output and errors; its pid and then its status are written to the fourth."""
    _nursery().ask(asked, files)


class _Reading:
    """One pipe, read to its end beside whatever else goes on."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._text = ""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with os.fdopen(self._pipe, encoding="utf-8") as pipe:
            self._text = pipe.read()

    def text(self) -> str:
        self._thread.join()
        return self._text


class _Nursery:
    """The process with the imports done; it ends when this one does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )

    def close(self) -> None:
        self._socket.close()
        self._process.wait()

    def ask(self, asked: bytes, files: list[int]) -> None:
        with self._lock:
            self._socket.sendmsg([asked], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))])


@cache
def _nursery() -> _Nursery:
    nursery = _Nursery()
    atexit.register(nursery.close)
    return nursery


def _import_all() -> None:
    """All of deployctl, and what it imports at its first use. No thread may be left: only this one is forked."""
    import gc
    import pkgutil
    from importlib import import_module

    import deployctl

    for module in pkgutil.walk_packages(deployctl.__path__, "deployctl."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    for later in ("azure.identity", "kubernetes.config.kube_config", "rich.console", "cryptography.x509"):
        import_module(later)
    assert threading.active_count() == 1
    gc.freeze()


def _serve(asking: socket.socket) -> None:
    """Returns in the forked processes, ready to be deployctl; the nursery ends when nobody can ask any more."""
    while True:
        asked, files, _, _ = socket.recv_fds(asking, LONGEST, 4)
        _reap(os.WNOHANG if asked else 0)
        if not asked:
            os._exit(0)
        if os.fork() == 0:
            break
        for file in files:
            os.close(file)
    asking.close()
    _minded(files)
    _become(json.loads(asked), files)


def _reap(flags: int) -> None:
    """Ended minders, so that what they have used counts as used by the tests."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, flags)[0]:
            pass


def _minded(files: list[int]) -> None:
    """Returns in a child; the parent tells its pid and, when it has ended, its status."""
    *pipes, telling = files
    child = os.fork()
    if child == 0:
        os.close(telling)
        return
    for pipe in pipes:  # they end with the child
        os.close(pipe)
    os.write(telling, f"{child}\n".encode())
    os.write(telling, f"{os.waitpid(child, 0)[1]}\n".encode())
    os._exit(0)


def _become(asked: dict[str, object], files: list[int]) -> None:
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
        os.close(file)
    environment = asked["environment"]
    assert isinstance(environment, dict)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(str(asked["folder"]))
    arguments = asked["arguments"]
    assert isinstance(arguments, list)
    sys.argv = ["deployctl", *arguments]


if __name__ == "__main__":
    _import_all()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    from deployctl.cli import main

    main()
