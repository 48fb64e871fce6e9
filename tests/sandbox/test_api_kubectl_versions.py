"""An old kubectl and the newest one find the same cluster in the sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from kubectls import kubectls, numbers, old_kubectl, version
from served_api import deployment, served_api

SMALL_SET = (
    ("apply", "-f", "-"),
    ("apply", "--server-side", "--force-conflicts", "-f", "-"),
    ("diff", "-f", "-"),
    ("get", "deploy", "web", "-o", "jsonpath={.spec.replicas} {.metadata.generation}"),
    ("get", "deploy", "-o", "name"),
    ("patch", "deploy", "web", "--type=merge", "-p", '{"metadata":{"labels":{"tier":"front"}}}'),
    ("set", "image", "deploy/web", "app=registry.example.com/app:2"),
    ("scale", "deploy/web", "--replicas=3"),
    ("rollout", "pause", "deploy/web"),
    ("rollout", "restart", "deploy/web"),
    ("wait", "--for=jsonpath={.spec.replicas}=3", "deploy/web", "--timeout=120s"),
    ("get", "deploy", "none"),
    ("auth", "can-i", "delete", "pods"),
    ("delete", "deploy", "web", "-o", "name"),  # in words, newer ones name the namespace too
)


def answers(folder: Path, kubectl: str) -> list[tuple[int, str]]:
    """What a person reads of each command: exit code, and both outputs."""
    manifest = yaml.safe_dump(deployment("web", 2))
    with served_api(folder) as api:
        ran = [api.kubectl(kubectl, *command, stdin=manifest) for command in SMALL_SET]
    return [(one.code, f"{one.out}{one.err}".strip()) for one in ran]


def test_an_old_kubectl_and_the_newest_are_answered_alike(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    newest = max(kubectls(), key=lambda binary: numbers(version(binary)))
    old = old_kubectl(pytestconfig.rootpath / ".pytest_cache" / "kubectl")
    assert numbers(version(old)) < numbers(version(newest))

    said = answers(tmp_path / "old", old)
    assert said == answers(tmp_path / "new", newest)
    assert [code for code, _ in said] == [0] * 9 + [1, 0, 1, 0, 0]
