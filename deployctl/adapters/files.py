"""Text files of the user's tree: read as they are, written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from deployctl.model.errors import ReleaseFailed, UsageError


class LocalFiles:
    """The `Files` port. Text is UTF-8; line endings and a byte order mark are part of it and stay."""

    def exists(self, path: Path) -> bool:
        return path.is_file()

    def read(self, path: Path) -> str:
        try:
            return path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            place = f"byte {error.start} cannot be read"
            raise UsageError("the file is not UTF-8 text", where=str(path), evidence=(place,)) from error
        except OSError as error:
            raise UsageError(f"the file cannot be read: {error.strerror}", where=str(path)) from error

    def write(self, path: Path, text: str) -> None:
        target = path.resolve()
        try:
            before = target.stat() if target.exists() else None
            if before is not None and not os.access(target, os.W_OK):
                raise PermissionError(13, "the file is read-only")
            _replace(target, text.encode("utf-8"), before)
        except OSError as error:
            raise ReleaseFailed(
                f"the file cannot be written: {error.strerror}",
                where=str(path),
                action=f"make {target.parent} and the file writable, then run the command again; it goes on from here",
            ) from error


def _replace(target: Path, content: bytes, before: os.stat_result | None) -> None:
    """Another file takes the place of the old one at once, after its bytes are safely on the disk."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            _keep_attributes(stream.fileno(), before)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _keep_attributes(descriptor: int, before: os.stat_result | None) -> None:
    if before is None:
        mask = os.umask(0)
        os.umask(mask)
        os.fchmod(descriptor, 0o666 & ~mask)
        return
    with suppress(PermissionError):  # only root may give a file away; then it is root's file that we keep
        os.fchown(descriptor, before.st_uid, before.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(before.st_mode))


def _sync_folder(folder: Path) -> None:
    """So that the new name survives a power cut too. Some file systems cannot; the content is safe anyway."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
