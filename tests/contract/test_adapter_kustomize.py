"""Overlays by real kubectl: what is rendered with edits is what would be rendered once they were written."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from kustomize_trees import FREE, NAME, TREES, overlay_of, plant, settings

from deployctl.adapters.kustomize.renderer import KustomizeRenderer
from deployctl.adapters.kustomize.tool import Tool, find_tool
from deployctl.model.errors import Refused, UsageError
from deployctl.model.manifest import ObjectRef
from deployctl.ports import Rendered

EXAMPLE = Path(__file__).parents[2] / "examples/klinematrix/.pipeline/k8s/overlays"
SHADOW = f"{tempfile.gettempdir()}/deployctl-"
"""How a path of the shadow begins; nobody should see one."""


def kubectls() -> list[Path]:
    """Every different kubectl on PATH: versions differ in what they render and in how they complain."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    found = (Path(folder, "kubectl") for folder in folders if shutil.which("kubectl", path=folder))
    return list({path.resolve(): path for path in found}.values())


@pytest.fixture(params=kubectls(), ids=str)
def renderer(request: pytest.FixtureRequest) -> KustomizeRenderer:
    return KustomizeRenderer(tool=Tool(request.param, "kustomize"))


def snapshot(root: Path) -> dict[str, tuple[float, bytes]]:
    return {str(p): (p.lstat().st_mtime, p.read_bytes()) for p in root.rglob("*") if p.is_file()}


def texts(rendered: Rendered) -> list[object]:
    return [one.body for one in rendered.manifests]


@pytest.mark.parametrize("tree", TREES)
def test_an_edit_renders_and_warns_as_the_tree_would_once_it_was_written(
    tmp_path: Path, renderer: KustomizeRenderer, tree: str
) -> None:
    files, edited, flags = TREES[tree]
    root = plant(tmp_path / "tree", files)
    overlay = root / overlay_of(files)
    before = snapshot(root)
    after = f"# edited\n{files[edited]}\nnamespace: edited\n"

    foreseen = renderer.render(overlay, flags, {root / edited: after})
    assert snapshot(root) == before
    (root / edited).write_text(after)
    written = renderer.render(overlay, flags, {})

    assert written.manifests
    assert (texts(foreseen), foreseen.warnings) == (texts(written), written.warnings)


@pytest.mark.parametrize("overlay", sorted(EXAMPLE.iterdir()), ids=lambda path: path.name)
def test_the_example_renders_the_same_through_its_shadow(renderer: KustomizeRenderer, overlay: Path) -> None:
    text = (overlay / NAME).read_text()

    direct = renderer.render(overlay, FREE, {})
    shadowed = renderer.render(overlay, FREE, {overlay / NAME: text + "# edited\n"})

    assert len(direct.manifests) > 5
    assert (texts(shadowed), shadowed.warnings) == (texts(direct), direct.warnings)


def linked(root: Path, absolute: bool) -> Path:
    """An overlay that reaches its base, and its own kustomization, through links."""
    plant(root, {f"real/base/{NAME}": "resources: [a.yaml]\n", "real/base/a.yaml": settings()})
    plant(root, {"real/over.yaml": "resources: [base]\n"})
    (root / "over").mkdir()
    target, text = (
        (root / "real/base", root / "real/over.yaml") if absolute else (Path("../real/base"), Path("../real/over.yaml"))
    )
    (root / "over/base").symlink_to(target)
    (root / "over" / NAME).symlink_to(text)
    return root / "over"


@pytest.mark.parametrize("absolute", [True, False])
@pytest.mark.parametrize("edited", [f"real/base/{NAME}", f"over/{NAME}", f"over/base/{NAME}"])
def test_edits_are_seen_through_links(tmp_path: Path, renderer: KustomizeRenderer, absolute: bool, edited: str) -> None:
    overlay = linked(tmp_path, absolute)
    path = tmp_path / edited
    after = path.read_text() + "namePrefix: edited-\n"

    foreseen = renderer.render(overlay, FREE, {path: after})
    path.resolve().write_text(after)

    assert [one.ref.name for one in foreseen.manifests] == ["edited-settings"]
    assert texts(foreseen) == texts(renderer.render(overlay, FREE, {}))


def test_an_overlay_that_is_itself_a_link_is_followed(tmp_path: Path, renderer: KustomizeRenderer) -> None:
    plant(tmp_path, {f"a/over/{NAME}": "resources: [a.yaml]\n", "a/over/a.yaml": settings()})
    (tmp_path / "current").symlink_to("a/over")

    after = "resources: [a.yaml]\nnamespace: shop\n"
    rendered = renderer.render(tmp_path / "current", (), {tmp_path / "current" / NAME: after})

    assert [one.ref for one in rendered.manifests] == [ObjectRef("v1", "ConfigMap", "shop", "settings")]


