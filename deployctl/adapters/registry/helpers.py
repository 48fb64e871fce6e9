"""`docker-credential-NAME get`: the server's address on stdin, a JSON answer on stdout (docker-credential-helpers)."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress

from deployctl.adapters.registry.credential import Found, Lacking, Login, RefreshToken
from deployctl.model.json import text

NAME = re.compile(r"[A-Za-z0-9._-]+")
TOKEN_USER = "<token>"  # noqa: S105 - what helpers answer as Username when Secret is a refresh token


def ask_helper(name: str, server: str, *, environ: Mapping[str, str], timeout: float) -> Found | Lacking:
    """What the helper keeps for the server. Its output is parsed and never shown: it holds the password."""
    program = f"docker-credential-{name}"
    if not NAME.fullmatch(name):
        return Lacking("docker", "the configured credential helper has no usable name")
    path = shutil.which(program, path=environ.get("PATH"))
    if path is None:
        return Lacking(program, "the credential helper is not on PATH")
    try:
        code, output = _run([path, "get"], server.encode(), dict(environ), timeout)
    except subprocess.TimeoutExpired:
        return Lacking(program, f"it did not answer within {timeout:g} s")
    except OSError as error:
        return Lacking(program, f"it cannot be run ({error.strerror})")
    if code != 0:
        return Lacking(program, f"it has nothing for {server} (exit {code})")
    return _parse(program, server, output)


def _run(command: list[str], stdin: bytes, environ: dict[str, str], timeout: float) -> tuple[int, bytes]:
    """Exit code and output. A helper that hangs is ended with all that it started: these would hold the pipes open."""
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=nothing, env=environ, start_new_session=True
    ) as process:
        try:
            output, _ = process.communicate(stdin, timeout)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
        return process.returncode, output


def _parse(program: str, server: str, output: bytes) -> Found | Lacking:
    try:
        answer = json.loads(output)
    except ValueError:
        return Lacking(program, "its answer is not JSON")
    username, secret = text(answer, "Username"), text(answer, "Secret")
    if not secret:
        return Lacking(program, f"it has nothing for {server}")
    return Found(program, RefreshToken(secret) if username == TOKEN_USER else Login(username, secret))
