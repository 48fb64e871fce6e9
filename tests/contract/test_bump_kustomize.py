"""What a bump writes is what the real kustomize reads."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from deployctl.model.image import Image
from deployctl.overlay import bump_all

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl on PATH")

TAGS = (
    *("1.10", "1e3", "0755", "0x1F", "0b11", "0o17", "1_000", "1_", "0_7", "1.", "1E5", "00", "08", "1e400"),
    *("on", "Off", "yes", "No", "y", "N", "true", "TRUE", "null", "Null", "2024-01-01", "20240101"),
    *("v1", "1.2.3", "7-alpine", "nan", "e1", "_1", "0x", "0b2", "1e", "latest", "prod-v0.8.8"),
)
POD = "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {0}}}\nspec: {{containers: [{{name: c, image: {0}}}]}}\n"


def rendered(folder: Path) -> list[str]:
    """The images of all pods, as `kubectl kustomize` gives them."""
    done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return [pod["spec"]["containers"][0]["image"] for pod in yaml.safe_load_all(done.stdout)]


@pytest.mark.parametrize("entry", ["- name: {0}\n  newTag: v0\n", "- {{name: {0}, newTag: v0}}\n", "- name: {0}\n"])
def test_every_tag_arrives_as_it_was_meant(tmp_path: Path, entry: str) -> None:
    names = [f"i{n:02}" for n in range(len(TAGS))]
    (tmp_path / "pods.yaml").write_text("".join(POD.format(name) for name in names))
    text = "resources: [pods.yaml]\nimages:\n" + "".join(entry.format(name) for name in names)
    wanted = tuple((name, Image("localhost:5000", name, tag)) for name, tag in zip(names, TAGS, strict=True))
    (tmp_path / "kustomization.yaml").write_text(bump_all(text, wanted).after)
    assert rendered(tmp_path) == [str(image) for _, image in wanted]


def test_an_anchor_that_moved_still_serves_the_others(tmp_path: Path) -> None:
    (tmp_path / "pods.yaml").write_text("".join(POD.format(name) for name in ("api", "job", "web")))
    images = "- name: api\n  newTag: &v 'v1'\n- {name: job, newTag: *v}\n- name: web\n  newTag: *v\n"
    text = f"resources: [pods.yaml]\nimages:\n{images}"
    (tmp_path / "kustomization.yaml").write_text(bump_all(text, (("api", Image("h.example", "api", "v2")),)).after)
    assert rendered(tmp_path) == ["h.example/api:v2", "job:v1", "web:v1"]
