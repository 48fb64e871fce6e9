"""What one look at a rollout asks of the API server."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from deployctl.adapters.clock import SystemClock
from deployctl.adapters.kubernetes.connection import Connection, Request
from deployctl.adapters.kubernetes.kubeconfig import ClusterSettings
from deployctl.adapters.kubernetes.reader import KubernetesCluster
from deployctl.sandbox.process.control_client import ControlClient
from deployctl.sandbox.process.inside import running_sandbox


def deployment(name: str) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "it", "image": "x/y:1"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": name}}, "template": template},
    }


def requests_per_look(workloads: int) -> int:
    """By the sandbox's request log: a look with that many Deployments in the namespace."""
    with tempfile.TemporaryDirectory() as name, running_sandbox(state=Path(name)) as sandbox:
        connection = Connection(ClusterSettings(sandbox.kubeconfig), SystemClock(), {})
        for number in range(workloads):
            body = json.loads(json.dumps(deployment(f"app-{number}")))
            answer = connection.send(Request("POST", "/apis/apps/v1/namespaces/default/deployments", body=body))
            assert answer.ok, answer
        control = ControlClient(sandbox)
        mark = control.request_count()
        world = KubernetesCluster(connection).world("default")
        assert len(world.workloads) == workloads
        asked = [r for r in control.requests(mark) if r["user_agent"].startswith("deployctl/")]
        connection.close()
    return len(asked)
