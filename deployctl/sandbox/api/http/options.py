"""The query parameters and bodies that say how to read, write or delete."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployctl.sandbox.api.deleting import DeleteOptions
from deployctl.sandbox.api.errors import ApiError, Resource, bad_request, invalid
from deployctl.sandbox.api.http.call import Call
from deployctl.sandbox.api.http.codec import decoded
from deployctl.sandbox.api.reading import fields, labels, listing
from deployctl.sandbox.api.reading.listing import Filter, ListOptions
from deployctl.sandbox.api.reading.watching import WatchOptions
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.api.writer import Preconditions, Writer
from deployctl.sandbox.schema.validation.cause import Cause

_MAX_MANAGER = 128
_POLICIES = ("Foreground", "Background", "Orphan")
MAX_WATCH_SECONDS = 3600.0


def writer(call: Call) -> Writer:
    """Raises ApiError 422 for a dryRun or fieldManager that is none."""
    manager = call.query.get("fieldManager", "")
    _check_manager(call, manager)
    return Writer(manager or manager_of(call.user_agent), call.user, dry_run(call.query.get("dryRun", "")))


def dry_run(value: str) -> bool:
    """Raises ApiError 422 for anything but nothing and All."""
    if value not in {"", "All"}:
        cause = Cause("FieldValueNotSupported", f'Unsupported value: ["{value}"]: supported values: "All"', "dryRun")
        raise invalid(Resource("meta.k8s.io", "", "CreateOptions"), "", [cause])
    return value == "All"


def manager_of(user_agent: str) -> str:
    """The part before the first slash, as the real server names a manager that gave no name."""
    name = "".join(c for c in user_agent.split("/", 1)[0] if c.isprintable())
    return name[:_MAX_MANAGER] or "unknown"


_OPTIONS = {"create": "CreateOptions", "update": "UpdateOptions", "patch": "PatchOptions"}


def _check_manager(call: Call, manager: str) -> None:
    cause = None
    if len(manager.encode()) > _MAX_MANAGER:
        cause = Cause("FieldValueTooLong", f"Too long: may not be more than {_MAX_MANAGER} bytes", "fieldManager")
    odd = next(((at, c) for at, c in enumerate(manager) if not c.isprintable()), None)
    if odd:
        shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in manager)
        text = f'Invalid value: "{shown}": invalid character U+{ord(odd[1]):04X} (at position {odd[0]})'
        cause = Cause("FieldValueInvalid", text, "fieldManager")
    if cause:
        raise invalid(Resource("meta.k8s.io", "", _OPTIONS.get(call.info.verb, "CreateOptions")), "", [cause])


def field_validation(call: Call) -> str:
    """Strict, Warn (also when not given) or Ignore. Raises ApiError 422."""
    value = call.query.get("fieldValidation", "") or "Warn"
    if value not in {"Strict", "Warn", "Ignore"}:
        supported = 'supported values: "", "Ignore", "Strict", "Warn"'
        cause = Cause("FieldValueNotSupported", f'Unsupported value: "{value}": {supported}', "fieldValidation")
        raise invalid(Resource("meta.k8s.io", "", "CreateOptions"), "", [cause])
    return value


def chosen(call: Call, kind: Kind) -> Filter:
    """What a list, a watch or a deletecollection is about. Raises ApiError 400 for a bad selector."""
    terms = fields.parse(kind, call.query.get("fieldSelector", ""))
    if call.info.name:
        terms = (*terms, fields.FieldTerm("metadata.name", call.info.name))
    namespace = call.info.namespace if kind.namespaced and call.info.namespace else None
    return Filter(namespace, labels.parse(call.query.get("labelSelector", "")), terms)


def list_options(call: Call) -> ListOptions:
    query = call.query
    limit = _number(query.get("limit", ""))
    return ListOptions(
        limit, query.get("continue", ""), query.get("resourceVersion", ""), query.get("resourceVersionMatch", "")
    )


def watch_options(call: Call) -> WatchOptions:
    query = call.query
    initial = call.flag("sendInitialEvents") if "sendInitialEvents" in query else None
    if initial is not None and query.get("resourceVersionMatch") != "NotOlderThan":
        why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        raise listing.refused_option("FieldValueForbidden", "resourceVersionMatch", f"Forbidden: {why}")
    version = query.get("resourceVersion", "")
    if version and not version.isdigit():
        text = f'Invalid value: "{version}": strconv.ParseUint: parsing "{version}": invalid syntax'
        raise ApiError(500, "", f"resourceVersion: {text}")
    seconds = float(_number(query.get("timeoutSeconds", "")) or MAX_WATCH_SECONDS)
    return WatchOptions(version, call.flag("allowWatchBookmarks"), initial, seconds)


@dataclass(frozen=True)
class Deletion:
    """How to delete, and whether only to try."""

    options: DeleteOptions
    dry_run: bool = False


def deletion(call: Call) -> Deletion:
    """From the body (DeleteOptions) and the query, which counts where the body says nothing. Raises ApiError."""
    sent: Any = {}
    if call.body.strip():
        sent = decoded(call, typed=False)
    return parse_deletion(sent, call.query)


def parse_deletion(sent: Mapping[str, Any], query: Mapping[str, str]) -> Deletion:
    """Raises ApiError 400 or 422 for options that are none."""
    grace = sent.get("gracePeriodSeconds", query.get("gracePeriodSeconds"))
    policy: Any = sent.get("propagationPolicy") or query.get("propagationPolicy") or _legacy_policy(sent, query)
    if policy and policy not in _POLICIES:
        supported = ", ".join(f'"{p}"' for p in (*_POLICIES, "nil"))
        text = f'Unsupported value: "{policy}": supported values: {supported}'
        cause = Cause("FieldValueNotSupported", text, "propagationPolicy")
        raise invalid(Resource("meta.k8s.io", "", "DeleteOptions"), "", [cause])
    if sent.get("orphanDependents") is not None and sent.get("propagationPolicy"):
        text = f'Invalid value: "{policy}": orphanDependents and deletionPropagation cannot be both set'
        cause = Cause("FieldValueInvalid", text, "propagationPolicy")
        raise invalid(Resource("meta.k8s.io", "", "DeleteOptions"), "", [cause])
    wanted = sent.get("preconditions") or {}
    preconditions = Preconditions(wanted.get("uid"), wanted.get("resourceVersion"))
    seconds = None if grace is None else _number(str(grace))
    dry = dry_run((sent.get("dryRun") or [query.get("dryRun", "")])[0])
    return Deletion(DeleteOptions(seconds, policy or None, preconditions), dry)


def _legacy_policy(sent: Mapping[str, Any], query: Mapping[str, str]) -> str:
    orphan = sent.get("orphanDependents", query.get("orphanDependents"))
    if orphan is None:
        return ""
    return "Orphan" if orphan in {True, "true", "1"} else "Background"


def _number(text: str) -> int:
    if not text:
        return 0
    if not re.fullmatch(r"-?\d+", text):
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)
