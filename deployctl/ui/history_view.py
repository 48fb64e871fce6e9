"""The releases of an environment, newest first."""

from __future__ import annotations

from rich.text import Text

from deployctl.model.release import Release
from deployctl.ui.lines import BAD, BOLD, DIM, GOOD, WARN, line, seconds, short

STYLES = {"done": GOOD, "failed": BAD, "rolled-back": WARN, "running": WARN, "interrupted": WARN}


def history_lines(releases: tuple[Release, ...]) -> tuple[Text, ...]:
    """Two lines a release: what and how it ended, then who and what it cost; a failed one says why."""
    if not releases:
        return (line("no release has been recorded here yet"),)
    return tuple(text for release in releases for text in _release(release))


def _release(release: Release) -> tuple[Text, ...]:
    images = ", ".join(f"{i.service} {i.version} {short(i.digest)}".strip() for i in release.images)
    head = line(
        (f"#{release.number:<4}", BOLD),
        f"{release.started:%Y-%m-%d %H:%M} ",
        (f"{release.outcome:<12}", STYLES.get(release.outcome, DIM)),
        f" {release.operation} {images}",
    )
    took = f", took {seconds((release.finished - release.started).total_seconds())}" if release.finished else ""
    down = f", down {seconds(release.downtime)}" if release.downtime is not None else ""
    commit = f", commit {release.git_commit[:9]}{' (dirty)' if release.git_dirty else ''}" if release.git_commit else ""
    rest = line((f"by {release.who}{took}{down}{commit}", DIM), indent=5)
    why = (line((release.problem.what, STYLES.get(release.outcome, DIM)), indent=5),) if release.problem else ()
    return (head, rest, *why)
