"""Lists: of now or of an earlier revision, filtered, in pages."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployctl.sandbox.api.errors import ApiError, Resource, bad_request, gone, invalid
from deployctl.sandbox.api.kinds import storage_of
from deployctl.sandbox.api.reading import fields, labels
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause
from deployctl.sandbox.store import Entry, Expired, Key

if TYPE_CHECKING:
    from deployctl.sandbox.store import Store

TOO_OLD_CONTINUE = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
TOO_OLD_VERSION = "The resourceVersion for the provided list is too old."


@dataclass(frozen=True)
class Filter:
    """Which objects a list or a watch is about. `namespace` None is all of them."""

    namespace: str | None = None
    labels: labels.Selector = ()
    fields: tuple[fields.FieldTerm, ...] = ()

    @property
    def selects(self) -> bool:
        return bool(self.labels or self.fields)

    def covers(self, entry: Entry) -> bool:
        """Whether it is in the namespace, whatever it looks like."""
        return self.namespace is None or entry.key[0] == self.namespace

    def matches(self, entry: Entry) -> bool:
        if not self.covers(entry):
            return False
        return not self.selects or self._selected(entry.object)

    def _selected(self, obj: Object) -> bool:
        metadata = obj["metadata"]
        if self.labels and not labels.matches(self.labels, metadata.get("labels")):
            return False
        return all(term.matches(obj) for term in self.fields)


@dataclass(frozen=True)
class ListOptions:
    limit: int = 0
    continue_token: str = ""
    resource_version: str = ""
    version_match: str = ""


@dataclass(frozen=True)
class Page:
    entries: list[Entry]
    revision: int
    continue_token: str = ""
    remaining: int | None = None


def list_page(store: Store, kind: Kind, chosen: Filter, options: ListOptions) -> Page:
    """Raises ApiError: 400 for contradicting options, 410 when the revision is forgotten."""
    _check(options)
    revision, after = _start(store, options)
    entries = _entries(store, kind, chosen.namespace, revision, options)
    if chosen.selects:
        entries = [entry for entry in entries if chosen.matches(entry)]
    if after is not None:
        entries = [entry for entry in entries if entry.key > after]
    return _cut(entries, revision or store.revision, options.limit, chosen)


def _check(options: ListOptions) -> None:
    match, version, where = options.version_match, options.resource_version, "resourceVersionMatch"
    if match and match not in {"Exact", "NotOlderThan"}:
        text = f'Unsupported value: "{match}": supported values: "Exact", "NotOlderThan", ""'
        raise refused_option("FieldValueNotSupported", where, text)
    why = ""
    if match and not version:
        why = "resourceVersionMatch is forbidden unless resourceVersion is provided"
    elif match and options.continue_token:
        why = "resourceVersionMatch is forbidden when continue is provided"
    elif match == "Exact" and version == "0":
        why = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
    if why:
        raise refused_option("FieldValueForbidden", where, f"Forbidden: {why}")
    _check_version(options)


def _check_version(options: ListOptions) -> None:
    version = options.resource_version
    if options.continue_token and version not in {"", "0"}:
        raise bad_request("specifying resource version is not allowed when using continue")
    if version and not version.isdigit():
        text = f'Invalid value: "{version}": strconv.ParseUint: parsing "{version}": invalid syntax'
        raise bad_request(f"invalid resource version: resourceVersion: {text}")


def refused_option(reason: str, field: str, text: str) -> ApiError:
    """422 about a query parameter."""
    return invalid(Resource("meta.k8s.io", "", "ListOptions"), "", [Cause(reason, text, field)])


def _start(store: Store, options: ListOptions) -> tuple[int | None, Key | None]:
    """The revision to read at (None for now) and the key to read on after."""
    if options.continue_token:
        return _decode(options.continue_token)
    version = int(options.resource_version or 0)
    if version > store.revision:
        raise too_large(version, store.revision)
    exact = options.version_match == "Exact" or (options.limit and version and not options.version_match)
    return (version if exact and version else None), None


def too_large(asked: int, current: int) -> ApiError:
    """504: the real server waits for the revision to arrive, and gives up."""
    text = f"Too large resource version: {asked}, current: {current}"
    cause = Cause("ResourceVersionTooLarge", "Too large resource version", "")
    return ApiError(504, "Timeout", f"Timeout: {text}", causes=[cause], retry_after=1)


def _entries(
    store: Store, kind: Kind, namespace: str | None, revision: int | None, options: ListOptions
) -> list[Entry]:
    if revision is None or revision == store.revision:
        return store.entries(storage_of(kind), namespace)
    try:
        return store.entries_at(storage_of(kind), namespace, revision)
    except Expired as expired:
        token = options.continue_token
        raise (gone(TOO_OLD_CONTINUE, inconsistent(token)) if token else gone(TOO_OLD_VERSION)) from expired


def _cut(entries: list[Entry], revision: int, limit: int, chosen: Filter) -> Page:
    if not limit or len(entries) <= limit:
        return Page(entries, revision)
    token = _encode(revision, entries[limit - 1].key)
    remaining = None if chosen.selects else len(entries) - limit
    return Page(entries[:limit], revision, token, remaining)


def _encode(revision: int, key: Key) -> str:
    content = json.dumps({"v": "meta.k8s.io/v1", "rv": revision, "start": "/".join(key)})
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def _decode(token: str) -> tuple[int | None, Key]:
    try:
        content = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        namespace, _, name = content["start"].partition("/")
        revision = int(content["rv"])
    except (ValueError, KeyError, TypeError) as error:
        text = "invalid character 'i' looking for beginning of value"
        raise bad_request(f"invalid continue token: continue key is not valid: {text}") from error
    return (revision if revision > 0 else None), (namespace, name)


def inconsistent(token: str) -> str:
    """The token that a 410 offers: the same place, in whatever is there now."""
    return _encode(-1, _decode(token)[1])
