"""Bump: write the new tags into the overlay, exactly as the plan showed them."""

from __future__ import annotations

from deployctl.engine.run import Run, Work
from deployctl.model.errors import Refused
from deployctl.model.event import StepProgress
from deployctl.model.plan import BumpStep, CommitStep


def bump(run: Run, step: BumpStep) -> Work:
    """Atomically, file by file. Raises Refused when a file is no longer what was planned on, ReleaseFailed."""
    files, root = run.target.ports.files, run.target.project.root
    for edit in step.edits:
        path = root / edit.path
        if files.read(path) != edit.before:
            raise Refused(
                "the file was changed while the release was being prepared", where=edit.path, action="run it again"
            )
        files.write(path, edit.after)
        run.wrote_tree = True
        yield StepProgress("bump", f"{edit.path}:{edit.line} {edit.summary}")
    return ", ".join(edit.summary for edit in step.edits)


def unbump(run: Run) -> tuple[str, ...]:
    """Put back what `bump` wrote, when the cluster was not touched afterwards; returns the restored paths."""
    restored = []
    for step in run.plan.steps:
        if isinstance(step, BumpStep):
            for edit in step.edits:
                path = run.target.project.root / edit.path
                if run.target.ports.files.read(path) == edit.after:
                    run.target.ports.files.write(path, edit.before)
                    restored.append(edit.path)
    run.wrote_tree = False
    return tuple(restored)


def commit(run: Run, step: CommitStep) -> Work:
    """git-commit only the bumped files, whatever else is staged. Raises ReleaseFailed."""
    yield StepProgress("commit", step.message)
    paths = tuple(run.target.project.root / path for path in step.paths)
    return run.target.ports.repository.commit(paths, step.message)
