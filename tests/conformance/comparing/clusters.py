"""The two clusters: the real one that $KUBECONFIG names, and a sandbox of the same shape with the same images."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from conformance.comparing.target import Target
from registry_images import Layout

from deployctl.sandbox.process.background import down, up
from deployctl.sandbox.process.options import Options

OPEN, PRIVATE = "localhost:25000", "localhost:25001"
CREDENTIALS = "lab:lab-secret"
NODES = """
[[nodes]]
name = "{name}"
memory = "2458172Ki"
preloaded_images = [{images}]
"""
REGISTRIES = f"""
[[registries]]
host = "{OPEN}"
challenge = "none"
{{open}}
[[registries]]
host = "{PRIVATE}"
challenge = "basic"
[[registries.accounts]]
username = "lab"
password = "lab-secret"
{{private}}
[unreachable]
"localhost:1" = "refused"
"""


@dataclass(frozen=True)
class Image:
    """`run` is a script for the real program, `behaviour` the same for the sandbox's."""

    repository: str
    tag: str
    run: str = ""
    behaviour: dict[str, str | float] = field(default_factory=dict)
    private: bool = False
    present: bool = True
    """Every node has it from the start."""

    @property
    def host(self) -> str:
        return PRIVATE if self.private else OPEN


IMAGES = (
    Image("conf/web", "v1"),
    Image("conf/web", "v2"),
    Image("conf/web", "v3"),
    Image("conf/oom", "v1", run="/bin/busybox tail /dev/zero", behaviour={"oom_after": 0.2}),
    Image("conf/secret", "v1", private=True, present=False),
)
BINARIES: dict[str, str | float] = {"binaries": "sh,busybox", "user": "root"}
ARM = "conf/arm:v1"


@contextmanager
def both(folder: Path) -> Iterator[tuple[Target, Target]]:
    """The real cluster and the sandbox, images in place."""
    real = Target("real", Path(os.environ["KUBECONFIG"]), folder / "real", OPEN, PRIVATE)
    push_images(real)
    state = folder / "state"
    info = up(Options(state=state, scenario=str(scenario(folder))))
    try:
        opened, private = (registry.endpoint for registry in info.registries)
        yield real, Target("sandbox", info.kubeconfig, folder / "sandbox", opened, private)
    finally:
        down(state)


def scenario(folder: Path) -> Path:
    """The sandbox's world: the lab's nodes and registries."""
    present = ", ".join(f'"{OPEN}/{i.repository}:{i.tag}"' for i in IMAGES if i.present)
    nodes = "".join(NODES.format(name=name, images=present) for name in ("node1", "node2"))
    texts = {private: "".join(_entry(i) for i in IMAGES if i.private == private) for private in (False, True)}
    arm = '\n[[registries.images]]\nrepository = "conf/arm"\ntag = "v1"\nplatforms = ["linux/arm64", "linux/s390x"]\n'
    file = folder / "lab.toml"
    file.write_text(nodes + REGISTRIES.format(open=texts[False] + arm, private=texts[True]), encoding="utf-8")
    return file


def _entry(image: Image) -> str:
    # Tags of one repository are different images, as the lab's are.
    behaviour = "".join(f"{key} = {value!r}\n" for key, value in {**BINARIES, **image.behaviour}.items())
    head = f'\n[[registries.images]]\nrepository = "{image.repository}"\ntag = "{image.tag}"\nsalt = "{image.tag}"\n'
    return f"{head}[registries.images.behaviour]\n{behaviour}"


def push_images(real: Target) -> None:
    """Into the lab's registries, and onto its nodes those that are to be present."""
    for image in IMAGES:
        command = [os.environ["DEPLOYCTL_LAB"], "image", f"{image.host}/{image.repository}:{image.tag}"]
        command += ["--version", f"{image.tag} of {image.repository}", *(["--run", image.run] if image.run else [])]
        subprocess.run(command, check=True, capture_output=True)
    with tempfile.TemporaryDirectory() as name:
        layout = Layout()
        top = layout.index(("arm64", layout.image("hello", "arm64")))
        folder = layout.write(Path(name) / "layout", top)
        push = ["skopeo", "--insecure-policy", "copy", "--all", "--dest-tls-verify=false"]
        subprocess.run([*push, f"oci:{folder}", f"docker://{OPEN}/{ARM}"], check=True, capture_output=True)
    warm(real)


def warm(real: Target) -> None:
    """A pod on each node that ran every image once."""
    images = [f"{image.host}/{image.repository}:{image.tag}" for image in IMAGES if image.present]
    steps = [
        {"name": f"i{n}", "image": ref, "imagePullPolicy": "Always", "command": ["/bin/busybox", "true"]}
        for n, ref in enumerate(images)
    ]
    last = {"name": "stay", "image": images[0]}
    pod = {"metadata": {"labels": {"a": "warm"}}, "spec": {"initContainers": steps, "containers": [last]}}
    spec = {"selector": {"matchLabels": {"a": "warm"}}, "template": pod}
    body = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "warm"}, "spec": spec}
    real.kubectl("create namespace conf-warm")
    real.kubectl("-n conf-warm replace --force -f -", yaml.safe_dump(body))
    done = real.kubectl("-n conf-warm rollout status ds/warm --timeout=120s")
    assert done.code == 0, done.err
    real.kubectl("delete namespace conf-warm --wait=false")
