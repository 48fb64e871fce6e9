"""Every incident and every cause that the rules can name has its place in docs/troubleshooting.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
FOLDERS = (ROOT / "deployctl" / "model" / "rules", ROOT / "deployctl" / "planning" / "examination")
RULES = "\n".join(path.read_text(encoding="utf-8") for folder in FOLDERS for path in folder.glob("*.py"))
INCIDENTS = (
    "ARCH001",
    "DEPLOY001",
    "CERT001",
    "SECRET001",
    "INGRESS001",
    "POD001",
    "NODE001",
    "K8S-001",
    "K8S-002",
    "K8S-003",
    "ENV001",
)


@pytest.mark.parametrize("incident", INCIDENTS)
def test_an_incident_has_an_anchor_with_cause_evidence_and_next_action(incident: str) -> None:
    entry = PAGE.partition(f'<a id="{incident}"></a>')[2].partition("<a id=")[0].partition("\n## ")[0]
    assert f"### {incident}: " in entry
    assert all(part in entry for part in ("**Cause.**", "**Evidence.**", "**Next.**"))


def test_every_incident_that_code_names_has_an_anchor() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "deployctl").rglob("*.py"))
    named = set(re.findall(r'"((?:[A-Z]{3,7}|K8S-)\d{3})"', source))
    assert named
    assert named <= {*INCIDENTS}


def test_every_cause_of_the_fail_fast_table_is_explained() -> None:
    found = re.findall(
        r'(?:finding|Diagnosis|PullError)\(\s*"([a-z]+(?:-[a-z]+)+|paused|evicted|superseded|drifted|unhealthy)"', RULES
    )
    assert len(set(found)) > 30
    assert [cause for cause in sorted(set(found)) if f"`{cause}`" not in PAGE] == []