def test_the_load_restrictor_holds_in_the_shadow_as_in_the_tree(tmp_path: Path, renderer: KustomizeRenderer) -> None:
    plant(tmp_path, {"a.yaml": settings(), f"over/{NAME}": "resources: [../a.yaml]\n"})

    for edits in ({}, {tmp_path / "over" / NAME: "resources: [../a.yaml]\nnamespace: shop\n"}):
        with pytest.raises(Refused) as caught:
            renderer.render(tmp_path / "over", (), edits)
        problem = caught.value.problem
        assert "is not in or below" in problem.evidence[-1]
        assert str(tmp_path / "a.yaml") in problem.evidence[-1]
        assert "kustomize_flags" in problem.action
        assert SHADOW not in f"{problem}"


def test_a_failure_is_said_in_kustomizes_words_with_the_users_own_paths(
    tmp_path: Path, renderer: KustomizeRenderer
) -> None:
    plant(tmp_path, {f"over/{NAME}": "resources: []\n"})

    with pytest.raises(Refused) as caught:
        renderer.render(tmp_path / "over", (), {tmp_path / "over" / NAME: "resources: [nope.yaml]\n"})

    problem = caught.value.problem
    assert (problem.what, problem.where) == ("the overlay does not render", str(tmp_path / "over"))
    assert f"{tmp_path}/over/nope.yaml" in problem.evidence[-1]
    assert SHADOW not in f"{problem}"


def test_a_folder_without_a_kustomization_is_refused(tmp_path: Path, renderer: KustomizeRenderer) -> None:
    with pytest.raises(Refused, match="does not render"):
        renderer.render(tmp_path, (), {})


def test_what_kustomize_warns_of_is_no_failure(tmp_path: Path, renderer: KustomizeRenderer) -> None:
    plant(tmp_path, {f"base/{NAME}": "resources: [a.yaml]\n", "base/a.yaml": settings()})
    plant(tmp_path, {f"over/{NAME}": "bases: [../base]\ncommonLabels: {a: b}\n"})

    rendered = renderer.render(tmp_path / "over", (), {})

    assert [line.split(".")[0] for line in rendered.warnings] == [
        "Warning: 'bases' is deprecated",
        "Warning: 'commonLabels' is deprecated",
    ]


def test_lists_are_taken_apart(tmp_path: Path, renderer: KustomizeRenderer) -> None:
    many = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"
    plant(tmp_path, {NAME: "resources: [l.yaml]\n", "l.yaml": many})

    assert [one.ref.name for one in renderer.render(tmp_path, (), {}).manifests] == ["a"]


def test_text_that_looks_like_something_else_stays_text(tmp_path: Path, renderer: KustomizeRenderer) -> None:
    values = {
        "a": "yes",
        "b": "1.10",
        "c": "2024-01-01",
        "d": "12:30:45",
        "e": "0644",
        "f": "null",
        "g": "=",
        "h": "1e3",
    }
    data = "".join(f"  {key}: '{value}'\n" for key, value in values.items())
    plant(
        tmp_path,
        {
            NAME: "resources: [a.yaml]\n",
            "a.yaml": f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{data}",
        },
    )

    (one,) = renderer.render(tmp_path, (), {}).manifests

    assert one.body["data"] == values


def test_nothing_is_left_behind(tmp_path: Path, renderer: KustomizeRenderer, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    plant(tmp_path, {f"over/{NAME}": "resources: [a.yaml]\n", "over/a.yaml": settings()})

    renderer.render(tmp_path / "over", (), {tmp_path / "over" / NAME: "resources: [a.yaml]\n# edited\n"})
    with pytest.raises(Refused):
        renderer.render(tmp_path / "over", (), {tmp_path / "over" / NAME: "resources: [b.yaml]\n"})

    assert list(temporary.iterdir()) == []


def program(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\nexit 0\n")
    path.chmod(0o755)
    return path


def test_kubectl_goes_before_kustomize_and_both_before_the_wheel(tmp_path: Path) -> None:
    scripts, first, second = tmp_path / "scripts", tmp_path / "1", tmp_path / "2"
    program(scripts / "kubectl")
    kustomize, kubectl = program(first / "kustomize"), program(second / "kubectl")

    found = [find_tool({"PATH": path}, scripts) for path in (f"{first}:{second}", str(first), "")]

    assert found == [
        Tool(kubectl, "kustomize"),
        Tool(kustomize, "build"),
        Tool(scripts / "kubectl", "kustomize"),
    ]


def test_nothing_that_renders_is_said_with_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_tool({"PATH": str(tmp_path)}, tmp_path)

    assert "deployctl[kubectl]" in caught.value.problem.action
