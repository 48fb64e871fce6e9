"""Packing real trees: what travels, in which bytes, and each defect of `az acr build` as a test."""

from __future__ import annotations

import gzip
import io
import os
import random
import shutil
import socket
import subprocess
import sys
import tarfile
import tracemalloc
from hashlib import sha256
from pathlib import Path

import pytest

from deployctl.adapters.context.archive import parts
from deployctl.adapters.context.entries import Selection, Skipped
from deployctl.adapters.context.gzip_blocks import BLOCK, Sums, gzip_stream, regular
from deployctl.adapters.context.packing import Packing, digest_of
from deployctl.adapters.context.selection import select
from deployctl.model.errors import Refused, UsageError


def write(root: Path, **files: str) -> Path:
    """`a__b` is a/b, `_dot_x` is .x; a Dockerfile is there unless it is given."""
    named = {name.replace("_dot_", ".").replace("__", "/"): text for name, text in files.items()}
    for name, text in {"Dockerfile": "FROM scratch\n", **named}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def names(selection: Selection) -> list[str]:
    return [entry.name for entry in selection.entries]


def packed(root: Path, dockerfile: Path | None = None, *, threads: int = 2) -> tuple[bytes, str]:
    """The compressed bytes and the digest of the context."""
    packing = Packing(select(root, dockerfile or root / "Dockerfile"))
    data = b"".join(gzip_stream(packing.pieces(), Sums(), threads=threads))
    return data, packing.digest


def unpacked(data: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as archive:
        return {member.name: member for member in archive}


def content_of(data: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as archive:
        file = archive.extractfile(name)
        assert file is not None
        return file.read()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    return folder


# ------------------------------------------------------------------ what az gets wrong


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("node_modules/", "node_modules/left-pad/index.js"),
        ("/secrets", "secrets/key.pem"),
        ("./secrets", "secrets/key.pem"),
        (" secrets", "secrets/key.pem"),
        ("c++", "c++/x.h"),
        ("\\[draft]", "[draft]/x"),
        ("[s]ecrets", "secrets/key.pem"),
        ("**/secrets", "secrets/key.pem"),
    ],
)
def test_rules_that_az_misreads_keep_secrets_at_home(root: Path, rule: str, path: str) -> None:
    write(root, _dot_dockerignore=f"{rule}\n", app="code")
    (root / path).parent.mkdir(parents=True)
    (root / path).write_text("do not upload")
    assert names(select(root, root / "Dockerfile")) == [".dockerignore", "Dockerfile", "app"]
    assert b"do not upload" not in gzip.decompress(packed(root)[0])


def test_an_ignored_folder_is_not_even_looked_into(root: Path) -> None:
    write(root, _dot_dockerignore="node_modules\n.git\n!src\n", node_modules__a__b="x", _dot_git__HEAD="x", src__a="x")
    looked: list[str] | None = []

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event == "os.scandir" and looked is not None:
            looked.append(str(Path(str(arguments[0])).relative_to(root)))

    sys.addaudithook(note)  # it stays for good, and does nothing once `looked` is None
    select(root, root / "Dockerfile")
    found, looked = looked, None
    assert sorted(found or []) == [".", "src"]


def test_a_hard_link_to_an_ignored_file_travels_with_its_content(root: Path) -> None:
    write(root, _dot_dockerignore="hidden\n", hidden__original="the content")
    os.link(root / "hidden" / "original", root / "copy")
    data, _ = packed(root)
    assert unpacked(data)["copy"].isreg()
    assert content_of(data, "copy") == b"the content"


def test_a_socket_is_named_and_left_out(root: Path) -> None:
    write(root, app="code")
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        before = Path.cwd()
        os.chdir(root)  # a socket's path may have 107 bytes
        try:
            server.bind("agent.sock")
        finally:
            os.chdir(before)
        selection = select(root, root / "Dockerfile")
    assert names(selection) == ["Dockerfile", "app"]
    assert set(selection.skipped) == {Skipped("agent.sock", "a socket"), Skipped("pipe", "a pipe")}


def test_the_dockerfiles_own_ignore_file_wins(root: Path) -> None:
    write(root, _dot_dockerignore="a\n", a="1", b="2", deploy__Prod="FROM scratch\n")
    (root / "deploy" / "Prod.dockerignore").write_text("b\n")
    data, _ = packed(root, root / "deploy" / "Prod")
    assert "a" in unpacked(data)
    assert "b" not in unpacked(data)
    assert b"a\n" not in content_of(data, ".dockerignore").splitlines(keepends=True)


