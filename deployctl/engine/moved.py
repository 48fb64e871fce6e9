"""What was planned is what is done: a plan taken again under the lock must be the same."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.errors import Refused
from deployctl.model.plan import Plan


def insist_unmoved(shown: Plan, again: Plan) -> None:
    """Raises Refused naming what differs, when the world moved between the plan that was shown and now."""
    if shown.fingerprint == again.fingerprint and not again.refusals:
        return
    raise Refused(
        "the world has moved since the plan was shown; nothing was written",
        where=f"environment {shown.environment}",
        evidence=tuple(_differences(shown, again)),
        action="look at the new plan, then run the release again",
    )


def _differences(shown: Plan, again: Plan) -> Iterator[str]:
    for before, now in zip(shown.services, again.services, strict=False):
        if before.image != now.image:
            yield f"image of {now.service.name}: {before.image} -> {now.image}"
    former = {change.ref: change for change in shown.changes}
    for change in again.changes:
        if former.get(change.ref) != change:
            planned = former[change.ref].action if change.ref in former else "absent"
            yield f"{change.ref}: planned {planned}, now {change.action}"
    for gone in former.keys() - {change.ref for change in again.changes}:
        yield f"{gone} is no longer in the overlay"
    for before_edit, edit in zip(shown.edits, again.edits, strict=False):
        if before_edit != edit:
            yield f"{edit.path} was edited"
    for refusal in again.refusals:
        yield refusal.what
