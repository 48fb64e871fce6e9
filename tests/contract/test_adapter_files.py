"""Text files: whole or not at all, and nothing of them changed but the text."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployctl.adapters.files import LocalFiles
from deployctl.model.errors import ReleaseFailed, UsageError

FILES = LocalFiles()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_what_is_written_is_read_again_to_the_byte(tmp_path: Path, text: str) -> None:
    FILES.write(tmp_path / "a", text)

    assert (FILES.read(tmp_path / "a"), (tmp_path / "a").read_bytes()) == (text, text.encode())


@pytest.mark.parametrize("text", ["a\r\nb\r\n", "a\nb", "\ufeffa: 1\n", "a\rb", "\r\n\n\r", "名: 值\n"])
def test_line_endings_and_byte_order_marks_stay(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kustomization.yaml"
    path.write_bytes(text.encode())

    FILES.write(path, FILES.read(path))

    assert path.read_bytes() == text.encode()


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o640])
def test_the_mode_stays(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(mode)

    FILES.write(path, "new")

    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_new_file_has_the_mode_that_the_user_wants(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        FILES.write(tmp_path / "a", "new")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_stays(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    os.chown(path, 12345, 23456)

    FILES.write(path, "new")

    assert (path.stat().st_uid, path.stat().st_gid, path.read_text()) == (12345, 23456, "new")


def test_a_link_stays_a_link_and_its_target_gets_the_text(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real/a", tmp_path / "a"
    target.write_text("old")
    link.symlink_to("real/a")

    FILES.write(link, "new")

    assert (link.readlink(), target.read_text()) == (Path("real/a"), "new")


def test_nothing_else_is_left_in_the_folder(tmp_path: Path) -> None:
    FILES.write(tmp_path / "a", "1")
    FILES.write(tmp_path / "a", "2")

    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_failed_write_leaves_the_old_text_and_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()  # a folder where the file should be

    with pytest.raises(ReleaseFailed) as caught:
        FILES.write(tmp_path / "a", "new")

    assert caught.value.problem.what == "the file cannot be written: Is a directory"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReleaseFailed) as caught:
        FILES.write(tmp_path / "no/a", "new")

    assert caught.value.problem.where == str(tmp_path / "no/a")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_file_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(0o444)

    with pytest.raises(ReleaseFailed, match="the file is read-only"):
        FILES.write(path, "new")
    assert path.read_text() == "old"


def test_only_a_file_is_there_to_be_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "dangling").symlink_to("none")

    names = ("a", "link", "dangling", "none", ".")
    assert [FILES.exists(tmp_path / name) for name in names] == [True, True, False, False, False]


def test_what_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "image.png").write_bytes(b"ok\xff\xfe")

    with pytest.raises(UsageError) as missing:
        FILES.read(tmp_path / "none")
    with pytest.raises(UsageError) as binary:
        FILES.read(tmp_path / "image.png")

    assert missing.value.problem.what == "the file cannot be read: No such file or directory"
    assert (binary.value.problem.what, binary.value.problem.evidence) == (
        "the file is not UTF-8 text",
        ("byte 2 cannot be read",),
    )
