"""What a release costs those outside, on a real cluster: by the seven documented commands, and by deployctl."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

from lab_backend import OVERLAY, REPOSITORY, LabBackend, lab_backend
from outside_probe import OutsideProbe, Seen

from bench.paired import Ratio

NAMESPACE = "bench-downtime"
PAIRS = 5
MEGABYTES, STARTUP = 120, 3
"""Of each image: what a node has to pull, and seconds until it listens."""


def released(pairs: int = PAIRS) -> Ratio:
    """Seconds not served, of deployctl and of the commands by hand; each release is of an image that no node has."""
    with tempfile.TemporaryDirectory() as name:
        backend = lab_backend(Path(name) / "tree", NAMESPACE)
        try:
            return Ratio(tuple(_pair(backend) for _ in range(pairs)))
        finally:
            backend.tree.run("kubectl", "delete", "namespace", NAMESPACE, "--wait=false")


def _pair(backend: LabBackend) -> tuple[float, float]:
    by_hand = downtime(backend, _by_hand)
    by_deployctl = downtime(backend, _by_deployctl)
    print(f"  by hand {by_hand:.2f} s, by deployctl {by_deployctl:.2f} s", flush=True)
    return by_deployctl, by_hand


def downtime(backend: LabBackend, release: Callable[[LabBackend, str], None]) -> float:
    """Seconds not served while a new version is released and until it answers."""
    version = f"1.0.{int(token_hex(4), 16)}"
    with OutsideProbe(f"{backend.tree.environment['DEPLOYCTL_URL']}/api/health") as probe:
        assert probe.well()
        with probe.during() as seen:
            backend.push(version, "--megabytes", str(MEGABYTES), "--startup", str(STARTUP))
            release(backend, version)
            assert probe.well()
    return unserved(seen)


def unserved(seen: list[Seen]) -> float:
    """From each first request that fails until the next one that is answered, together."""
    total, since = 0.0, None
    for one in seen:
        if not one.good and since is None:
            since = one.at
        elif one.good and since is not None:
            total, since = total + one.at - since, None
    return total


def _by_deployctl(backend: LabBackend, version: str) -> None:
    backend.tree.run("deployctl", "release", "backend", "--yes", "--skip-build", "--version", version, check=True)


def _by_hand(backend: LabBackend, version: str) -> None:
    """Version and build are done; the others as the document has them."""
    overlay = backend.tree.folder / OVERLAY
    file = overlay / "kustomization.yaml"
    file.write_text(re.sub(r'("newTag": )"[^"]*"', rf'\g<1>"v{version}"', file.read_text()))
    for command in (
        ("apply", "-k", str(overlay)),
        ("rollout", "restart", "deployment/backend"),
        ("rollout", "status", "deployment/backend", "--timeout=120s"),
    ):
        backend.kubectl(*command)
    url = f"{backend.tree.environment['DEPLOYCTL_URL']}/api/health"
    answer = backend.tree.run("curl", "--fail", "--silent", "--retry", "60", "--retry-delay", "1",
                              "--retry-all-errors", "--noproxy", "*", url)  # fmt: skip
    assert answer.code == 0, f"{REPOSITORY} {version}: {answer.err or os.strerror(answer.code)}"
