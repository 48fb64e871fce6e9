"""The comparison of what runs with what should, as a table; only what differs unless all is asked for."""

from __future__ import annotations

from rich.text import Text

from deployctl.model.verify import Check
from deployctl.ui.lines import BAD, DIM, GOOD, count, line


def verify_lines(checks: tuple[Check, ...], *, verbose: bool) -> tuple[Text, ...]:
    """One row a fact, columns aligned; each differing fact with what was wanted, what was found and what to do."""
    bad = [check for check in checks if not check.good]
    shown = list(checks) if verbose else bad
    subject = max((len(c.subject) for c in shown), default=0)
    fact = max((len(c.fact) for c in shown), default=0)
    rows = [text for check in shown for text in _row(check, subject, fact)]
    good = line((f"{count(len(checks) - len(bad), 'fact')} agree", GOOD)) if len(checks) > len(bad) else None
    return (*rows, *((good,) if good else ()))


def _row(check: Check, subject: int, fact: int) -> tuple[Text, ...]:
    head = f"{check.subject:<{subject}}  {check.fact:<{fact}}"
    if check.good:
        return (line(("✓ ", GOOD), head, (f"  {check.found}", DIM)),)
    return (
        line(("✗ ", BAD), head),
        line(("wanted ", DIM), check.wanted, indent=4),
        line(("found  ", DIM), check.found, indent=4),
        *((line(("next   ", DIM), check.action, indent=4),) if check.action else ()),
    )
