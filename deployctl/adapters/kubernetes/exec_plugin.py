"""Credentials from an exec plugin of the kubeconfig (client.authentication.k8s.io).

The kubernetes package only logs a plugin's failure and goes on anonymously, has no time limit, and runs the plugin on
every request when its token lives five minutes or less; so the plugin is run here.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

from deployctl.model.errors import Unavailable
from deployctl.model.json import Json, items, mapping, text
from deployctl.model.pod import timestamp
from deployctl.model.rules.masking import MASK, scrub, secret_name

TIMEOUT = 120.0
"""Seconds; a person may have to answer a device login."""


@dataclass(frozen=True)
class ExecCredential:
    """What a plugin gave: a token, or a client certificate with its key."""

    token: str = field(repr=False, default="")
    certificate: str = field(repr=False, default="")
    key: str = field(repr=False, default="")
    expires: datetime | None = None


def run_plugin(
    spec: Json, folder: Path, cluster: Json, environ: Mapping[str, str], timeout: float = TIMEOUT
) -> ExecCredential:
    """Run the plugin as kubectl does: a relative path starts at the kubeconfig's folder, a bare name at PATH.

    Raises Unavailable with the plugin's command line and what it said.
    """
    command = [_program(text(spec, "command"), folder), *_arguments(spec)]
    shown = _shown(text(spec, "command"), _arguments(spec))
    environment = {**environ, **{text(e, "name"): text(e, "value") for e in items(spec, "env")}}
    environment["KUBERNETES_EXEC_INFO"] = json.dumps(_exec_info(spec, cluster))
    try:
        code, output, said = _run(command, environment, interactive=_interactive(spec), timeout=timeout)
    except FileNotFoundError:
        hint = text(spec, "installHint").strip()
        raise _failed(shown, "the program is not there", (hint,) if hint else (), f"install {command[0]}") from None
    except OSError as error:
        raise _failed(shown, f"it cannot be started: {error.strerror}") from None
    except subprocess.TimeoutExpired as error:
        raise _failed(shown, f"no answer in {timeout:g} s", _lines(error.stderr)) from None
    if code != 0:
        raise _failed(shown, f"exit status {code}", _lines(said))
    return _credential(output, shown, _lines(said))


def _run(
    command: list[str], environment: Mapping[str, str], *, interactive: bool, timeout: float
) -> tuple[int, bytes, bytes]:
    """Exit status, output and what it said. A person at a terminal sees the latter at once: it may be the address and
    the code of a device login. Raises OSError, subprocess.TimeoutExpired."""
    said: list[bytes] = []
    stdin = None if interactive else subprocess.DEVNULL
    with subprocess.Popen(
        command, env=environment, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        listener = threading.Thread(target=_listen, args=(process.stderr, said, interactive), daemon=True)
        listener.start()
        alarm = threading.Timer(timeout, process.kill)
        alarm.start()
        try:
            output = process.stdout.read() if process.stdout else b""
            code = process.wait()
        finally:
            in_time = alarm.is_alive()
            alarm.cancel()
        listener.join(timeout=1)
    if not in_time:
        raise subprocess.TimeoutExpired(command, timeout, output, b"".join(said))
    return code, output, b"".join(said)


def _listen(stream: IO[bytes], said: list[bytes], shown: bool) -> None:
    for line in stream:
        said.append(line)
        if shown:
            sys.stderr.buffer.write(line)
            sys.stderr.buffer.flush()


def _credential(output: bytes, shown: str, said: tuple[str, ...]) -> ExecCredential:
    try:
        status = mapping(json.loads(output), "status")
    except ValueError:
        raise _failed(shown, "its output is not JSON", said) from None
    credential = ExecCredential(
        text(status, "token"),
        text(status, "clientCertificateData"),
        text(status, "clientKeyData"),
        timestamp(text(status, "expirationTimestamp")),
    )
    if not credential.token and not (credential.certificate and credential.key):
        raise _failed(shown, "it gave neither a token nor a client certificate", said)
    return credential


def _failed(shown: str, what: str, said: tuple[str, ...] = (), action: str = "") -> Unavailable:
    return Unavailable(
        f"the kubeconfig's credential plugin failed: {what}",
        where=shown,
        evidence=said,
        action=action or f"log in again, then try it by hand: {shown}",
    )


def _shown(command: str, arguments: list[str]) -> str:
    """The command line as a person may see it: the value after an option such as --client-secret is hidden."""
    pairs = zip([command, *arguments], arguments, strict=False)
    hidden = [MASK if flag.startswith("-") and secret_name(flag.lstrip("-")) else scrub(word) for flag, word in pairs]
    return shlex.join([command, *hidden])


def _program(command: str, folder: Path) -> str:
    return str(folder / command) if os.sep in command and not Path(command).is_absolute() else command


def _arguments(spec: Json) -> list[str]:
    given = spec.get("args")
    return [str(argument) for argument in given] if isinstance(given, list) else []


def _interactive(spec: Json) -> bool:
    streams = (sys.stdin, sys.stderr)
    return text(spec, "interactiveMode") != "Never" and all(s is not None and s.isatty() for s in streams)


def _exec_info(spec: Json, cluster: Json) -> dict[str, object]:
    info: dict[str, object] = {"interactive": _interactive(spec)}
    if spec.get("provideClusterInfo"):
        extensions = {text(e, "name"): e.get("extension") for e in items(cluster, "extensions")}
        info["cluster"] = {k: v for k, v in cluster.items() if k != "extensions"} | {
            "config": extensions.get("client.authentication.k8s.io/exec")
        }
    return {"apiVersion": text(spec, "apiVersion"), "kind": "ExecCredential", "spec": info}


def _lines(output: bytes | None) -> tuple[str, ...]:
    lines = (output or b"").decode(errors="replace").splitlines()
    return tuple(line for line in (raw.strip() for raw in lines) if line)[-10:]
