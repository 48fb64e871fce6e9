"""JSON patch (RFC 6902)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from deployctl.sandbox.fields.compare import same
from deployctl.sandbox.patches.errors import PatchError, not_decoded
from deployctl.sandbox.patches.pointer import MISSING, AtError, Place, find

_T = TypeVar("_T")


def json_patch(doc: Any, ops: Sequence[Any]) -> Any:
    """The patched copy of `doc`. Raises PatchError: 400 for what is no patch, 422 for one that does not apply."""
    if not isinstance(ops, list | tuple):
        raise PatchError(400, not_decoded(ops, "[]handlers.jsonPatchOp"))
    for op in ops:
        if not isinstance(op, dict):
            raise PatchError(400, not_decoded(op, "handlers.jsonPatchOp"))
    result = copy.deepcopy(doc)
    for op in ops:
        kind = op.get("op", "unknown")
        if kind not in _OPERATIONS:
            raise PatchError(422, f"Unexpected kind: {kind}")
        result = _OPERATIONS[kind](result, op)
    return result


def _text(op: dict[str, Any], name: str, verb: str) -> str:
    value = op.get(name)
    if isinstance(value, str):
        return value
    what = "operation missing path field" if name == "path" else "operation, missing from field"
    detail = MISSING if verb in ("add", "remove") else f"{what}: {MISSING}"
    raise PatchError(422, f"{verb} operation failed to decode {name}: {detail}")


def _place(doc: Any, path: str, failure: str) -> Place:
    place = find(doc, path)
    if place is None:
        raise PatchError(422, f"{failure}: {MISSING}")
    return place


def _guard(failure: str, action: Callable[[], _T]) -> _T:
    try:
        return action()
    except AtError as error:
        raise PatchError(422, f"{failure}: {error}") from error


def _add(doc: Any, op: dict[str, Any]) -> Any:
    path = _text(op, "path", "add")
    place = _place(doc, path, f'add operation does not apply: doc is missing path: "{path}"')
    _guard(f"error in add for path: '{path}'", lambda: place.add(copy.deepcopy(op.get("value"))))
    return doc


def _remove(doc: Any, op: dict[str, Any]) -> Any:
    path = _text(op, "path", "remove")
    place = _place(doc, path, f'remove operation does not apply: doc is missing path: "{path}"')
    _guard(f"error in remove for path: '{path}'", place.remove)
    return doc


def _replace(doc: Any, op: dict[str, Any]) -> Any:
    path = _text(op, "path", "replace")
    value = copy.deepcopy(op.get("value"))
    if path == "":
        if not isinstance(value, dict | list):
            raise PatchError(422, "replace operation value must be object or array")
        return value
    place = _place(doc, path, f"replace operation does not apply: doc is missing path: {path}")
    try:
        place.get()
    except AtError as error:
        raise PatchError(422, f"replace operation does not apply: doc is missing key: {path}: {MISSING}") from error
    place.set(value)
    return doc


def _move(doc: Any, op: dict[str, Any]) -> Any:
    source = _text(op, "from", "move")
    place = _place(doc, source, f"move operation does not apply: doc is missing from path: {source}")
    failure = f"error in move for path: '{place.key}'"
    value = _guard(failure, place.get)
    _guard(failure, place.remove)
    path = _text(op, "path", "move")
    target = _place(doc, path, f"move operation does not apply: doc is missing destination path: {path}")
    _guard(f"error in move for path: '{path}'", lambda: target.add(value))
    return doc


def _copy(doc: Any, op: dict[str, Any]) -> Any:
    source = _text(op, "from", "copy")
    place = _place(doc, source, f"copy operation does not apply: doc is missing from path: {source}")
    value = copy.deepcopy(_guard(f"error in copy for from: '{source}'", place.get))
    path = _text(op, "path", "copy")
    target = _place(doc, path, f"copy operation does not apply: doc is missing destination path: {path}")
    _guard("error while adding value during copy", lambda: target.add(value))
    return doc


def _test(doc: Any, op: dict[str, Any]) -> Any:
    path = _text(op, "path", "test")
    if path == "":
        value = doc
    else:
        place = _place(doc, path, f"test operation does not apply: is missing path: {path}")
        value = _guard(f"error in test for path: '{path}'", place.get)
    if not same(value, op.get("value")):
        raise PatchError(422, f"testing value {path} failed: test failed")
    return doc


_OPERATIONS: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}
