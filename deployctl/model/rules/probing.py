"""What one probe's answer is, and how often one may ask."""

from __future__ import annotations

import json

from deployctl.model.http import NoResponse, Response
from deployctl.model.json import dig
from deployctl.model.probing import AnswerKind
from deployctl.model.rules.health import INGRESS, Verdict
from deployctl.model.service import HealthCheck

A_MINUTE = 190.0
"""Requests that one address may make in a minute, with some to spare: the first user's API allows 200."""
FASTEST = 0.5
"""Seconds between two probes at best."""
FEWEST = 20.0
"""Probes a minute that are made whatever else is asked."""


def answer_kind(answer: Response | NoResponse, verdict: Verdict) -> AnswerKind:
    """Errors that the ingress gives on behalf of nobody are no service; everything else came from the service."""
    if verdict.good:
        return "good"
    if isinstance(answer, NoResponse) or answer.status in (502, 503, 504):
        return "unserved"
    return "unserved" if answer.status == 404 and verdict.incident == INGRESS else "wrong"


def version_in(answer: Response | NoResponse, check: HealthCheck) -> str:
    """What a JSON document says its version is; empty for any other answer."""
    if isinstance(answer, NoResponse) or check.format != "json":
        return ""
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    found = dig(document, *(check.version_field or "version").split("."))
    return str(found) if isinstance(found, str | int | float) else ""


def probe_interval(health_interval: float) -> float:
    """Seconds between two probes, so that they and the health step beside them stay below the rate limit. Who has asked
    for more health requests than that has no such limit."""
    asked = 60.0 / health_interval
    return FASTEST if asked > A_MINUTE else max(FASTEST, 60.0 / max(FEWEST, A_MINUTE - asked))
