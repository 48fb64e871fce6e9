"""Which file of a tree is bumped: the overlay's own, and no other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from deployctl.model.errors import Problem, Refused
from deployctl.model.image import Image
from deployctl.overlay import edit_overlay, kustomization_of
from deployctl.overlay.lookup import Read

ROOT = Path("/shop")
PROD = ROOT / "overlays/prod"
API = Image("shop.azurecr.io", "api", "v2")
IMAGES = "images:\n- name: api\n  newName: shop.azurecr.io/api\n  newTag: v1\n"


def reader(files: Mapping[str, str]) -> Read:
    """A tree in memory."""
    return lambda path: files.get(str(path))


def refused(files: Mapping[str, str]) -> Problem:
    with pytest.raises(Refused) as caught:
        edit_overlay(PROD, ROOT, (("api", API),), reader(files))
    return caught.value.problem


@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
def test_the_overlay_s_file_may_have_any_of_kustomize_s_names(name: str) -> None:
    edit = edit_overlay(PROD, ROOT, (("api", API),), reader({f"/shop/overlays/prod/{name}": IMAGES}))
    assert (edit.path, edit.line, edit.summary) == (f"overlays/prod/{name}", 4, "newTag: v1 -> v2")
    assert edit.after == IMAGES.replace("v1", "v2")


def test_an_overlay_outside_the_project_is_named_by_a_way_that_leads_there() -> None:
    edit = edit_overlay(Path("/other"), ROOT, (("api", API),), reader({"/other/kustomization.yaml": IMAGES}))
    assert edit.path == "../other/kustomization.yaml"


def test_a_folder_without_a_kustomization_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        kustomization_of(PROD, reader({}))
    assert caught.value.problem == Problem("there is no kustomization.yaml", where=str(PROD))


def test_two_kustomizations_in_a_folder_are_refused_as_kustomize_does() -> None:
    files = {f"{PROD}/kustomization.yaml": "", f"{PROD}/kustomization.yml": ""}
    with pytest.raises(Refused) as caught:
        kustomization_of(PROD, reader(files))
    assert caught.value.problem.evidence == ("kustomization.yaml", "kustomization.yml")


@pytest.mark.parametrize(
    ("reference", "folder"),
    [
        ("resources: [../../base]", "/shop/base"),
        ("bases:\n- ../../base/", "/shop/base"),
        ("resources: [https://example.com/x, deployment.yaml]\ncomponents: [../../images]", "/shop/images"),
    ],
)
def test_an_entry_of_a_base_or_component_is_refused_with_its_file(reference: str, folder: str) -> None:
    files = {f"{PROD}/kustomization.yaml": f"{reference}\n", f"{folder}/kustomization.yml": IMAGES}
    assert refused(files) == Problem(
        what="the entry `api` is not in the overlay's own `images:`, but in another kustomization's",
        where="overlays/prod/kustomization.yaml",
        evidence=(
            f"{folder.removeprefix('/shop/')}/kustomization.yml has it, and other overlays may use that file too",
        ),
        action="move the entry from there into the overlay's kustomization",
    )


def test_it_is_found_below_a_base_too_and_references_in_a_circle_end() -> None:
    files = {
        f"{PROD}/kustomization.yaml": "resources: [../../a]\n",
        "/shop/a/kustomization.yaml": "resources: [../b]\n",
        "/shop/b/kustomization.yaml": "resources: [../a, ../c]\n",
        "/shop/c/kustomization.yaml": IMAGES,
    }
    assert "c/kustomization.yaml has it" in refused(files).evidence[0]


def test_a_base_that_cannot_be_read_is_passed_over() -> None:
    files = {
        f"{PROD}/kustomization.yaml": "resources: [../../a]\nimages:\n- name: apii\n",
        "/shop/a/kustomization.yaml": "resources: [\n",
    }
    assert refused(files).action.startswith("did you mean `apii`?")


def test_what_the_overlay_says_itself_counts_even_if_a_base_says_it_too() -> None:
    files = {
        f"{PROD}/kustomization.yaml": f"resources: [../../base]\n{IMAGES}",
        "/shop/base/kustomization.yaml": IMAGES,
    }
    assert edit_overlay(PROD, ROOT, (("api", API),), reader(files)).path == "overlays/prod/kustomization.yaml"
