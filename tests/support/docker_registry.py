"""Debian's docker-registry as a real registry on a free port of this machine, with skopeo to push into it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

USER, PASSWORD = "puller", "correct horse"


def needs(program: str) -> str:
    """The program's path; where it is missing the test is skipped, in CI it fails."""
    path = shutil.which(program)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(f"{program} is not installed")
        pytest.skip(f"{program} is not installed")
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def docker_registry(folder: Path, *, htpasswd: bool) -> Iterator[str]:
    """Yields host:port of a running registry; its data lies in `folder`."""
    program = needs("docker-registry")
    port = free_port()
    environ = {
        **os.environ,
        "REGISTRY_HTTP_ADDR": f"127.0.0.1:{port}",
        "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": str(folder / "data"),
        "OTEL_TRACES_EXPORTER": "none",
    }
    config = folder / "config.yml"
    config.write_text(configuration(folder) if htpasswd else configuration(None))
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen([program, "serve", str(config)], env=environ, stdout=log, stderr=log) as server,
    ):
        try:
            wait_for(port, server)
            yield f"127.0.0.1:{port}"
        finally:
            server.terminate()


def configuration(folder: Path | None) -> str:
    text = "version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: /nowhere}}\nhttp: {addr: ':0'}\n"
    if folder is None:
        return text
    program = needs("htpasswd")
    done = subprocess.run([program, "-nbB", USER, PASSWORD], capture_output=True, check=True, text=True)
    (folder / "users").write_text(done.stdout)
    return text + f"auth: {{htpasswd: {{realm: test, path: {folder / 'users'}}}}}\n"


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.poll() is not None:
            pytest.fail(f"docker-registry ended with {server.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail("docker-registry did not listen within 60 s")


def push(layout: Path, reference: str, *, login: bool = False) -> None:
    """Copies an OCI layout into the registry, an index with all its platforms, every byte kept."""
    skopeo = needs("skopeo")
    who = ["--dest-creds", f"{USER}:{PASSWORD}"] if login else []
    command = [skopeo, "--insecure-policy", "copy", "--all", "--preserve-digests", "--dest-tls-verify=false", *who]
    done = subprocess.run(
        [*command, f"oci:{layout}", f"docker://{reference}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
