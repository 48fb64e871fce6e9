"""`deployctl diagnose` names every incident: its cause in the first three lines, its id, what was seen, what to do."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from signs import shows, signs_of
from stage import Stage, staged

from deployctl.engine.examine import read_examination
from deployctl.sandbox.scenario.load import load
from deployctl.sandbox.scenario.model import Scenario
from deployctl.ui.examination_view import examination_lines

SPEED = 5.0
SHOWING = 600.0
"""Seconds of sandbox time within which a fault must show: wide, for a machine may be busy."""

CAUSES = {
    "arch001-expired": "pull secret|password",
    "arch001-missing": "pull secret|acr-secret",
    "arch001-not-referenced": "pull secret",
    "cert001-challenge": "certificate.*not issued.*klinecubic.cn",
    "deploy001-nothing-matches": "matches nothing",
    "deploy001-same-tag": "backend.* do not run what their tag is",
    "env001": "never deployed",
    "ingress001-class": "IngressClass traefik does not exist",
    "ingress001-port": "service backend-service has no port 8080",
    "k8s-001": "cannot reach Docker Hub",
    "k8s-002": "drifted apart.*deployment/redis",
    "k8s-003": "slb.s1.small",
    "node001": "no node has room.*memory",
    "pod001-missing-variable": "backend crashes",
    "pod001-mongodb-down": "mongodb crashes",
    "pod001-oom": "backend was killed for memory.*its limit is 1Gi",
    "secret001-missing": "backend-secrets does not exist",
    "secret001-missing-key": "has no key dashscope-api-key",
}
"""What a person must read at once."""
HARMLESS = ("k8s-003",)


@pytest.mark.scenarios
@pytest.mark.parametrize("name", sorted(CAUSES))
def test_diagnose_names_the_incident_in_its_first_lines(name: str, tmp_path: Path) -> None:
    scenario = load(f"incidents/{name}")
    with staged(f"incidents/{name}", tmp_path, speed=SPEED) as stage:
        show(stage, scenario)
        written, target = writes(stage), stage.target(scenario.expect.release.environment)
        if name in HARMLESS:
            stage.until(lambda: not read_examination(target, ()).wrong, "production settles", SHOWING)
        found = read_examination(target, ())
        assert writes(stage) == written, "diagnose must write nothing"
    text = "\n".join(line.plain for line in examination_lines(found, verbose=True))
    worst = [d for d in found.diagnoses if d.incident == incident_of(name)]
    assert worst, text
    assert worst[0].action, text
    assert re.search(CAUSES[name], "\n".join(text.splitlines()[:3]) if name not in HARMLESS else text), text
    assert bool(found.wrong) == (name not in HARMLESS), text


def show(stage: Stage, scenario: Scenario) -> None:
    """The incident as a person meets it; where it lies in a new version, after a release of that."""
    for edit in scenario.expect.edits:
        stage.tree.replace(edit.file, edit.old, edit.new)
    if scenario.expect.after_release and not scenario.expect.edits:
        assert stage.release().code != 0
    for command in scenario.expect.provoke:
        stage.kubectl(*command.split(" "))
    for sign in signs_of(scenario.expect):
        stage.until(partial(shows, stage, sign), str(sign), SHOWING)


def incident_of(name: str) -> str:
    """`POD001` of `pod001-oom`, `K8S-001` of `k8s-001`."""
    return (name if name.startswith("k8s-") else name.partition("-")[0]).upper()


def writes(stage: Stage) -> list[str]:
    """Writes to the API server by deployctl, dry runs left out."""
    lines = (stage.sandbox.state / "requests.jsonl").read_text().splitlines()
    verbs = ('"POST"', '"PUT"', '"PATCH"', '"DELETE"')
    return [line for line in lines if any(v in line for v in verbs) and "deployctl" in line and "dryRun" not in line]
