"""Every command that README and docs show is run: what a reader copies must work.

Their `deployctl` is forked with its imports done; as it is installed it is started by the demo.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from forked_program import forked_program
from rehearsal import NAMESPACE, Rehearsal, rehearsal
from released_tree import Tree
from terminal import in_terminal

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
FENCE = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.M | re.S)
ELSEWHERE = {
    "curl -sv --max-time 10 http://DOMAIN/.well-known/acme-challenge/test": "asks the public internet",
    "scripts/demo": "run by test_the_demo_shows_what_it_promises",
    "scripts/test": "is what runs this",
    "pip install 'deployctl[kubectl]'": "the package's own extras are read by test_the_extras_that_are_named_exist",
}
"""Commands that are not run here, and what stands for them."""
RIGHTLY_REFUSED = {"--previous": "previous terminated container"}
"""Part of a command -> what a healthy production answers to it."""


def commands(document: Path) -> tuple[str, ...]:
    """The logical lines of a document's shell fences, comments removed."""
    found = []
    for fence in FENCE.findall(document.read_text()):
        for line in fence.replace("\\\n", " ").splitlines():
            command = re.sub(r"(^|\s+)#.*$", "", line.removeprefix("$ ")).strip()
            found += [command] if command else []
    return tuple(found)


def placeholders(production: Rehearsal) -> dict[str, str]:
    """What the documents leave to the reader."""
    pod = production.get("pods", "-l", "app=backend")["items"][0]["metadata"]["name"]
    node = production.get("nodes")["items"][0]["metadata"]["name"]
    return {
        "NS": NAMESPACE, "POD": pod, "CONTAINER": "backend", "NODE": node, "HOST": "registry.example.com",
        "USER": "reader", "KEY": "new-key", "VALUE": "x", "NAME": "backend", "DOMAIN": "klinecubic.cn",
        "TLS-SECRET": "klinecubic-tls", "SERVICE": "backend-service", "PORT": "8000", "CMD…": "kubectl get nodes",
        "FILE": str(ROOT / "tests/data/scenarios/quick.toml"), "DIR": ".pipeline/k8s/overlays/prod",
        "SHELL": "bash", "--password=…": "--password=x", "IMAGE": "mirror/redis:7-alpine",
    }  # fmt: skip


def filled(command: str, values: dict[str, str]) -> str:
    names = sorted(values, key=len, reverse=True)
    pattern = "|".join(
        rf"(?<![\w-]){re.escape(name)}(?![\w-])" if name[0].isalpha() else re.escape(name) for name in names
    )
    return re.sub(pattern, lambda match: values[match[0]], command)


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    with rehearsal(tmp_path_factory.mktemp("documents")) as subject:
        yield subject


@pytest.fixture(scope="module")
def program() -> Iterator[dict[str, str]]:
    with forked_program() as variables:
        yield variables


WITH_COMMANDS = [document for document in DOCUMENTS if commands(document)]


def test_how_a_command_of_a_document_ended_is_seen(program: dict[str, str], tmp_path: Path) -> None:
    code, seen = in_terminal("deployctl relese; echo $?; exit 7", tmp_path, program)
    assert (code, "No such command 'relese'" in seen, "\n2\r" in seen) == (7, True, True), seen


@pytest.mark.parametrize("document", WITH_COMMANDS, ids=lambda path: path.name)
def test_every_command_of_a_document_works(
    document: Path, production: Rehearsal, program: dict[str, str], tmp_path: Path
) -> None:
    values = placeholders(production)
    environment = {**production.tree.environment, **program, "XDG_STATE_HOME": str(tmp_path / "state")}
    if document.name == "operations.md":  # is about the time after a release
        assert production.tree.deployctl("release", "backend", "--yes").code == 0
    failed = []
    for command, later in with_later(commands(document)):
        if command.split("  ")[0] in ELSEWHERE:
            continue
        prepared = prepare(production.tree, command, later)
        env = without_sandbox(environment) if "sandbox" in command else environment
        code, seen = in_terminal(filled(prepared, values), production.tree.folder, env, answer="prod")
        if code != 0 and not any(part in command and told in seen for part, told in RIGHTLY_REFUSED.items()):
            failed.append((command, code, seen[-600:]))
    assert failed == []


def with_later(found: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """Each command with those after it."""
    return [(command, found[number + 1 :]) for number, command in enumerate(found)]


def taken_down(later: tuple[str, ...]) -> bool:
    """Whether the document itself takes its sandbox down, before it starts another one."""
    about = [command for command in later if "sandbox up" in command or command == "deployctl sandbox down"]
    return bool(about) and "sandbox up" not in about[0]


def prepare(tree: Tree, command: str, later: tuple[str, ...]) -> str:
    """`init` writes the file that the example has already; a sandbox that the document leaves up is told to end."""
    if command.startswith("deployctl init"):
        shutil.copy(tree.folder / "deployctl.toml", tree.folder / ".kept.toml")
        return f"rm deployctl.toml && {command} && mv .kept.toml deployctl.toml"
    if "sandbox up" in command and not taken_down(later):
        return f"{command}; deployctl sandbox down"
    return command


def without_sandbox(environment: dict[str, str]) -> dict[str, str]:
    """So that a command about sandboxes meets none."""
    foreign = ("DEPLOYCTL_", "AZURE_", "KUBECONFIG", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return {name: value for name, value in environment.items() if not name.startswith(foreign)}


def test_the_demo_shows_what_it_promises(tmp_path: Path) -> None:
    venv = Path(sys.executable).parent.parent
    program = (ROOT / "scripts" / "demo").read_text().replace("make_environment kubectl\n", f"venv={venv}\n")
    copy = tmp_path / "scripts" / "demo"
    copy.parent.mkdir()
    copy.write_text(program)
    shutil.copy(ROOT / "scripts" / "_environment.sh", copy.parent)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    code, seen = in_terminal(f"bash {copy}", tmp_path, {"PATH": f"{venv / 'bin'}:/usr/local/bin:/usr/bin:/bin"})
    assert code == 0, seen[-3000:]
    for told in ("backend was down for", "prod runs backend 0.8.8, verified", "nothing to do", "adopted", "Roll back"):
        assert told in seen, told


def test_the_extras_that_are_named_exist() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {extra for d in DOCUMENTS for extra in re.findall(r"deployctl\[([\w,]+)\]", d.read_text())}
    assert named <= set(project["optional-dependencies"])


def test_every_link_leads_somewhere() -> None:
    broken = [
        f"{document.name}: {target}"
        for document in DOCUMENTS
        for target in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[\w-]*)?\)", document.read_text())
        if not (document.parent / target).exists()
    ]
    assert broken == []