def test_the_same_tree_gives_the_same_bytes_from_another_folder_user_and_time(tmp_path: Path) -> None:
    files = {"z": "last", "a__b__c": "deep", "a_dot_txt": "between", "big": "0123456789" * 200_000}
    first, second = (
        write(tmp_path / "first", **files),
        write(tmp_path / "elsewhere" / "second", **dict(reversed(files.items()))),
    )
    for path in second.rglob("*"):
        os.utime(path, (1e9, 1e9))
        path.chmod(0o700 if path.is_dir() else 0o640)
        os.chown(path, 12345 if os.geteuid() == 0 else -1, -1)
    assert packed(first, threads=1) == packed(second, threads=3)


def test_a_changed_byte_or_mode_or_name_gives_another_digest(root: Path) -> None:
    write(root, app="code", link_target="x")
    seen = {packed(root)[1]}
    (root / "app").write_text("c0de")
    seen.add(packed(root)[1])
    (root / "app").chmod(0o755)
    seen.add(packed(root)[1])
    (root / "app").rename(root / "app2")
    seen.add(packed(root)[1])
    (root / "link").symlink_to("app2")
    seen.add(packed(root)[1])
    (root / "empty").mkdir()
    seen.add(packed(root)[1])
    assert len(seen) == 6


# ------------------------------------------------------------------ what travels


def test_everything_is_sorted_with_a_folder_before_its_content(root: Path) -> None:
    write(root, a__x="1", a_dot_txt="2", **{"a-b": "3", "B": "4"})
    assert names(select(root, root / "Dockerfile")) == ["B", "Dockerfile", "a", "a/x", "a-b", "a.txt"]


def test_a_file_kept_by_a_negation_brings_the_folders_above_it(root: Path) -> None:
    write(root, _dot_dockerignore="*\n!**/keep\n", a__b__keep="1", a__b__drop="2", c__drop="3")
    assert names(select(root, root / "Dockerfile")) == [".dockerignore", "Dockerfile", "a", "a/b", "a/b/keep"]


def test_a_folder_kept_by_a_negation_brings_the_folders_above_it(root: Path) -> None:
    write(root, _dot_dockerignore="a\n!a/b\n", a__b__x="1", a__y="2")
    assert names(select(root, root / "Dockerfile")) == [".dockerignore", "Dockerfile", "a", "a/b", "a/b/x"]


def test_the_builders_own_files_travel_although_they_are_ignored(root: Path) -> None:
    write(root, _dot_dockerignore="*\n!app\n", app="code", README="x")
    data, _ = packed(root)
    assert sorted(unpacked(data)) == [".dockerignore", "Dockerfile", "app"]
    assert content_of(data, ".dockerignore") == b"*\n!app\n"


def test_a_nested_dockerfile_in_an_ignored_folder_travels(root: Path) -> None:
    write(root, _dot_dockerignore="docker\n", docker__prod__Dockerfile="FROM x\n", docker__other="x")
    selection = select(root, root / "docker" / "prod" / "Dockerfile")
    assert selection.dockerfile == "docker/prod/Dockerfile"
    assert names(selection) == [".dockerignore", "Dockerfile", "docker", "docker/prod", "docker/prod/Dockerfile"]


def test_where_a_second_look_at_the_rules_would_lose_files_other_rules_are_sent(root: Path) -> None:
    """The classic builder, which ACR runs, does not follow `!**/keep` into an ignored folder."""
    write(root, _dot_dockerignore="*\n!**/keep\n", a__keep="1")
    sent = content_of(packed(root)[0], ".dockerignore").decode().splitlines()
    assert sent[1:] == ["/.dockerignore", "/Dockerfile"]


def test_a_dockerfile_outside_travels_under_another_name_and_is_not_copied(tmp_path: Path, root: Path) -> None:
    write(root, app="code", _dot_dockerignore="README\n")
    (root / "Dockerfile").unlink()
    outside = tmp_path / "docker" / "prod.Dockerfile"
    outside.parent.mkdir()
    outside.write_text("FROM scratch\nCOPY app /\n")
    selection = select(root, outside)
    assert selection.dockerfile.startswith(".dockerfile.")
    assert names(selection) == [selection.dockerfile, ".dockerignore", "app"]
    data, digest = packed(root, outside)
    assert content_of(data, selection.dockerfile).partition(b"LABEL")[0] == b"FROM scratch\nCOPY app /\n"
    assert content_of(data, ".dockerignore").decode() == f"README\n/{selection.dockerfile}\n"
    assert packed(root, outside) == (data, digest)


