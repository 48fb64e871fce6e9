"""Command lines and configurations that cannot be understood: one message, exit code 2, nothing contacted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from released_tree import Tree, copy_of_example

from deployctl.cli.group import COMMANDS, group


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return copy_of_example(tmp_path / "tree", {"KUBECONFIG": str(tmp_path / "none")})


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["release"], "Missing argument"),
        (["relase", "backend"], "No such command"),
        (["release", "backend", "--frobnicate"], "No such option"),
        (["plan", "bakend"], "there is no service `bakend`"),
        (["plan", "backend", "--env", "prd"], "there is no environment `prd`"),
        (["plan", "backend", "--config", "missing.toml"], "missing.toml"),
        (["plan", "backend", "-q", "-v"], "exclude each other"),
        (["plan", "backend", "--version", "0.8.8+local"], "+"),
        (["plan", "backend"], "kubeconfig"),
    ],
)
def test_what_cannot_be_understood_exits_with_2_and_says_what_to_do(
    tree: Tree, arguments: list[str], told: str
) -> None:
    text = tree.deployctl(*arguments)
    assert (text.code, text.out) == (2, "")
    assert told in text.err
    assert "Traceback" not in text.err
    machine = tree.json(*arguments)
    assert (machine.code, machine.outcome["outcome"], machine.outcome["exit_code"]) == (2, "usage", 2)


def test_a_configuration_error_names_file_line_and_the_nearest_key(tree: Tree) -> None:
    tree.replace("deployctl.toml", "login_server", "login_sever")
    result = tree.json("plan", "backend")
    assert result.code == 2
    text = str(result.outcome["problem"])
    assert "deployctl.toml:6" in text
    assert "login_server" in text


def test_the_list_of_commands_says_what_each_command_says_of_itself() -> None:
    import click

    context = click.Context(group)
    said = {name: (group.get_command(context, name) or group).get_short_help_str(limit=200) for name in COMMANDS}
    unlike = {name: (said[name], text) for name, text in COMMANDS.items() if said[name].split()[:3] != text.split()[:3]}
    assert unlike == {}


HEAVY = {"kubernetes", "azure", "aiohttp", "cryptography", "yaml", "urllib3", "rich", "tenacity", "pydantic"}


@pytest.mark.parametrize("arguments", [[], ["--help"], ["--version"]])
def test_help_and_version_load_no_cluster_or_cloud_library(arguments: list[str]) -> None:
    program = (
        "import sys, runpy\n"
        f"sys.argv = ['deployctl', *{arguments!r}]\n"
        "try: runpy.run_module('deployctl', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_asking_for_a_sandbox_loads_no_server(tmp_path: Path) -> None:
    """It is a process of its own that serves: starting one shall not cost its imports twice."""
    program = (
        "import sys, runpy\n"
        "sys.argv = ['deployctl', 'sandbox', 'status']\n"
        "try: runpy.run_module('deployctl', run_name='__main__')\n"
        "except SystemExit as end: assert end.code == 3, end.code\n"
        "print('aiohttp' in sys.modules)\n"
    )
    environment = {**os.environ, "DEPLOYCTL_SANDBOX": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_is_one_that_the_shell_takes(tree: Tree, shell: str) -> None:
    result = tree.deployctl("completion", shell)
    assert result.code == 0
    assert "_DEPLOYCTL_COMPLETE" in result.out


def test_completion_offers_services_and_environments_of_the_configuration(tree: Tree) -> None:
    def offered(words: str, at: int) -> set[str]:
        asked = Tree(
            tree.folder,
            {**tree.environment, "_DEPLOYCTL_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(at)},
        )
        return {line.partition(",")[2] for line in asked.deployctl().out.splitlines()}

    assert offered("deployctl release ", 2) == {"backend", "frontend"}
    assert offered("deployctl release backend --env ", 4) == {"prod", "test", "lab"}
