"""Observe and plan, shown; and the refusal that a plan may hold."""

from __future__ import annotations

from deployctl.cli.insist import insist_none
from deployctl.engine.observe import observe
from deployctl.engine.target import Target
from deployctl.model.errors import Problem, Refused
from deployctl.model.event import Planned
from deployctl.model.plan import Plan
from deployctl.model.request import ReleaseRequest
from deployctl.planning import plan_release
from deployctl.ui.printer import Printer


def observe_and_plan(request: ReleaseRequest, target: Target, printer: Printer) -> Plan:
    """Read the world, plan, show the plan. Writes nothing. Raises UsageError, Unavailable, Refused."""
    plan = plan_release(request, observe(request, target))
    printer.show(Planned(plan))
    return plan


def insist_allowed(plan: Plan) -> None:
    """Raises Refused where the plan has refusals."""
    insist_none(Refused, tuple(Problem(f.what, f.where, f.evidence, f.action, f.incident) for f in plan.refusals))
