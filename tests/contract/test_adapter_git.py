"""The working tree in real git."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kubeconfigs import program

from deployctl.adapters.git import GitRepository
from deployctl.model.errors import ReleaseFailed
from deployctl.ports import TreeState


class Tree:
    """A repository with one commit of `overlay/k.yaml` and `other.txt`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.overlay = root / "overlay/k.yaml"
        self.other = root / "other.txt"
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "Li")
        self.git("config", "user.email", "li@example.com")
        self.overlay.parent.mkdir()
        self.overlay.write_text("newTag: 1\n")
        self.other.write_text("1\n")
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", "first")
        self.repository = GitRepository(root)

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(self.root), *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def committed(self) -> list[str]:
        return self.git("show", "--name-only", "--format=%s", "HEAD").split()


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    root = tmp_path / "tree"
    root.mkdir()
    return Tree(root)


def test_a_clean_tree_is_its_commit_and_branch(tree: Tree) -> None:
    assert tree.repository.state() == TreeState(tree.head(), "main", (), str(tree.root))


def test_changed_new_renamed_and_deleted_files_make_it_dirty(tree: Tree) -> None:
    tree.git("mv", "other.txt", "re named.txt")
    tree.overlay.write_text("newTag: 2\n")
    (tree.root / "neü\n.txt").write_text("")

    assert sorted(tree.repository.state().dirty) == ["neü\n.txt", "overlay/k.yaml", "re named.txt"]


def test_a_detached_head_has_no_branch(tree: Tree) -> None:
    tree.git("checkout", "--quiet", "--detach")

    assert tree.repository.state() == TreeState(tree.head(), "", (), str(tree.root))


def test_before_the_first_commit_there_is_none(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(tmp_path)], check=True)

    assert GitRepository(tmp_path).state() == TreeState("", "main", (), str(tmp_path))


def test_outside_a_repository_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert GitRepository(tmp_path).state() == TreeState("", "", ())


def test_only_the_named_path_is_committed_whatever_else_is_staged(tree: Tree) -> None:
    tree.overlay.write_text("newTag: 2\n")
    tree.other.write_text("2\n")
    tree.git("add", "other.txt")

    commit = tree.repository.commit((tree.overlay,), "Release 2\n\nby deployctl")

    assert (commit, tree.committed()) == (tree.head(), ["Release", "2", "overlay/k.yaml"])
    assert tree.git("diff", "--cached", "--name-only") == "other.txt"


def test_a_file_that_git_does_not_know_yet_is_committed_too(tree: Tree) -> None:
    new = tree.root / "overlay/new.yaml"
    new.write_text("a: 1\n")

    tree.repository.commit((new,), "New")

    assert tree.committed() == ["New", "overlay/new.yaml"]


def test_nothing_to_commit_is_the_commit_that_there_is(tree: Tree) -> None:
    before = tree.head()

    assert (tree.repository.commit((tree.overlay,), "Again"), tree.head()) == (before, before)


def test_a_path_is_not_a_pattern(tree: Tree) -> None:
    odd = tree.root / "overlay/*.yaml"
    odd.write_text("a: 1\n")
    tree.overlay.write_text("newTag: 2\n")

    tree.repository.commit((odd,), "Odd")

    assert tree.committed() == ["Odd", "overlay/*.yaml"]


def test_a_hook_that_refuses_is_heard(tree: Tree) -> None:
    program(tree.root / ".git/hooks/pre-commit", "echo 'tags need a ticket'; exit 1")
    tree.overlay.write_text("newTag: 2\n")

    with pytest.raises(ReleaseFailed) as caught:
        tree.repository.commit((tree.overlay,), "Release 2")

    assert caught.value.problem.what == "git commit failed: tags need a ticket"
    assert "git commit --only" in caught.value.problem.action


def test_git_that_does_not_know_who_commits_is_told_how(tree: Tree) -> None:
    tree.git("config", "--unset", "user.name")
    tree.git("config", "--unset", "user.email")
    tree.git("config", "user.useConfigOnly", "true")
    tree.overlay.write_text("newTag: 2\n")

    with pytest.raises(ReleaseFailed) as caught:
        tree.repository.commit((tree.overlay,), "Release 2")

    assert caught.value.problem.what == "git commit failed: git does not know who commits"
    assert caught.value.problem.action.startswith("git config user.name")


def test_a_commit_outside_a_repository_fails_in_gits_words(tmp_path: Path) -> None:
    with pytest.raises(ReleaseFailed, match="not a git repository"):
        GitRepository(tmp_path).commit((tmp_path / "a",), "Release")


def test_on_a_detached_head_the_commit_is_made_there(tree: Tree) -> None:
    tree.git("checkout", "--quiet", "--detach")
    tree.overlay.write_text("newTag: 2\n")

    commit = tree.repository.commit((tree.overlay,), "Release 2")

    assert (commit, tree.repository.state().branch) == (tree.head(), "")


def test_what_commits_have_touched_since_a_moment_is_named_within_a_folder(tree: Tree) -> None:
    """A name in no ASCII, one with spaces, one that was deleted; what lies outside of the folder is not."""
    made = datetime.now(UTC) - timedelta(days=1)
    (tree.root / "overlay" / "grün er.yaml").write_text("1")
    tree.overlay.unlink()
    tree.git("add", "--all")
    tree.git("commit", "--quiet", "-m", "second")
    assert tree.repository.committed_since(made, tree.root / "overlay") == ("grün er.yaml", "k.yaml")
    assert tree.repository.committed_since(made + timedelta(days=2), tree.root / "overlay") == ()


def test_outside_of_a_repository_git_knows_of_no_change(tmp_path: Path) -> None:
    assert GitRepository(tmp_path).committed_since(datetime.now(UTC), tmp_path) == ()
