"""The builders docker and buildx: their commands as values, and a stand-in that is run like them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Literal

import pytest

from deployctl.adapters.builds.command import Command, build_command, push_command
from deployctl.adapters.builds.docker import DockerBuilder
from deployctl.adapters.clock import SystemClock
from deployctl.model.errors import Refused, ReleaseFailed, Unavailable
from deployctl.model.image import Image
from deployctl.model.service import BuildArgument, BuildSource
from deployctl.ports import BuildEvent, BuildLog, BuildOrder, BuildResult

IMAGE = Image("example.azurecr.io", "team/backend", "v1")
DIGEST = "sha256:" + "5" * 64
SECRET = "s3cret-token-value"

STAND_IN = """#!{python}
import hashlib, io, json, os, pathlib, sys, tarfile, time
folder = pathlib.Path({folder!r})
words = sys.argv[1:]
note = {{"words": words, "TOKEN": os.environ.get("TOKEN", "")}}
if words[0] != "push":
    data = sys.stdin.buffer.read()
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        note["names"] = tar.getnames()
    note["digest"] = "sha256:" + hashlib.sha256(data).hexdigest()
with (folder / "calls.jsonl").open("a") as file:
    file.write(json.dumps(note) + "\\n")
{behaviour}
for word in words:
    if word.startswith("--metadata-file="):
        pathlib.Path(word.partition("=")[2]).write_text(json.dumps({{"containerimage.digest": "{digest}"}}))
if words[0] == "push":
    print("v1: digest: {digest} size: 649")
"""


@pytest.fixture
def source(tmp_path: Path) -> BuildSource:
    tree = tmp_path / "backend"
    tree.mkdir()
    (tree / "Dockerfile").write_text("FROM scratch\nCOPY app /\n")
    (tree / "app").write_text("code")
    return BuildSource(tree, tree / "Dockerfile")


Tool = Literal["docker", "buildx"]


def run(folder: Path, source: BuildSource, tool: Tool, behaviour: str = "", timeout: float = 30) -> list[BuildEvent]:
    """With a docker that notes what it is given."""
    program = folder / "bin" / "docker"
    program.parent.mkdir(exist_ok=True)
    program.write_text(STAND_IN.format(python=sys.executable, folder=str(folder), behaviour=behaviour, digest=DIGEST))
    program.chmod(0o755)
    builder = DockerBuilder(tool, {"PATH": str(program.parent)}, SystemClock())
    return list(builder.build(BuildOrder(IMAGE, source, timeout)))


def calls(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "calls.jsonl").read_text().splitlines()]


def test_the_commands_are_these(source: BuildSource) -> None:
    arguments = (BuildArgument("A", "one two"), BuildArgument("TOKEN", SECRET, secret=True))
    order = BuildOrder(
        IMAGE,
        BuildSource(source.context, source.dockerfile, "production", "linux/arm64", arguments, no_cache=True),
        60,
    )
    docker = build_command(order, tool="docker", dockerfile="Dockerfile", context=DIGEST, metadata=None)
    assert docker == Command(
        (
            "docker",
            "build",
            "--tag=example.azurecr.io/team/backend:v1",
            "--file=Dockerfile",
            "--platform=linux/arm64",
            f"--label=dev.deployctl.context={DIGEST}",
            "--target=production",
            "--no-cache",
            "--build-arg=A=one two",
            "--build-arg=TOKEN",
            "-",
        ),
        {"TOKEN": SECRET},
    )
    assert SECRET not in repr(docker)
    plain = BuildOrder(IMAGE, source, 60)
    assert build_command(plain, tool="buildx", dockerfile="d/File", context=DIGEST, metadata=Path("/m")).words == (
        "docker",
        "buildx",
        "build",
        "--progress=plain",
        "--push",
        "--tag=example.azurecr.io/team/backend:v1",
        "--file=d/File",
        "--platform=linux/amd64",
        f"--label=dev.deployctl.context={DIGEST}",
        "--metadata-file=/m",
        "-",
    )
    assert push_command(IMAGE).words == ("docker", "push", "example.azurecr.io/team/backend:v1")


@pytest.mark.parametrize(("tool", "commands"), [("docker", 2), ("buildx", 1)])
def test_a_build_hands_over_the_context_and_ends_with_the_digest(
    tmp_path: Path, source: BuildSource, tool: Tool, commands: int
) -> None:
    events = run(tmp_path, source, tool)
    (first, *rest) = calls(tmp_path)
    assert events[-1] == BuildResult(IMAGE.with_digest(DIGEST), "", str(first["digest"]))
    assert first["names"] == ["app", "Dockerfile"]
    assert f"--label=dev.deployctl.context={first['digest']}" in first["words"]  # type: ignore[operator] # a list of words
    assert len(rest) == commands - 1


def test_a_failing_build_is_told_with_its_last_lines_and_nothing_is_pushed(tmp_path: Path, source: BuildSource) -> None:
    arguments = (BuildArgument("TOKEN", SECRET, secret=True),)
    secret = BuildSource(source.context, source.dockerfile, arguments=arguments)
    behaviour = "print('toomanyrequests: pull rate limit', os.environ['TOKEN']); sys.exit(3)"
    with pytest.raises(ReleaseFailed) as caught:
        run(tmp_path, secret, "docker", behaviour)
    problem = caught.value.problem
    assert problem.what == "the build failed: docker build exited with 3"
    assert problem.evidence == ("toomanyrequests: pull rate limit ***",)
    assert "az acr import" in problem.action
    assert [call["TOKEN"] for call in calls(tmp_path)] == [SECRET], "it travels in the environment alone"


def test_a_build_past_its_deadline_is_ended(tmp_path: Path, source: BuildSource) -> None:
    with pytest.raises(ReleaseFailed, match=r"took longer than 0\.5 s"):
        run(tmp_path, source, "buildx", "print('busy', flush=True); time.sleep(60)", timeout=0.5)


def test_leaving_a_build_ends_the_program(tmp_path: Path, source: BuildSource) -> None:
    run(tmp_path, source, "docker")
    behaviour = "(folder / 'pid').write_text(str(os.getpid())); print('here', flush=True); time.sleep(60)"
    program = tmp_path / "bin" / "docker"
    program.write_text(STAND_IN.format(python=sys.executable, folder=str(tmp_path), behaviour=behaviour, digest=DIGEST))
    builder = DockerBuilder("docker", {"PATH": str(program.parent)}, SystemClock())
    events = builder.build(BuildOrder(IMAGE, source, 30))
    for event in events:
        if event == BuildLog("here"):
            break
    events.close()
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text()}").exists()


def test_a_tree_that_changes_between_label_and_context_is_refused(tmp_path: Path, source: BuildSource) -> None:
    builder = DockerBuilder("docker", {"PATH": ""}, SystemClock())
    run(tmp_path, source, "docker")  # makes the stand-in
    builder = DockerBuilder("docker", {"PATH": str(tmp_path / "bin")}, SystemClock())
    events = builder.build(BuildOrder(IMAGE, source, 30))
    while getattr(next(events), "state", "") != "Running":
        pass
    (source.context / "app").write_text("C0DE")
    with pytest.raises(Refused, match="changed while it was packed"):
        list(events)


def test_without_docker_it_is_said(source: BuildSource, tmp_path: Path) -> None:
    builder = DockerBuilder("docker", {"PATH": str(tmp_path)}, SystemClock())
    with pytest.raises(Unavailable, match="docker cannot be run"):
        list(builder.build(BuildOrder(IMAGE, source, 30)))
