"""DEPLOYCTL_ variables stand above the file, for the environment that is chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployctl.config import load
from deployctl.config.variables import ELSEWHERE, overriding
from deployctl.model.environment import Environment, RegistryConfig
from deployctl.model.errors import Problem, UsageError

TEXT = """\
default_environment = "prod"
[registry]
login_server = "shop.azurecr.io"
[registries.hub]
login_server = "hub.example"
[environments.prod]
namespace = "shop-prod"
overlay = "."
url = "https://shop.example"
[environments.test]
registry = "hub"
namespace = "shop-test"
overlay = "."
[services.api]
image = "api"
workloads = ["deployment/api"]
"""
DOCUMENT = Path(__file__).parents[2] / "docs" / "configuration.md"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "kustomization.yaml").write_text("resources: []\n")
    (tmp_path / "deployctl.toml").write_text(TEXT)
    return tmp_path


def refused(tree: Path, **environ: str) -> Problem:
    with pytest.raises(UsageError) as caught:
        load(tree, None, environ)
    return caught.value.problem


def test_they_change_the_chosen_environment_and_no_other(tree: Path) -> None:
    plain = load(tree, None, {})
    project = load(
        tree,
        None,
        {
            "HOME": "/home/me",
            "DEPLOYCTL_NAMESPACE": "ci",
            "DEPLOYCTL_KUBECONFIG": "~/ci.yaml",
            "DEPLOYCTL_CONTEXT": "ci",
            "DEPLOYCTL_API_SERVER": "https://ci:6443",
            "DEPLOYCTL_URL": "https://ci.example",
            "DEPLOYCTL_CONNECT_TO": "127.0.0.1:443",
            "DEPLOYCTL_CA_FILE": "ca.pem",
            "DEPLOYCTL_SUBSCRIPTION": "s",
            "DEPLOYCTL_RESOURCE_GROUP": "g",
            "DEPLOYCTL_LOGIN_SERVER": "ci.azurecr.io",
            "DEPLOYCTL_ARM_ENDPOINT": "https://arm.example",
            "DEPLOYCTL_AUTHORITY": "https://login.example",
            "DEPLOYCTL_REGISTRY_ENDPOINT": "127.0.0.1:5443",
            "DEPLOYCTL_REGISTRY_CA_FILE": "/ca/registry.pem",
        },
    )
    assert project.environment("test") == plain.environment("test")
    assert project.environment("prod") == Environment(
        name="prod",
        namespace="ci",
        overlay=tree,
        registry=RegistryConfig(
            login_server="ci.azurecr.io",
            kind="acr",
            endpoint="127.0.0.1:5443",
            name="ci",
            subscription="s",
            resource_group="g",
            builder="acr",
            ca_file=Path("/ca/registry.pem"),
            arm_endpoint="https://arm.example",
            authority="https://login.example",
        ),
        kubeconfig=Path("/home/me/ci.yaml"),
        context="ci",
        api_server="https://ci:6443",
        url="https://ci.example",
        connect_to="127.0.0.1:443",
        ca_file=tree / "ca.pem",
    )


def test_the_flag_chooses_whom_they_change(tree: Path) -> None:
    environ = {"DEPLOYCTL_ENV": "prod", "DEPLOYCTL_LOGIN_SERVER": "ci.example", "DEPLOYCTL_NAMESPACE": "ci"}
    project = load(tree, None, environ, environment="test")
    assert [(e.name, e.namespace, e.registry.login_server) for e in project.environments] == [
        ("prod", "shop-prod", "shop.azurecr.io"),
        ("test", "ci", "ci.example"),
    ]
    assert project.default_environment == "test"


def test_they_may_give_what_the_file_leaves_out(tree: Path) -> None:
    (tree / "deployctl.toml").write_text(TEXT.replace('namespace = "shop-prod"\n', ""))
    assert load(tree, None, {"DEPLOYCTL_NAMESPACE": "ci"}).environment().namespace == "ci"


def test_an_empty_one_is_not_set(tree: Path) -> None:
    assert load(tree, None, {"DEPLOYCTL_URL": "", "DEPLOYCTL_CONFIG": "", "DEPLOYCTL_ENV": ""}) == load(tree, None, {})


def test_a_bad_value_names_the_variable_not_a_line(tree: Path) -> None:
    assert refused(tree, DEPLOYCTL_URL="shop") == Problem(
        what="`url` is not right: it is `shop`",
        where="environment variable DEPLOYCTL_URL",
        action="expected a URL, such as https://example.com",
    )


def test_one_that_nobody_reads_is_an_error(tree: Path) -> None:
    assert refused(tree, DEPLOYCTL_NAMSPACE="ci") == Problem(
        what="there is no variable DEPLOYCTL_NAMSPACE",
        where="the environment",
        action="did you mean DEPLOYCTL_NAMESPACE?",
    )


def test_those_of_the_sandbox_and_the_scripts_are_let_through(tree: Path) -> None:
    load(tree, None, {"DEPLOYCTL_SANDBOX_ARM": "x", "DEPLOYCTL_LAB": "1", "DEPLOYCTL_REGISTRY_PASSWORD": "hush"})


def test_every_one_of_them_is_in_the_document() -> None:
    text = DOCUMENT.read_text()
    assert [name for name in (*ELSEWHERE, *overriding()) if f"`{name}`" not in text] == []
