"""The plan on one screen: images, the overlay's line, every object that changes, steps, and what it will cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.text import Text

from deployctl.model.change import FieldChange, ObjectChange
from deployctl.model.plan import Plan, ServicePlan, Transition
from deployctl.ui.lines import ADDED, BOLD, DIM, REMOVED, WARN, count, line, seconds, short
from deployctl.ui.problem_view import finding_lines
from deployctl.ui.step_view import step_title

SIGNS = {"create": ("+", ADDED), "change": ("~", WARN), "recreate": ("±", WARN), "unchanged": ("=", DIM)}
TRANSITIONS = {
    "recreate": "Recreate: the old pods stop before the new ones start",
    "rolling": "rolling update",
    "ordered": "pods are replaced in order",
    "manual": "OnDelete: pods stay until somebody deletes them",
    "at-next-run": "takes effect at the next run",
    "none": "",
}
FIELDS_SHOWN = 12


def plan_lines(plan: Plan, *, verbose: bool = False) -> tuple[Text, ...]:
    """Refusals come first: they are what the reader came for."""
    return (
        *(text for refusal in plan.refusals for text in finding_lines(refusal, refusal=True)),
        *((line(""),) if plan.refusals else ()),
        line((headline(plan), BOLD)),
        *_services(plan),
        *_edits(plan),
        *_changes(plan, verbose=verbose),
        *_proofs(plan, verbose=verbose),
        *(text for warning in plan.warnings for text in finding_lines(warning, refusal=False)),
        *_steps(plan),
        *_cost(plan),
    )


def headline(plan: Plan) -> str:
    """Such as `Release backend 0.8.8 to prod (klinematrix-prod at https://…)`."""
    verb = "Release" if plan.operation == "release" else "Roll back"
    what = ", ".join(f"{s.service.name} {s.version}" for s in plan.services)
    where = "to" if plan.operation == "release" else "in"
    return f"{verb} {what} {where} {plan.environment} ({plan.namespace} at {plan.cluster})"


def _services(plan: Plan) -> Iterator[Text]:
    for service in plan.services:
        yield line(("image    ", DIM), str(service.image.with_tag(service.image.tag)), "  ", _state(service), indent=2)
        if service.previous and service.previous != str(service.image.with_tag(service.image.tag)):
            yield line(("now      ", DIM), service.previous, indent=2)
        for digest in service.running:
            yield line(("running  ", DIM), short(digest), indent=2)


def _state(service: ServicePlan) -> tuple[str, str]:
    if service.image.digest:
        tree = ", made of this very tree" if service.of_this_tree else ""
        return f"in the registry, {short(service.image.digest)}{tree}", DIM
    return ("to be built", WARN) if service.build else ("absent", REMOVED)


def _edits(plan: Plan) -> Iterator[Text]:
    for edit in plan.edits:
        if edit.changes:
            yield line(("overlay  ", DIM), f"{edit.path}:{edit.line}  {edit.summary}", indent=2)


def _changes(plan: Plan, *, verbose: bool) -> Iterator[Text]:
    moves = {str(t.workload): t for t in plan.transitions}
    for change in plan.changes:
        if change.action != "unchanged" or str(change.ref) in moves or verbose:
            yield _object(change, moves.get(str(change.ref)))
            yield from _fields(change, verbose=verbose)
    same = Counter(c.action for c in plan.changes)["unchanged"]
    if same:
        yield line(("=", DIM), f" {count(same, 'object')} unchanged", indent=2)


def _object(change: ObjectChange, move: Transition | None) -> Text:
    sign, style = SIGNS[change.action]
    how = TRANSITIONS[move.kind] if move else ""
    restart = "restart, " if move and move.restart else ""
    collateral = ("  collateral: nobody named it", WARN) if change.collateral else ""
    return line((sign, style), f" {change.ref}", (f"  {restart}{how}" if move else "", DIM), collateral, indent=2)


def _fields(change: ObjectChange, *, verbose: bool) -> Iterator[Text]:
    if change.action == "create":
        return
    shown = change.fields if verbose else change.fields[:FIELDS_SHOWN]
    for field in shown:
        yield from _field(field)
    if len(shown) < len(change.fields):
        yield line((f"and {count(len(change.fields) - len(shown), 'more field')} (-v shows all)", DIM), indent=6)


def _field(field: FieldChange) -> Iterator[Text]:
    yield line(field.path, indent=6)
    if field.before is not None:
        yield line((f"- {field.before}", REMOVED), indent=8)
    if field.after is not None:
        yield line((f"+ {field.after}", ADDED), indent=8)


def _proofs(plan: Plan, *, verbose: bool) -> Iterator[Text]:
    """On one line what was proven; -v shows by what."""
    if not plan.proofs:
        return
    if not verbose:
        yield line(("proved   ", DIM), " · ".join(proven.what for proven in plan.proofs), indent=2)
        return
    for proven in plan.proofs:
        yield line(("proved   ", DIM), proven.what, indent=2)
        yield from (line((evidence, DIM), indent=13) for evidence in proven.evidence)


def _steps(plan: Plan) -> Iterator[Text]:
    """None of a refused plan: they will not be taken."""
    if plan.refusals:
        return
    for number, step in enumerate(plan.steps, start=1):
        yield line((f"{number:>2}. ", DIM), step_title(step), indent=2)
    if not plan.steps:
        yield line("Nothing to do: production already is what the overlay says.", indent=2)


def _cost(plan: Plan) -> Iterator[Text]:
    if not plan.steps or plan.refusals:
        return
    if plan.expected_downtime is None:
        cost = "unknown: no earlier release was measured"
    elif plan.expected_downtime == 0:
        cost = "none expected"
    else:
        cost = f"about {seconds(plan.expected_downtime)}, as in the last releases"
    yield line(("downtime ", DIM), cost, indent=2)
    yield line(("sealed   ", DIM), plan.fingerprint[:12], indent=2)
