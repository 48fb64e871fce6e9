"""Whether an HTTP answer is the one that a healthy service gives, and if not, which field differs and how."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from deployctl.model.http import NoResponse, Response
from deployctl.model.rules.masking import scrub
from deployctl.model.service import Expectation, HealthCheck

WIDTH = 120

INGRESS = "INGRESS001"
_INGRESS_ERRORS = {
    502: "the ingress reaches no healthy backend (wrong port, or the process closed the connection)",
    503: "the ingress has no Ready endpoint for the service",
    504: "the backend did not answer the ingress in time",
}
_NO_RESPONSE = {
    "dns": "the host name does not resolve",
    "refused": "nobody listens at the address",
    "timeout": "no answer in time",
    "tls": "the TLS certificate or handshake is not right",
    "reset": "the connection was closed before an answer",
    "redirects": "it redirects without end",
    "other": "no usable answer",
}
_DEFAULT_BACKEND = re.compile(
    r"default backend\s*-\s*404|<center>(?:nginx|openresty|tengine)(?:/[\w.]+)?</center>|404 page not found\s*\Z", re.I
)


@dataclass(frozen=True)
class Verdict:
    """What one answer is worth."""

    good: bool
    detail: str
    """The field, what was wanted and what was found; or, when good, what was seen."""
    incident: str = ""
    """A page in docs/troubleshooting.md, when the answer points at one."""


def judge_health(answer: Response | NoResponse, check: HealthCheck, version: str = "") -> Verdict:
    """Compare an answer with a check. `version` is compared only if the check names a field for it. Never raises."""
    if isinstance(answer, NoResponse):
        return _unreachable(answer)
    if answer.status != check.status:
        return _wrong_status(answer, check)
    return _judge_html(answer, check) if check.format == "html" else _judge_json(answer, check, version)


def _unreachable(answer: NoResponse) -> Verdict:
    detail = f"{_NO_RESPONSE[answer.kind]}: {scrub(answer.detail)}" if answer.detail else _NO_RESPONSE[answer.kind]
    incident = INGRESS if answer.kind in ("dns", "refused", "timeout") else "CERT001" if answer.kind == "tls" else ""
    return Verdict(good=False, detail=detail, incident=incident)


def _wrong_status(answer: Response, check: HealthCheck) -> Verdict:
    told = f"status {answer.status}, wanted {check.status}"
    body = _text(answer)
    if answer.status in _INGRESS_ERRORS:
        return Verdict(good=False, detail=f"{told}: {_INGRESS_ERRORS[answer.status]}", incident=INGRESS)
    if answer.status == 404 and _DEFAULT_BACKEND.search(body):
        return Verdict(good=False, detail=f"{told}: the ingress has no rule for this host and path", incident=INGRESS)
    if answer.status == 429:
        return Verdict(good=False, detail=f"{told}: we ask more often than the service allows")
    return Verdict(good=False, detail=f"{told}: {_excerpt(body)}" if body.strip() else told)


def _judge_html(answer: Response, check: HealthCheck) -> Verdict:
    kind = _media_type(answer)
    if kind not in ("text/html", "application/xhtml+xml"):
        return Verdict(
            good=False, detail=f"content type {kind or 'missing'}, wanted text/html: {_excerpt(_text(answer))}"
        )
    if check.contains and check.contains not in _text(answer):
        return Verdict(good=False, detail=f"the page does not contain {check.contains!r}: {_excerpt(_text(answer))}")
    return Verdict(good=True, detail=f"{answer.status} {kind}")


def _judge_json(answer: Response, check: HealthCheck, version: str) -> Verdict:
    try:
        document = json.loads(answer.body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return _not_json(answer)
    expected = list(check.expect)
    if check.version_field and version:
        expected.append(Expectation(check.version_field, version))
    wrong = [detail for want in expected for detail in _differences(document, want)]
    if wrong:
        return Verdict(good=False, detail="; ".join(wrong[:3]) + (f" (and {len(wrong) - 3} more)" if wrong[3:] else ""))
    seen = ", ".join(f"{want.path} {_show(want.value)}" for want in expected)
    return Verdict(good=True, detail=f"{answer.status} {seen}".strip())


def _not_json(answer: Response) -> Verdict:
    kind = _media_type(answer)
    if kind == "text/html" or _text(answer).lstrip().lower().startswith(("<!doctype html", "<html")):
        return Verdict(
            good=False,
            detail="HTML where JSON was expected: the path is answered by something else, such as the frontend",
            incident=INGRESS,
        )
    found = _excerpt(_text(answer)) or "an empty body"
    return Verdict(good=False, detail=f"not JSON ({kind or 'no content type'}): {found}")


def _differences(document: object, want: Expectation) -> Iterator[str]:
    """What is wrong at the expectation's path; `*` stands for every key or element, and must match at least one."""
    for path, found in _find(document, want.path.split("."), ""):
        if isinstance(found, _Nothing):
            yield f"{path} {found.why}, wanted {_show(want.value)}"
        elif not _same(found, want.value):
            yield f"{path} is {_show(found)}, wanted {_show(want.value)}"


@dataclass(frozen=True)
class _Nothing:
    why: str


def _find(value: object, rest: list[str], path: str) -> Iterator[tuple[str, object]]:
    """(path, value) of all that matches; where the document has nothing there, a _Nothing that says why."""
    if not rest:
        yield path, value
        return
    for key, child in _children(value, rest[0]):
        where = f"{path}.{key}" if path else key
        if isinstance(child, _Nothing):
            yield where, child
        else:
            yield from _find(child, rest[1:], where)


def _children(value: object, key: str) -> Iterator[tuple[str, object]]:
    if key == "*":
        rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        named = [(str(name), child) for name, child in rows]
        yield from named or [
            ("*", _Nothing("matches nothing" if isinstance(value, dict | list) else _no_object(value)))
        ]
    elif isinstance(value, dict):
        yield key, value.get(key, _Nothing("is missing"))
    elif isinstance(value, list) and key.isdecimal():
        yield key, value[int(key)] if int(key) < len(value) else _Nothing("is missing")
    else:
        yield key, _Nothing(f"is missing ({_no_object(value)})")


def _no_object(value: object) -> str:
    return f"its parent is {_show(value)}"


def _same(found: object, wanted: object) -> bool:
    """JSON's types count: true is not 1, and "1" is not 1; 1 and 1.0 are the same number."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if isinstance(found, int | float) and isinstance(wanted, int | float):
        return found == wanted
    return type(found) is type(wanted) and found == wanted


def _show(value: object) -> str:
    shown = scrub(json.dumps(value, ensure_ascii=False, default=str))
    return shown if len(shown) <= WIDTH else f"{shown[: WIDTH - 1]}…"


def _media_type(answer: Response) -> str:
    return answer.content_type.partition(";")[0].strip().lower()


def _text(answer: Response) -> str:
    return answer.body[:65536].decode("utf-8", "replace")


def _excerpt(body: str) -> str:
    flat = " ".join(scrub(re.sub(r"<[^>]*>", " ", body)).split())
    return flat if len(flat) <= WIDTH else f"{flat[: WIDTH - 1]}…"
