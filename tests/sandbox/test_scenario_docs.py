"""docs/sandbox.md says what the sandbox takes."""

from __future__ import annotations

import re
from pathlib import Path

from deployctl.sandbox.fault_kinds import KINDS
from deployctl.sandbox.process.control import Control
from deployctl.sandbox.scenario.load import load, shipped

DOCUMENT = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")


def test_the_documented_scenario_loads(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    (tmp_path / "extra.yaml").write_text("", encoding="utf-8")
    (tmp_path / "example.toml").write_text(example, encoding="utf-8")
    scenario = load(str(tmp_path / "example.toml"))
    assert scenario.description == "The pull secret's password has expired"
    assert [fault.kind for fault in (*scenario.faults, *scenario.then.faults)] == ["slow-pull", "credential-expired"]
    assert (len(scenario.then.deletions), len(scenario.then.patches), scenario.expect.release.codes) == (1, 1, (3,))


def test_every_fault_is_in_the_table_and_no_other() -> None:
    table = DOCUMENT.partition("## Faults")[2].partition("\n## ")[0]
    assert dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", table, re.MULTILINE)) == {
        name: kind.meaning for name, kind in KINDS.items()
    }


def test_the_shipped_scenarios_are_named() -> None:
    assert [name for name in shipped() if f"`{name}`" not in DOCUMENT] == []


def test_the_endpoints_paths_are_named() -> None:
    served = {r.resource.canonical for r in Control(None, "").app().router.routes() if r.resource}  # type: ignore[arg-type]  # no handler runs
    documented = set(re.findall(r"/sandbox/[a-z-]+", DOCUMENT))
    assert {path.partition("/{")[0] for path in served} == documented


INCIDENTS = {
    "ARCH001", "CERT001", "DEPLOY001", "ENV001", "INGRESS001", "K8S-001", "K8S-002", "K8S-003", "NODE001", "POD001",
    "SECRET001",
}  # fmt: skip
SILENT = {"K8S-003"}
"""A Service of another namespace, that no release touches or reads: `diagnose` names it."""


def test_a_release_on_each_incidents_scenario_must_name_its_cause_and_its_page() -> None:
    named = {name: load(name).expect.release for name in shipped() if name.startswith("incidents/")}
    ids = {name: _incident(name.removeprefix("incidents/")) for name in named}
    assert set(ids.values()) == INCIDENTS
    assert {name: e.incident for name, e in named.items() if ids[name] not in SILENT} == {
        name: id_ for name, id_ in ids.items() if id_ not in SILENT
    }
    assert [name for name, e in named.items() if ids[name] not in SILENT and not (e.cause or e.says)] == []
    assert [name for name, e in named.items() if len(e.codes) != 1] == []


def _incident(name: str) -> str:
    return (name if name.startswith("k8s-") else name.partition("-")[0]).upper()
