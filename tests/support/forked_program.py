"""`deployctl` on PATH for shells: what a script or a terminal starts by that name is forked with its imports done."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forked import LONGEST, hand_over

STARTED = f"""#!{sys.executable} -IS
import array, json, os, socket, sys
calling = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
calling.connect(os.environ["FORKED_DEPLOYCTL"])
asked = {{"arguments": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}}
files = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))
calling.sendmsg([json.dumps(asked).encode()], [files])
calling.recv(100)
status = int(calling.recv(100))
os._exit(os.waitstatus_to_exitcode(status) & 255)
"""
"""The program: it lends its three files and ends as the forked process did."""


@contextmanager
def forked_program() -> Iterator[dict[str, str]]:
    """The variables with which a shell finds it, before what is installed."""
    with (
        tempfile.TemporaryDirectory(prefix="forked-") as name,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening,
    ):
        program, address = Path(name, "bin", "deployctl"), str(Path(name, "calls"))
        program.parent.mkdir()
        program.write_text(STARTED)
        program.chmod(0o755)
        listening.bind(address)
        listening.listen()
        thread = threading.Thread(target=_answer, args=(listening,), daemon=True)
        thread.start()
        path = f"{program.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        yield {"PATH": path, "FORKED_DEPLOYCTL": address}
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def _answer(listening: socket.socket) -> None:
    while True:
        try:
            calling, _ = listening.accept()
        except OSError:
            return  # it was shut
        with calling:
            asked, files, _, _ = socket.recv_fds(calling, LONGEST, 3)
            hand_over(asked, [*files, calling.fileno()])
            for file in files:
                os.close(file)
