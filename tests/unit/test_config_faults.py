"""A configuration says in one message what is wrong with it: file, line, key, and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_tree import SMALL, plant, refused

from deployctl.model.errors import Problem

LABEL = "a DNS label: lower-case letters, digits and `-`"
OVERLAY = "expected a kustomize overlay's folder, relative to this file's"
WORKLOAD = 'KIND/NAME, such as "deployment/backend", "statefulset/db" or "cronjob/nightly"'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return plant(tmp_path)


@pytest.mark.parametrize(
    ("before", "after", "where", "what", "action"),
    [
        (
            "namespace =",
            "namespce =",
            "5: environments.prod.namespce",
            "unknown key `namespce`",
            "did you mean `namespace`?",
        ),
        ("[registry]", "[regstry]", "1: regstry", "unknown key `regstry`", "did you mean `registry`?"),
        (
            "[environments.prod]",
            "[environments.prod]\ntarget = 1",
            "5: environments.prod.target",
            "unknown key `target`",
            "`target` belongs in [services.NAME]",
        ),
        (
            "[registry]",
            "qqq = 1\n[registry]",
            "1: qqq",
            "unknown key `qqq`",
            "expected one of: default_environment, registry, registries, policies, environments, services",
        ),
        (
            'namespace = "shop-prod"',
            "",
            "4: environments.prod",
            "`namespace` is missing",
            f"add namespace = … ({LABEL})",
        ),
        (
            '"shop-prod"',
            "7",
            "5: environments.prod.namespace",
            "`namespace` is not right: it is an integer",
            f"expected {LABEL}",
        ),
        (
            '"shop-prod"',
            '"S_p"',
            "5: environments.prod.namespace",
            "`namespace` is not right: it is `S_p`",
            f"expected {LABEL}",
        ),
        (
            '"deploy"',
            '"deplo"',
            "6: environments.prod.overlay",
            "`overlay` is not right: there is no folder `deplo`",
            OVERLAY,
        ),
        (
            '"deploy"',
            '"api"',
            "6: environments.prod.overlay",
            "`overlay` is not right: there is no kustomization.yaml in `api`",
            OVERLAY,
        ),
        (
            '"deploy"',
            '"api/VERSION"',
            "6: environments.prod.overlay",
            "`overlay` is not right: `api/VERSION` is a file",
            OVERLAY,
        ),
        (
            '"shop-x1.azurecr.io"',
            '"https://shop"',
            "2: registry.login_server",
            "`login_server` is not right: it is `https://shop`",
            "expected a host name, with :PORT when it is not 443",
        ),
        (
            '["deployment/api"]',
            '"deployment/api"',
            "10: services.api.workloads",
            "this should be an array, and it is a string",
            f"expected an array of {WORKLOAD}",
        ),
        (
            '["deployment/api"]',
            "[]",
            "10: services.api.workloads",
            "this array is empty",
            f"expected at least one of {WORKLOAD}",
        ),
        (
            '["deployment/api"]',
            '[\n"job/a",\n"pod/a"]',
            "12: services.api.workloads[1]",
            "`workloads` is not right: it is `pod/a`",
            f"expected {WORKLOAD}",
        ),
        (
            "[services.api]",
            "[services.Api]",
            "8: services.Api",
            "this name cannot be used: it is `Api`",
            f"expected {LABEL}",
        ),
        (
            "[services.api]",
            "[services]\napi = 3\n[services.web]",
            "9: services.api",
            "this should be a table, and it is an integer",
            "write it as [services.NAME]",
        ),
        (
            "[registry]",
            'default_environment = "prd"\n[registry]',
            "1: default_environment",
            "there is no environment `prd`",
            "did you mean `prod`?",
        ),
    ],
)
def test_a_fault_is_located_and_says_what_to_write(
    tree: Path, before: str, after: str, where: str, what: str, action: str
) -> None:
    assert before in SMALL
    assert refused(tree, SMALL.replace(before, after, 1)) == Problem(
        what=what, where=f"deployctl.toml:{where}", action=action
    )


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('tag = "v{versoin}"', "`tag` is not right: `{versoin}` is not a placeholder of it"),
        ('tag = "v{version"', "`tag` is not right: expected '}' before end of string"),
        ('tag = "v{}"', "`tag` is not right: `{}` is not a placeholder"),
        ('tag = "+{version}"', "`tag` is not right: `+{version}` can never make a tag"),
        ('tag = "latest"', "`tag` is not right: `latest` is the same for every version"),
        ('repository = "Shop/{service}"', "`repository` is not right: `Shop/{service}` can never make a repository"),
        ('repository = "{git_sha}"', "`repository` is not right: `{git_sha}` is not a placeholder of it"),
        ('extra_tags = ["{git_sha}", 3]', "`extra_tags` is not right: it is an integer"),
        ('kustomize_flags = ["--output=x"]', "`kustomize_flags` is not right: it is `--output=x`"),
        ('url = "shop.example"', "`url` is not right: it is `shop.example`"),
        ('url = "https://me:pw@shop.example"', "`url` is not right: it holds a user name or a password"),
        (
            'url = "https://shop.example/?x=1"',
            "`url` is not right: it holds more than a host: `https://shop.example/?x=1`",
        ),
        ('url = "https://shop.example:x"', "`url` is not right: it is `https://shop.example:x`"),
        ('connect_to = "shop"', "`connect_to` is not right: it is `shop`"),
        ("protected = 1", "`protected` is not right: it is an integer"),
        ('kubeconfig = ""', "`kubeconfig` is not right: it is empty"),
        ("policies = { repeats = 0 }", "`repeats` is not right: it is 0"),
        ("policies = { repeats = 1.5 }", "`repeats` is not right: it is a float"),
        ("policies = { poll = true }", "`poll` is not right: it is a boolean"),
        ("policies = { poll = nan }", "`poll` is not right: it is nan"),
        ("policies = { deadlines = { gap = -1 } }", "`gap` is not right: it is -1"),
        ("policies = 3", "this should be a table, and it is an integer"),
        ('registry = "hub"', "there is no registry `hub`"),
        ("namespace.x = 1", "`namespace` is not right: it is a table"),
    ],
)
def test_an_environment_s_values_are_checked(tree: Path, line: str, what: str) -> None:
    text = SMALL if not line.startswith("namespace") else SMALL.replace('namespace = "shop-prod"\n', "")
    problem = refused(tree, text.replace('overlay = "deploy"', f'overlay = "deploy"\n{line}'))
    assert problem.what == what
    assert problem.action
    key = line.partition(" ")[0].partition(".")[0]
    assert problem.where.startswith(f"deployctl.toml:{7 if text == SMALL else 6}: environments.prod.{key}")


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ('version_file = "api/package.json"', "`version_file` is not right: there is no file `api/package.json`"),
        ('version_file = "api"', "`version_file` is not right: `api` is a folder"),
        ('target = "production"', "`target` says how to build, but there is no `context`"),
        ('context = "deploy"', "there is no Dockerfile in `deploy`"),
        ('context = "api"\ndockerfile = "Dockerfile"', "`dockerfile` is not right: there is no file `Dockerfile`"),
        ('context = "api"\nplatform = "amd64"', "`platform` is not right: it is `amd64`"),
        ('context = "api"\nbuild_args = { A = 1 }', "`build_args` is not right: it is an integer"),
        (
            'context = "api"\nbuild_args = { A = { from = "A" } }',
            "`build_args` is not right: it is a table of another form",
        ),
        ('context = "api"\nbuild_args = "A=1"', "this should be a table, and it is a string"),
        ('health = { path = "api" }', "`path` is not right: it is `api`"),
        ("health = {}", "`path` is missing"),
        ('health = { path = "/", format = "text" }', "`format` is not right: it is `text`"),
        ('health = { path = "/", status = 42 }', "`status` is not right: it is 42"),
        ('health = { path = "/", contains = "x" }', "`contains` is for html, and `format` is json"),
        ('health = { path = "/", format = "html", expect = { a = 1 } }', "`expect` is for json, and `format` is html"),
        ('health = { path = "/", expect = { a = { b = [1] } } }', "`expect` is not right: it is an array"),
        ('health = { path = "/", version_field = "a..b" }', "`version_field` is not right: it is `a..b`"),
    ],
)
def test_a_service_s_values_are_checked(tree: Path, lines: str, what: str) -> None:
    problem = refused(tree, f"{SMALL}{lines}\n")
    assert problem.what == what
    assert problem.action
    assert problem.where.startswith("deployctl.toml:1")


def test_several_faults_are_one_message_in_the_file_s_order(tree: Path) -> None:
    text = SMALL.replace('["deployment/api"]', "3").replace("namespace", "namespac")
    assert refused(tree, text) == Problem(
        what="unknown key `namespac`",
        where="deployctl.toml:5: environments.prod.namespac",
        evidence=("deployctl.toml:10: services.api.workloads: this should be an array, and it is an integer",),
        action="did you mean `namespace`?",
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "there are no environments"),
        (SMALL.replace("[services.api]", "[x]").partition("[x]")[0], "there are no services"),
        (
            SMALL.replace("[registry]", "[registries.a]\nlogin_server='x'\n[registries.b]"),
            "`registry` is missing: there are 2",
        ),
        (SMALL.replace('[registry]\nlogin_server = "shop-x1.azurecr.io"', ""), "there is no registry"),
    ],
)
def test_what_is_missing_altogether_is_said(tree: Path, text: str, what: str) -> None:
    assert refused(tree, text).what == what
