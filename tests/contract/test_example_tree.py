"""The example's tree has the traps that its README promises."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from deployctl.adapters.kustomize.renderer import KustomizeRenderer
from deployctl.config import load
from deployctl.model.errors import Refused
from deployctl.model.image import Image
from deployctl.model.workload import container_specs, pod_template
from deployctl.overlay import bump, read_entries
from deployctl.ports import Rendered

EXAMPLE = Path(__file__).parents[2] / "examples" / "klinematrix"

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl on PATH")


def rendered(name: str) -> Rendered:
    environment = load(EXAMPLE, None, {}).environment(name)
    return KustomizeRenderer().render(environment.overlay, environment.kustomize_flags, {})


def images(name: str) -> set[str]:
    return {c.image for m in rendered(name).manifests for c in container_specs(pod_template(m.body))}


def test_production_is_of_the_real_size_and_shape() -> None:
    kinds = Counter(m.ref.kind for m in rendered("prod").manifests)
    assert kinds == {
        **dict.fromkeys(("Namespace", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"), 1),
        **dict.fromkeys(("Secret", "StatefulSet", "Job", "Ingress", "ClusterIssuer"), 1),
        "ConfigMap": 2,
        "CronJob": 2,
        "Deployment": 3,
        "Service": 4,
    }
    assert 20 <= kinds.total() <= 29


def test_production_builds_only_with_files_from_outside_its_folder() -> None:
    with pytest.raises(Refused):
        KustomizeRenderer().render(EXAMPLE / ".pipeline/k8s/overlays/prod", (), {})


def test_a_file_of_the_overlay_s_folder_is_not_part_of_it() -> None:
    assert (EXAMPLE / ".pipeline/k8s/overlays/prod/langfuse.yaml").is_file()
    assert "langfuse" not in {m.ref.name for m in rendered("prod").manifests}


def test_production_runs_the_version_before_the_one_in_the_tree() -> None:
    host = load(EXAMPLE, None, {}).environment("prod").registry.login_server
    assert f"{host}/klinecubic/backend:prod-v0.8.7" in images("prod")
    assert 'version = "0.8.8"' in (EXAMPLE / "backend/pyproject.toml").read_text()


def test_the_entries_of_the_test_overlay_match_nothing() -> None:
    text = (EXAMPLE / ".pipeline/k8s/overlays/test/kustomization.yaml").read_text()
    tags = {entry.new_tag for entry in read_entries(text)}
    assert tags
    assert not any(image.endswith(f":{tag}") for image in images("test") for tag in tags)


def test_a_bump_of_production_is_one_line() -> None:
    path = EXAMPLE / ".pipeline/k8s/overlays/prod/kustomization.yaml"
    host = load(EXAMPLE, None, {}).environment("prod").registry.login_server
    edit = bump(path.read_text(), "klinematrix/backend", Image(host, "klinecubic/backend", "prod-v0.8.8"))
    changed = [p for p in zip(edit.before.split("\n"), edit.after.split("\n"), strict=True) if p[0] != p[1]]
    assert changed == [
        (
            '    newTag: "prod-v0.8.7" # from backend/pyproject.toml',
            '    newTag: "prod-v0.8.8" # from backend/pyproject.toml',
        )
    ]
