"""skopeo, as an independent client, pushes to and pulls from the sandbox's registry."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from served_registry import ADMIN, PULLER, Served, served_registry

from deployctl.sandbox.registry.access import Account
from deployctl.sandbox.registry.make import ImageSpec, make_image
from deployctl.sandbox.registry.registry import Challenge

pytestmark = pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")
SPEC = ImageSpec(size=1 << 20, labels={"sandbox.version": "1"}, platforms=("linux/amd64", "linux/arm64"))


@pytest.fixture(params=["bearer", "basic"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    challenge: Challenge = request.param
    with served_registry(tmp_path, challenge) as found:
        yield found


def skopeo(served: Served, *arguments: str, account: Account = ADMIN) -> subprocess.CompletedProcess[str]:
    """`@` stands for the registry in an argument."""
    command, *rest = (argument.replace("@", f"docker://{served.host}/") for argument in arguments)
    prefix = {"copy": ("src-", "dest-")}.get(command, ("",))
    flags = [flag for p in prefix for flag in (f"--{p}cert-dir={served.certs}", f"--{p}creds={_creds(account)}")]
    return subprocess.run(["skopeo", command, *flags, *rest], capture_output=True, text=True, check=False)


def _creds(account: Account) -> str:
    return f"{account.username}:{account.password}"


def test_an_index_is_copied_whole_out_and_in_again(served: Served, tmp_path: Path) -> None:
    made = make_image(served.registry.storage, "team/backend", "v1", SPEC)

    out = skopeo(served, "copy", "--all", "--preserve-digests", "@team/backend:v1", f"oci:{tmp_path}/layout:x")
    back = skopeo(served, "copy", "--all", "--preserve-digests", f"oci:{tmp_path}/layout:x", "@copied/backend:v1")
    assert (out.returncode, back.returncode) == (0, 0), out.stderr + back.stderr
    assert served.registry.storage.repository("copied/backend").tags["v1"].digest == made.digest


def test_inspect_reads_the_config_of_the_wanted_platform(served: Served) -> None:
    make_image(served.registry.storage, "team/backend", "v1", SPEC)

    answer = skopeo(served, "inspect", "--override-arch=arm64", "@team/backend:v1")
    found = json.loads(answer.stdout)
    assert (found["Architecture"], found["Labels"], found["RepoTags"]) == ("arm64", {"sandbox.version": "1"}, ["v1"])


def test_delete_removes_the_manifest_and_its_tag(served: Served) -> None:
    make_image(served.registry.storage, "team/backend", "v1", ImageSpec(size=4096))

    assert skopeo(served, "delete", "@team/backend:v1").returncode == 0
    assert served.registry.storage.repository("team/backend").tags == {}


def test_a_missing_tag_is_said_to_be_unknown(served: Served) -> None:
    make_image(served.registry.storage, "team/backend", "v1", ImageSpec(size=4096))

    answer = skopeo(served, "inspect", "@team/backend:v2")
    assert answer.returncode != 0
    assert "manifest unknown" in answer.stderr or 'tagged by \\"v2\\" is not found' in answer.stderr


def test_a_wrong_password_is_refused(served: Served) -> None:
    answer = skopeo(served, "inspect", "@team/backend:v1", account=Account("admin", "wrong"))
    assert answer.returncode != 0
    assert "authentication required" in answer.stderr


def test_a_pull_credential_can_pull_its_repositories_and_push_none(served: Served, tmp_path: Path) -> None:
    make_image(served.registry.storage, "team/backend", "v1", ImageSpec(size=4096))
    make_image(served.registry.storage, "other/backend", "v1", ImageSpec(size=4096))

    pulled = skopeo(served, "copy", "@team/backend:v1", f"oci:{tmp_path}/layout:x", account=PULLER)
    foreign = skopeo(served, "copy", "@other/backend:v1", f"oci:{tmp_path}/layout:y", account=PULLER)
    pushed = skopeo(served, "copy", f"oci:{tmp_path}/layout:x", "@team/backend:v2", account=PULLER)
    assert [pulled.returncode == 0, foreign.returncode == 0, pushed.returncode == 0] == [True, False, False]
    assert set(served.registry.storage.repository("team/backend").tags) == {"v1"}
