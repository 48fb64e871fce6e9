"""Every shipped scenario: its fault shows as its file says, and a release on it ends as its file accepts."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from signs import fits, shows, signs_of
from stage import Ended, Stage, staged

from deployctl.sandbox.scenario.load import load, shipped
from deployctl.sandbox.scenario.model import Scenario

SPEED = 5.0
SHOWING = 600.0
"""Seconds of sandbox time within which a fault must show: wide, for a machine may be busy."""


@pytest.mark.scenarios
@pytest.mark.parametrize("name", sorted(set(shipped()) - {"default"}))
def test_a_scenario_shows_its_fault_and_a_release_on_it_ends_as_it_says(name: str, tmp_path: Path) -> None:
    scenario = load(name)
    with staged(name, tmp_path, speed=SPEED) as stage:
        if not scenario.expect.after_release:
            show(stage, scenario)
        for edit in scenario.expect.edits:
            stage.tree.replace(edit.file, edit.old, edit.new)
        wanted = scenario.expect.release
        ended = stage.release(wanted.environment, accept_collateral=wanted.accept_collateral)
        check(ended, scenario)
        if scenario.expect.after_release:
            show(stage, scenario)
        if ended.code == 0:
            assert served_as_released(stage), "a release that says it is done must be done"


def show(stage: Stage, scenario: Scenario) -> None:
    for command in scenario.expect.provoke:
        stage.kubectl(*command.split(" "))
    for sign in signs_of(scenario.expect):
        stage.until(partial(shows, stage, sign), str(sign), SHOWING)


def check(ended: Ended, scenario: Scenario) -> None:
    wanted = scenario.expect.release
    assert ended.code in wanted.codes, ended.summary()
    assert ended.seconds <= wanted.seconds, ended.summary()
    assert fits(wanted.says, ended.told), ended.told
    if ended.code == 0:
        assert ended.block == ""
        assert fits(wanted.incident, ended.told), ended.told
        return
    assert fits(wanted.cause, first_lines(ended.block) if wanted.incident else ended.block), ended.block
    assert fits(page_of(wanted.incident), ended.block), ended.block
    assert ended.problem["action"], ended.block


def first_lines(block: str) -> str:
    """What a person takes in at once: the failure, where it is, and the first thing that was seen."""
    return "\n".join(block.splitlines()[:3])


def page_of(incident: str) -> str:
    """The line that leads to an incident's page."""
    return f"see    docs/troubleshooting.md#{incident}$" if incident else ""


def served_as_released(stage: Stage) -> bool:
    """Every pod of the backend runs the new tag, is Ready, and the ingress answers for it. What ended (evicted, say)
    and was left behind serves nothing and is nobody's new version."""
    found = [p for p in stage.list("pods") if p["metadata"].get("labels", {}).get("app") == "backend"]
    pods = [p for p in found if p["status"]["phase"] not in ("Failed", "Succeeded")]
    images = {c["image"].rpartition(":")[2] for p in pods for c in p["spec"]["containers"]}
    ready = all(c["ready"] for p in pods for c in p["status"].get("containerStatuses", ()))
    status, body = stage.answer("https://klinecubic.cn/api/health")
    return (images, ready, status) == ({"prod-v0.8.8"}, True, 200) and '"status": "ok"' in body
