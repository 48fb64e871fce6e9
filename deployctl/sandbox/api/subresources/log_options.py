"""How a log is asked for: which container, and which of its lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from deployctl.sandbox.api.errors import Resource, bad_request, invalid
from deployctl.sandbox.api.tables.ages import parse
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause

Line = tuple[datetime, str]


@dataclass(frozen=True)
class LogOptions:
    """As the query asks; `since` is a moment, `tail` and `limit` count lines and bytes."""

    container: str = ""
    previous: bool = False
    follow: bool = False
    timestamps: bool = False
    tail: int | None = None
    limit: int | None = None
    since: datetime | None = None

    def select(self, lines: Sequence[Line]) -> list[Line]:
        since = self.since
        chosen = [line for line in lines if since is None or line[0] >= since]
        if self.tail is None:
            return chosen
        return chosen[-self.tail :] if self.tail else []

    def text(self, lines: Sequence[Line]) -> bytes:
        stamp = _stamp if self.timestamps else _nothing
        return "".join(f"{stamp(time)}{text}\n" for time, text in lines).encode()


def _stamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f000Z ")


def _nothing(_time: datetime) -> str:
    return ""


def log_options(query: Mapping[str, str], pod: Object, now: datetime) -> LogOptions:
    """Raises ApiError: 422 for numbers that cannot be, 400 for a container that is not there."""
    _check_query(query, pod["metadata"]["name"])
    since: datetime | None = None
    if query.get("sinceSeconds"):
        since = now - timedelta(seconds=_number(query, "sinceSeconds") or 0)
    elif query.get("sinceTime"):
        since = parse(query["sinceTime"])
    return LogOptions(
        container=_container(query.get("container", ""), pod),
        previous=query.get("previous") in {"true", "1"},
        follow=query.get("follow") in {"true", "1"},
        timestamps=query.get("timestamps") in {"true", "1"},
        tail=_number(query, "tailLines"),
        limit=_number(query, "limitBytes"),
        since=since,
    )


def _check_query(query: Mapping[str, str], name: str) -> None:
    """Raises ApiError 422."""
    causes = [
        Cause("FieldValueInvalid", f"Invalid value: {_number(query, field)}: must be {rule}", field)
        for field, least, rule in (
            ("tailLines", 0, "greater than or equal to 0"),
            ("limitBytes", 1, "greater than 0"),
            ("sinceSeconds", 1, "greater than 0"),
        )
        if query.get(field) and (_number(query, field) or 0) < least
    ]
    if query.get("sinceSeconds") and query.get("sinceTime"):
        both = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"
        causes.append(Cause("FieldValueForbidden", both, "[]"))
    if causes:
        raise invalid(Resource("", "", "PodLogOptions"), name, causes)


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if not text:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from error


def _names(spec: Object, field: str) -> list[str]:
    return [c["name"] for c in spec.get(field) or []]


def _container(wanted: str, pod: Object) -> str:
    """Raises ApiError 400 when it is not said which, or said wrongly."""
    spec, name = pod.get("spec") or {}, pod["metadata"]["name"]
    main, init = _names(spec, "containers"), _names(spec, "initContainers")
    if not wanted:
        if len(main) == 1:
            return main[0]
        choice = " ".join([*init, *main])
        raise bad_request(f"a container name must be specified for pod {name}, choose one of: [{choice}]")
    if wanted not in [*main, *init, *_names(spec, "ephemeralContainers")]:
        raise bad_request(f"container {wanted} is not valid for pod {name}")
    return wanted
