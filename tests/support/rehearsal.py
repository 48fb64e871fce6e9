"""The example tree on an embedded cluster of its own: the state that the documented kubectl commands leave."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from released_tree import Tree, copy_of_example

from deployctl.sandbox.process.control_client import ControlClient
from deployctl.sandbox.process.info import SandboxInfo
from deployctl.sandbox.process.inside import running_sandbox
from deployctl.sandbox.process.options import Overlay

QUICK = Path(__file__).resolve().parents[1] / "data" / "scenarios" / "quick.toml"
NAMESPACE = "klinematrix-prod"
OVERLAY = ".pipeline/k8s/overlays/prod/kustomization.yaml"
HOST = "financialagent-gxftdbbre4gtegea.azurecr.io"
BACKEND = f"{HOST}/klinecubic/backend"
FLAGS = ("--load-restrictor=LoadRestrictionsNone",)
POLICIES = """
[policies]
poll = 0.3
repeats = 2
health_interval = 0.2
settle = 1
[policies.deadlines]
health = 6
"""


@dataclass
class Rehearsal:
    """A sandbox, and the tree that is released to it."""

    tree: Tree
    sandbox: SandboxInfo

    def kubectl(self, *arguments: str) -> str:
        return self.tree.kubectl("-n", NAMESPACE, *arguments)

    def kubectl_apply(self, *objects: object) -> None:
        self.tree.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(objects, default_flow_style=False))

    def get(self, *arguments: str) -> Any:
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def revisions(self) -> set[str]:
        return {r["metadata"]["name"] for r in self.get("replicasets", "-l", "app=backend")["items"]}

    def image(self, workload: str = "deployment/backend") -> str:
        return str(self.get(*workload.split("/"))["spec"]["template"]["spec"]["containers"][0]["image"])

    def fault(self, kind: str, **parameters: object) -> None:
        ControlClient(self.sandbox).add_fault(kind, **parameters)

    def requests(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.sandbox.state / "requests.jsonl").read_text().splitlines()]

    def until(self, what: Callable[[], bool], seconds: float = 240.0) -> None:
        """Wait for something the cluster does by itself."""
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, "it did not come"
            time.sleep(0.1)


@contextmanager
def rehearsal(folder: Path, *, change: Callable[[Tree], None] | None = None) -> Iterator[Rehearsal]:
    """A production that serves 0.8.7, while the tree's version file says 0.8.8."""
    tree = copy_of_example(folder / "tree", {})
    (tree.folder / "deployctl.toml").write_text(tree.read("deployctl.toml") + POLICIES)
    if change is not None:
        change(tree)
    tree.run("git", "commit", "--quiet", "--allow-empty", "-am", "for a rehearsal", check=True)
    overlay = Overlay((tree.folder / OVERLAY).parent, FLAGS)
    with running_sandbox(str(QUICK), state=folder / "sandbox", overlays=(overlay,)) as info:
        environment = {**info.environment(), "NO_PROXY": "localhost,127.0.0.1", "PATH": os.environ["PATH"]}
        subject = Rehearsal(Tree(tree.folder, environment), info)
        subject.kubectl("rollout", "status", "deployment/backend", "--timeout=240s")
        subject.kubectl("rollout", "status", "statefulset/mongodb", "--timeout=240s")
        yield subject
