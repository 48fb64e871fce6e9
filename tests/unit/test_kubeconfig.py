"""Which cluster, and as whom."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from kubeconfigs import kubeconfig

from deployctl.adapters.kubernetes.kubeconfig import ClusterSettings, read_context, same_server
from deployctl.model.errors import Refused, UsageError


def test_the_environments_own_kubeconfig_goes_before_the_variable(tmp_path: Path) -> None:
    own = kubeconfig(tmp_path / "own", "https://own.example:6443/")
    other = kubeconfig(tmp_path / "other", "https://other.example")

    context = read_context(ClusterSettings(kubeconfig=own), {"KUBECONFIG": str(other)})

    assert (context.name, context.server) == ("it", "https://own.example:6443")


def test_without_either_it_is_the_one_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    kubeconfig(tmp_path / ".kube/config", "https://home.example")

    assert read_context(ClusterSettings(), {}).server == "https://home.example"


def test_of_several_files_the_first_names_the_current_context_as_for_kubectl(tmp_path: Path) -> None:
    first = kubeconfig(tmp_path / "a", "https://a.example", name="a")
    second = kubeconfig(tmp_path / "b", "https://b.example", name="b")
    listed = os.pathsep.join([str(tmp_path / "missing"), str(first), str(second), ""])

    names = [read_context(ClusterSettings(context=c), {"KUBECONFIG": listed}).server for c in ("", "b")]

    assert names == ["https://a.example", "https://b.example"]


def test_of_entries_with_one_name_the_first_counts(tmp_path: Path) -> None:
    first = kubeconfig(tmp_path / "a", "https://a.example")
    second = kubeconfig(tmp_path / "b", "https://b.example")

    listed = os.pathsep.join([str(first), str(second)])
    assert read_context(ClusterSettings(), {"KUBECONFIG": listed}).server == "https://a.example"


def test_no_kubeconfig_at_all_is_said_with_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_context(ClusterSettings(kubeconfig=tmp_path / "none"), {})

    assert caught.value.problem.what == f"there is no kubeconfig at {tmp_path}/none"


def test_a_context_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", "https://a.example", name="shop-prod")

    with pytest.raises(UsageError) as caught:
        read_context(ClusterSettings(kubeconfig=path, context="shop-prd"), {})

    problem = caught.value.problem
    assert (problem.what, problem.action) == (
        "the kubeconfig has no entry 'shop-prd' under contexts",
        "did you mean 'shop-prod'?",
    )


def test_a_context_whose_user_is_missing_is_not_used_anonymously(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", "https://a.example")
    body = yaml.safe_load(path.read_text())
    body["users"] = []
    path.write_text(yaml.safe_dump(body))

    with pytest.raises(UsageError, match="no entry 'it' under users"):
        read_context(ClusterSettings(kubeconfig=path), {})


def test_a_file_that_is_not_yaml_is_named_by_line_and_none_of_it_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("apiVersion: v1\nusers:\n- name: a\n  user: {token: hunter2, : [\n")

    with pytest.raises(UsageError) as caught:
        read_context(ClusterSettings(kubeconfig=path), {})

    assert caught.value.problem.where == f"{path}:4"
    assert "hunter2" not in f"{caught.value.problem} {caught.value!r}"
    assert caught.value.__cause__ is None


def test_another_api_server_than_the_pinned_one_is_refused_naming_both(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", "https://test.example:6443")

    with pytest.raises(Refused) as caught:
        read_context(ClusterSettings(kubeconfig=path, api_server="https://prod.example:6443"), {})

    assert caught.value.problem.evidence == (
        "environment: https://prod.example:6443",
        "kubeconfig:  https://test.example:6443",
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example", "https://A.example:443/", True),
        ("https://a.example", "a.example", True),
        ("http://a.example", "http://a.example:80", True),
        ("https://a.example/k8s/clusters/c-1/", "https://a.example/k8s/clusters/c-1", True),
        ("https://[::1]:6443", "https://[::1]:6443/", True),
        ("https://a.example", "http://a.example", False),
        ("https://a.example", "https://a.example:6443", False),
        ("https://a.example", "https://b.example", False),
        ("https://a.example/c-1", "https://a.example/c-2", False),
        ("https://a.example", "https://a.example.evil.example", False),
        ("https://a.example:notaport", "https://a.example:443", False),
    ],
)
def test_servers_are_compared_by_what_they_mean(one: str, other: str, same: bool) -> None:
    assert same_server(one, other) is same


def test_a_context_shows_no_credential(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", "https://a.example", user={"token": "hunter2"})

    assert "hunter2" not in repr(read_context(ClusterSettings(kubeconfig=path), {}))
