"""A configuration is found and read, wherever it stands and however much it says."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
from small_tree import SMALL, loaded, plant

from deployctl.config import load
from deployctl.config.policy_tables import THRESHOLDS
from deployctl.model.environment import Deadlines, Environment, Policies, Project, RegistryConfig
from deployctl.model.errors import UsageError
from deployctl.model.image import Image
from deployctl.model.kustomization import KUSTOMIZATION_NAMES
from deployctl.model.rules.thresholds import Thresholds
from deployctl.model.service import BuildArgument, BuildSource, Expectation, HealthCheck, Service, WorkloadRef


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return plant(tmp_path)


def test_a_small_configuration_is_enough(tree: Path) -> None:
    registry = RegistryConfig("shop-x1.azurecr.io", "acr", name="shop", builder="acr")
    assert loaded(tree) == Project(
        root=tree,
        source=tree / "deployctl.toml",
        environments=(Environment("prod", "shop-prod", tree / "deploy", registry),),
        services=(Service("api", "shop/api", (WorkloadRef("Deployment", "api"),)),),
        default_environment="prod",
    )


def test_what_the_file_says_arrives(tree: Path) -> None:
    text = """\
    default_environment = "test"
    [registries.hub]
    login_server = "localhost:5000"
    [registries.azure]
    login_server = "shop.azurecr.cn"
    name = "Shop"
    builder = "none"
    credentials = "pull-secret"
    pull_secret = "p"
    ca_file = "ca.pem"
    [policies]
    poll = 2
    [policies.deadlines]
    gap = 900
    [environments.test]
    registry = "hub"
    namespace = "t"
    overlay = "deploy"
    repository = "{environment}/{service}"
    [environments.prod]
    registry = "azure"
    namespace = "p"
    overlay = "./deploy/"
    kubeconfig = "~/kube"
    context = "c"
    api_server = "https://10.0.0.1:6443/"
    url = "https://shop.example/"
    connect_to = "[::1]:8443"
    ca_file = "/etc/ca.pem"
    tag = "prod-v{version}"
    extra_tags = ["prod-{git_sha}"]
    kustomize_flags = ["--enable-helm"]
    protected = true
    policies = { repeats = 5, deadlines = { startup = 20.5 } }
    [services.api]
    image = "shop/api"
    workloads = ["deploy/api", "StatefulSet/db", "cronjobs/nightly"]
    version_file = "api/VERSION"
    context = "api"
    target = "production"
    platform = "linux/arm64/v8"
    build_args = { MODE = "release", TOKEN = { env = "TOKEN" } }
    repository = "team/{image}"
    [services.api.health]
    path = "/health"
    status = 204
    expect = { status = "ok", db.connected = true, "pools.*.size" = 3 }
    version_field = "build.version"
    """
    project = loaded(tree, text, TOKEN="hush")
    assert project.environments == (
        Environment(
            name="test",
            namespace="t",
            overlay=tree / "deploy",
            registry=RegistryConfig("localhost:5000", "oci"),
            repository_template="{environment}/{service}",
            policies=Policies(Deadlines(gap=900), poll=2),
        ),
        Environment(
            name="prod",
            namespace="p",
            overlay=tree / "deploy",
            registry=RegistryConfig(
                "shop.azurecr.cn",
                "acr",
                name="Shop",
                credentials="pull-secret",
                pull_secret="p",
                ca_file=tree / "ca.pem",
            ),
            tag_template="prod-v{version}",
            extra_tag_templates=("prod-{git_sha}",),
            kubeconfig=Path("/home/me/kube"),
            context="c",
            api_server="https://10.0.0.1:6443",
            kustomize_flags=("--enable-helm",),
            url="https://shop.example",
            connect_to="[::1]:8443",
            ca_file=Path("/etc/ca.pem"),
            policies=Policies(Deadlines(gap=900, startup=20.5), poll=2, repeats=5, protected=True),
        ),
    )
    source = BuildSource(
        context=tree / "api",
        dockerfile=tree / "api/Dockerfile",
        target="production",
        platform="linux/arm64/v8",
        arguments=(BuildArgument("MODE", "release"), BuildArgument("TOKEN", "hush", secret=True)),
        bumped=tuple(tree / "deploy" / name for name in KUSTOMIZATION_NAMES),
    )
    expect = (Expectation("status", "ok"), Expectation("db.connected", value=True), Expectation("pools.*.size", 3))
    health = HealthCheck("/health", status=204, expect=expect, version_field="build.version")
    refs = (WorkloadRef("Deployment", "api"), WorkloadRef("StatefulSet", "db"), WorkloadRef("CronJob", "nightly"))
    assert project.services == (Service("api", "shop/api", refs, tree / "api/VERSION", source, health, "team/{image}"),)
    assert "hush" not in repr(project)
    assert project.environment().name == "test"
    api = project.service("api")
    assert project.environment("prod").image_for(api, "v1") == Image("shop.azurecr.cn", "team/shop/api", "v1")


def test_it_is_found_from_any_folder_below(tree: Path) -> None:
    assert load(tree / "api", None, {}).root == tree


def test_it_may_stand_in_a_pyproject(tree: Path) -> None:
    (tree / "deployctl.toml").unlink()
    text = SMALL.replace("[", "[tool.deployctl.").replace('[tool.deployctl."', '["')
    (tree / "pyproject.toml").write_text('[project]\nname = "shop"\n' + text)
    (tree / "api/pyproject.toml").write_text("[project]\nname = 'api'\n")
    project = load(tree / "api", None, {})
    assert (project.source, len(project.services)) == (tree / "pyproject.toml", 1)
    (tree / "pyproject.toml").write_text("[tool.deployctl]\ntypo = 1\n" + text)
    with pytest.raises(UsageError) as caught:
        load(tree, None, {})
    assert caught.value.problem.where == "pyproject.toml:2: tool.deployctl.typo"


def test_deployctl_toml_beats_a_pyproject_beside_it(tree: Path) -> None:
    (tree / "pyproject.toml").write_text("[tool.deployctl]\n")
    assert load(tree, None, {}).source == tree / "deployctl.toml"


def test_config_names_a_file_or_a_folder_and_beats_the_variable(tree: Path) -> None:
    other = tree / "other.toml"
    other.write_text(SMALL.replace("shop-prod", "other"))
    assert load(tree, Path("other.toml"), {"DEPLOYCTL_CONFIG": "missing"}).environment().namespace == "other"
    assert load(tree, None, {"DEPLOYCTL_CONFIG": str(other)}).environment().namespace == "other"
    assert load(Path("/"), tree, {}).environment().namespace == "shop-prod"


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        (b"[registry\n", "deployctl.toml:1", "this is not valid TOML"),
        (b"a = 1\na = 2\n", "deployctl.toml:2", "this is not valid TOML"),
        (b"a = 1\n\xff = 2\n", "deployctl.toml:2", "this file is not UTF-8"),
        (b"a = " + b"[" * 50_000, "deployctl.toml", "this TOML is nested too deeply"),
    ],
)
def test_an_unreadable_file_is_located(tree: Path, content: bytes, where: str, what: str) -> None:
    (tree / "deployctl.toml").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load(tree, None, {})
    assert (caught.value.problem.where, caught.value.problem.what) == (where, what)


def test_no_file_at_all_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load(tmp_path, None, {})
    assert caught.value.problem.where == str(tmp_path)
    assert "deployctl init" in caught.value.problem.action


def test_a_named_file_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load(tmp_path, Path("nowhere.toml"), {})
    assert caught.value.problem.what == "the configuration cannot be read: No such file or directory"
    assert caught.value.problem.where == "nowhere.toml"


def test_two_environments_without_a_default_need_one_named(tree: Path) -> None:
    text = SMALL + '[environments.test]\nnamespace = "t"\noverlay = "deploy"\n'
    project = loaded(tree, text)
    with pytest.raises(UsageError, match="no environment was named"):
        project.environment()
    assert loaded(tree, text, DEPLOYCTL_ENV="test").environment().name == "test"
    assert load(tree, None, {"DEPLOYCTL_ENV": "test"}, environment="prod").environment().name == "prod"
    with pytest.raises(UsageError, match="there is no environment `tset`") as caught:
        load(tree, None, {}, environment="tset")
    assert caught.value.problem.action == "did you mean `test`? there are: prod, test"


def test_thresholds_are_the_tables_own_unless_the_configuration_says_otherwise(tmp_path: Path) -> None:
    defaults = {key.name: key.default for key in THRESHOLDS.keys}
    assert defaults == asdict(Thresholds())
    changed = loaded(plant(tmp_path), SMALL + "[policies.thresholds]\nstuck = 5\nrestarts = 3\n")
    assert changed.environments[0].policies.thresholds == Thresholds(stuck=5.0, restarts=3)
