"""Several problems as one failure."""

from __future__ import annotations

from deployctl.model.errors import DeployError, Problem


def insist_none(failure: type[DeployError], problems: tuple[Problem, ...]) -> None:
    """Raises `failure` in the words of the first problem, the others as evidence; returns when there is none."""
    if not problems:
        return
    first, *others = problems
    raise failure(
        first.what,
        where=first.where,
        evidence=(*first.evidence, *(f"also: {other.what}" for other in others)),
        action=first.action,
        incident=first.incident,
    )