def test_a_dockerfile_that_is_a_link_travels_as_its_content(tmp_path: Path, root: Path) -> None:
    write(root, docker__real="FROM linked\n", _dot_dockerignore="docker\n")
    (root / "Dockerfile").unlink()
    (root / "Dockerfile").symlink_to("docker/real")
    selection = select(root, root / "Dockerfile")
    assert content_of(packed(root)[0], selection.dockerfile).startswith(b"FROM linked\nLABEL")


def test_links_travel_as_links_wherever_they_point(root: Path) -> None:
    write(root, real__x="1")
    for name, target in {
        "inside": "real",
        "file": "./real//x",
        "away": "/etc/passwd",
        "gone": "nowhere",
        "up": "..",
    }.items():
        (root / name).symlink_to(target)
        assert os.readlink(root / name) == target  # noqa: PTH115 - a Path would tidy the text
    found = unpacked(packed(root)[0])
    assert {name: info.linkname for name, info in found.items() if info.issym()} == {
        "inside": "real",
        "file": "./real//x",
        "away": "/etc/passwd",
        "gone": "nowhere",
        "up": "..",
    }
    assert "inside/x" not in found


def test_names_of_any_encoding_and_length_travel(root: Path) -> None:
    write(root)
    long = "d" * 120
    (root / long).mkdir()
    wanted = [os.fsdecode(b"caf\xe9"), "\u540d\u524d", f"{long}/{'f' * 150}", "with\nnewline", "-rf", " lead"]
    for name in wanted:
        (root / name).write_text(name.encode("utf-8", "surrogateescape").hex())
    data, _ = packed(root)
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data)), encoding="utf-8", errors="surrogateescape") as archive:
        assert set(wanted) <= set(archive.getnames())


def test_owners_times_and_modes_are_the_same_for_everybody(root: Path) -> None:
    write(root, script="#!/bin/sh\n", secret="x")
    (root / "script").chmod(0o711)
    (root / "secret").chmod(0o600)
    (root / "folder").mkdir(mode=0o700)
    found = unpacked(packed(root)[0])
    assert {(i.uid, i.gid, i.uname, i.gname, i.mtime) for i in found.values()} == {(0, 0, "", "", 946684800)}
    assert {name: oct(info.mode) for name, info in found.items()} == {
        "Dockerfile": "0o644",
        "folder": "0o755",
        "script": "0o755",
        "secret": "0o644",
    }


def test_the_context_may_be_a_link(tmp_path: Path, root: Path) -> None:
    write(root, app="code")
    (tmp_path / "link").symlink_to(root)
    assert packed(tmp_path / "link") == packed(root)


# ------------------------------------------------------------------ what is refused


def test_files_that_cannot_be_read_are_all_named(root: Path) -> None:
    if os.geteuid() == 0:
        root_cannot(root)
        return
    write(root, a="1", b="2", c="3")
    for name in ("a", "b"):
        (root / name).chmod(0)
    with pytest.raises(Refused) as caught:
        select(root, root / "Dockerfile")
    assert caught.value.problem.evidence == ("a: Permission denied", "b: Permission denied")


def root_cannot(root: Path) -> None:
    """As root nothing is unreadable: the same, asked of a user who is not."""
    write(root, a="1", b="2")
    (root / "a").chmod(0)
    for folder in (root, *root.parents):
        if folder.stat().st_uid == 0 and folder != Path("/") and str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setuid(65534)
            select(root, root / "Dockerfile")
        except Refused as refused:
            code = 0 if refused.problem.evidence == ("a: Permission denied",) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_an_unreadable_file_that_is_ignored_harms_nobody(root: Path) -> None:
    write(root, _dot_dockerignore="private\n", private__key="x")
    (root / "private").chmod(0)
    try:
        assert names(select(root, root / "Dockerfile")) == [".dockerignore", "Dockerfile"]
    finally:
        (root / "private").chmod(0o755)


@pytest.mark.parametrize("change", ["longer", "shorter", "same length", "gone"])
def test_a_file_that_changes_while_it_is_packed_is_an_error(root: Path, change: str) -> None:
    write(root, app="x" * 3_000_000)
    stream = parts(select(root, root / "Dockerfile").entries)
    taken = 0
    while taken < 1_000_000 and change != "gone":
        taken += len(next(stream))
    if change == "gone":
        (root / "app").unlink()
    elif change == "same length":
        with (root / "app").open("r+") as file:
            file.write("y")
        os.utime(root / "app")
    else:
        with (root / "app").open("r+") as file:
            file.truncate(4_000_000 if change == "longer" else 2_000_000)
    with pytest.raises(Refused) as caught:
        list(stream)
    assert caught.value.problem.where == str(root / "app")


