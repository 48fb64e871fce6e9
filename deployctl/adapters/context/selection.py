"""Walking a context: everything that its rules do not keep at home, in the order of the archive."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from deployctl.adapters.context.entries import Entry, Selection, Skipped
from deployctl.adapters.context.ignorefile import NAME, IgnoreFile, read_ignore_file, travelling
from deployctl.model.dockerignore import Folder
from deployctl.model.errors import Refused, UsageError

KINDS = ((stat.S_ISSOCK, "a socket"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"))


BOOKKEEPING = ".git"


def select(context: Path, dockerfile: Path, bumped: tuple[Path, ...] = ()) -> Selection:
    """What travels. Ignored folders are walked only where a negation may keep something in them.

    `bumped` files, which releases write, and git's own bookkeeping travel and do not count for the digest: a tree whose
    new tag has been written down and committed since is still the tree that the image was made of.

    Raises UsageError (no such context or Dockerfile, bad rules) and Refused (something included cannot be read).
    """
    context, dockerfile = _checked(context, dockerfile)
    ignore = read_ignore_file(context, dockerfile)
    inside = _inside(context, dockerfile)
    walk = _Walk(context, ignore, frozenset({NAME, inside} - {""}), frozenset(_names(bumped, context)))
    entries = dict(walk.entries())
    if walk.unreadable:
        raise Refused(
            "the build context has files that cannot be read",
            where=str(context),
            evidence=tuple(sorted(walk.unreadable)),
            action="make them readable, or name them in .dockerignore",
        )
    name = inside or _add_dockerfile(entries, dockerfile)
    rules = travelling(ignore, context, frozenset(walk.hidden), "" if inside else name)
    entries.pop(NAME, None)
    if rules is not None:
        entries[NAME] = Entry(NAME, "file", str(context / NAME), len(rules), content=rules)
    return Selection(tuple(entries[key] for key in sorted(entries, key=_order)), name, tuple(walk.skipped))


def _order(name: str) -> bytes:
    """Bytes, so that no locale has a say; a folder before what is in it."""
    return os.fsencode(name).replace(b"/", b"\0")


def _checked(context: Path, dockerfile: Path) -> tuple[Path, Path]:
    if not context.is_dir():
        raise UsageError("the build context is not a folder", where=str(context))
    if not dockerfile.is_file():
        raise UsageError("there is no Dockerfile", where=str(dockerfile), action="set `dockerfile` of the service")
    return context.resolve(), dockerfile.parent.resolve() / dockerfile.name


def _inside(context: Path, dockerfile: Path) -> str:
    """The Dockerfile's name in the context; empty when it lies elsewhere, or is a link, whose target may not travel."""
    if not dockerfile.is_relative_to(context) or dockerfile.is_symlink():
        return ""
    return dockerfile.relative_to(context).as_posix()


def _names(paths: tuple[Path, ...], context: Path) -> Iterator[str]:
    for path in paths:
        real = path.parent.resolve() / path.name
        if real.is_relative_to(context):
            yield real.relative_to(context).as_posix()


def _add_dockerfile(entries: dict[str, Entry], dockerfile: Path) -> str:
    """A Dockerfile from outside travels under a name made of its content, so that the same one gives the same bytes."""
    content = dockerfile.read_bytes()
    name = f".dockerfile.{sha256(content).hexdigest()[:16]}"
    entries[name] = Entry(name, "file", str(dockerfile), len(content), content=content)
    return name


class _Walk:
    """One walk over a context."""

    def __init__(self, context: Path, ignore: IgnoreFile, forced: frozenset[str], uncounted: frozenset[str]) -> None:
        self._context = context
        self._rules = ignore.rules
        self._forced = forced
        self._uncounted = uncounted
        self.skipped: list[Skipped] = []
        self.unreadable: list[str] = []
        self.hidden: set[str] = set()
        """Forced files that the rules ignore: sent to the builder, not to be copied into the image."""

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """Everything that travels; folders that only lead to something included travel with it."""
        return self._folder(Folder(), self._context, ())

    def _folder(self, folder: Folder, path: Path, above: tuple[Entry, ...]) -> Iterator[tuple[str, Entry]]:
        try:
            found = list(os.scandir(path))
        except OSError as error:
            self.unreadable.append(f"{folder.path or '.'}: {error.strerror}")
            return
        for item in found:
            name = f"{folder.path}/{item.name}" if folder.path else item.name
            ignored = self._rules.ignores_in(folder, name)
            if item.is_dir(follow_symlinks=False):
                yield from self._subfolder(folder, item, ignored=ignored, above=above)
                continue
            if ignored and name not in self._forced:
                continue
            if ignored:
                self.hidden.add(name)
            entry = self._entry(name, item)
            if entry is not None:
                yield from ((one.name, one) for one in (*above, entry))

    def _subfolder(
        self, folder: Folder, item: os.DirEntry[str], *, ignored: bool, above: tuple[Entry, ...]
    ) -> Iterator[tuple[str, Entry]]:
        inner = self._rules.enter(folder, item.name)
        entry = Entry(inner.path, "folder", item.path, counts=self._counts(inner.path))
        if not ignored:
            yield from ((one.name, one) for one in (*above, entry))
        elif not self._rules.may_keep_below(inner) and not self._forced_below(inner.path):
            return
        yield from self._folder(inner, Path(item.path), (*above, entry))

    def _forced_below(self, folder: str) -> bool:
        return any(name.startswith(f"{folder}/") for name in self._forced)

    def _entry(self, name: str, item: os.DirEntry[str]) -> Entry | None:
        try:
            status = item.stat(follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                return Entry(name, "link", item.path, target=os.readlink(item.path), counts=self._counts(name))  # noqa: PTH115 - a Path would tidy the text
        except OSError as error:
            self.unreadable.append(f"{name}: {error.strerror}")
            return None
        for is_kind, words in KINDS:
            if is_kind(status.st_mode):
                self.skipped.append(Skipped(name, words))
                return None
        if not os.access(item.path, os.R_OK):
            self.unreadable.append(f"{name}: Permission denied")
            return None
        executable = bool(status.st_mode & stat.S_IXUSR)
        return Entry(name, "file", item.path, status.st_size, executable=executable, counts=self._counts(name))

    def _counts(self, name: str) -> bool:
        return name not in self._uncounted and f"/{BOOKKEEPING}/" not in f"/{name}/"