@pytest.mark.parametrize(
    ("files", "dockerfile", "what"),
    [
        ({}, "Missing", "there is no Dockerfile"),
        ({"_dot_dockerignore": "ok\n[bad\n"}, "Dockerfile", "a character class is not well formed: [bad"),
    ],
)
def test_what_cannot_be_a_context_is_said_with_its_place(
    root: Path, files: dict[str, str], dockerfile: str, what: str
) -> None:
    write(root, **files)
    with pytest.raises(UsageError) as caught:
        select(root, root / dockerfile)
    assert caught.value.problem.what == what
    assert caught.value.problem.where.startswith(str(root))


def test_a_bad_rule_names_its_line(root: Path) -> None:
    write(root, _dot_dockerignore="ok\n\n[bad\n")
    with pytest.raises(UsageError) as caught:
        select(root, root / "Dockerfile")
    assert caught.value.problem.where == f"{root / '.dockerignore'}:3"


# ------------------------------------------------------------------ the stream


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 17])
@pytest.mark.parametrize("threads", [1, 4])
def test_the_stream_is_one_gzip_member_of_the_same_bytes(size: int, threads: int) -> None:
    words = [random.Random(number).randbytes(12) for number in range(4000)]
    plain = b"".join(random.Random(size).choices(words, k=size // 12 + 1))[:size]
    sums = Sums()
    data = b"".join(gzip_stream([plain[:10], plain[10:]], sums, threads=threads))
    assert gzip.decompress(data) == plain
    assert sums.size == size
    other = b"".join(gzip_stream(regular([plain], 1000), Sums(), threads=3))
    assert other == data


def test_other_tools_read_the_archive(root: Path) -> None:
    write(root, app="code", a__b__c="deep", **{"x" * 90 + "__" + "y" * 90: "long"})
    listed = subprocess.run(
        [str(shutil.which("tar")), "-tzf", "-"], input=packed(root)[0], capture_output=True, check=True
    ).stdout.decode()
    assert listed.splitlines() == [
        "a/",
        "a/b/",
        "a/b/c",
        "app",
        f"{'x' * 90}/",
        f"{'x' * 90}/{'y' * 90}",
        "Dockerfile",
    ]


def test_memory_does_not_grow_with_the_tree(root: Path) -> None:
    write(root)
    piece = os.urandom(1_000_000)
    for number in range(60):
        (root / f"file{number}").write_bytes(piece)
    selection = select(root, root / "Dockerfile")
    tracemalloc.start()
    total = sum(len(part) for part in gzip_stream(Packing(selection).pieces(), Sums(), threads=2))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > 55_000_000
    assert peak < 20_000_000


# ------------------------------------------------------------------ the digest on the image


def test_the_dockerfile_travels_with_the_digest_of_its_context_as_a_label(root: Path) -> None:
    write(root, app="code")
    data, digest = packed(root)
    label = f'LABEL dev.deployctl.context="{digest}"\n'
    assert content_of(data, "Dockerfile").decode() == f"FROM scratch\n{label}"
    assert digest == digest_of(select(root, root / "Dockerfile"))
    plain = b"".join(Packing(select(root, root / "Dockerfile"), label=False).pieces())
    assert f"sha256:{sha256(plain).hexdigest()}" == digest


def test_what_a_release_writes_and_commits_makes_no_other_tree(root: Path) -> None:
    """The repository's root as the context: the bump and git's own files travel, and do not count."""
    overlay = root / "deploy" / "kustomization.yaml"
    write(root, app="code", deploy__kustomization_dot_yaml="images: [{name: app, newTag: v1}]\n", _dot_git__HEAD="1")

    def digest() -> str:
        selection = select(root, root / "Dockerfile", (overlay, root.parent / "elsewhere" / "kustomization.yaml"))
        packing = Packing(selection)
        travelling = b"".join(packing.pieces())
        assert (b"newTag" in travelling, "deploy/kustomization.yaml" in names(selection)) == (True, True)
        assert packing.digest == digest_of(selection)
        return packing.digest

    before = digest()
    overlay.write_text("images: [{name: app, newTag: v2}]\n")
    (root / ".git" / "HEAD").write_text("2")
    (root / ".git" / "index").write_text("new")
    assert digest() == before
    (root / "deploy" / "patch.yaml").write_text("a change of somebody's")
    assert digest() != before


def test_another_kustomization_than_a_release_writes_is_part_of_the_tree(root: Path) -> None:
    write(root, kustomization_dot_yaml="a")
    before = digest_of(select(root, root / "Dockerfile", (root / "deploy" / "kustomization.yaml",)))
    write(root, kustomization_dot_yaml="b")
    assert digest_of(select(root, root / "Dockerfile", (root / "deploy" / "kustomization.yaml",))) != before
