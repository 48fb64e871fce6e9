"""The order of a merged list: what the patch names keeps the patch's order, the rest stays near its live neighbours."""

from __future__ import annotations

from typing import Any

from deployctl.sandbox.patches.errors import PatchError
from deployctl.sandbox.patches.printing import go_map


def identity(item: Any, merge_key: str) -> Any:
    """What names an item: its merge key, or the scalar itself. Raises PatchError without one."""
    if not merge_key:
        return item
    if not isinstance(item, dict):
        raise PatchError(500, f"expected a map[string]interface {{}}, but received a {type(item).__name__}")
    if merge_key not in item:
        raise PatchError(500, f"map: {go_map(item)} does not contain declared merge key: {merge_key}")
    return item[merge_key]


def in_order(items: list[Any], order: list[Any], live: list[Any], merge_key: str) -> list[Any]:
    """`items` with those named in `order` in that order, the others interleaved by their place in `live`."""
    wanted = [identity(x, merge_key) for x in order]
    before = [identity(x, merge_key) for x in live]
    named = sorted((x for x in items if identity(x, merge_key) in wanted), key=_by(wanted, merge_key))
    others = sorted((x for x in items if identity(x, merge_key) not in wanted), key=_by(before, merge_key))
    return _interleaved(others, named, before, merge_key)


def _by(order: list[Any], merge_key: str) -> Any:
    def place(item: Any) -> int:
        name = identity(item, merge_key)
        return order.index(name) if name in order else len(order)

    return place


def _interleaved(left: list[Any], right: list[Any], live: list[Any], merge_key: str) -> list[Any]:
    """Both keep their own order; an item of `left` goes first only where the live list has it first."""
    out: list[Any] = []
    rest = list(right)
    for item in left:
        name = identity(item, merge_key)
        while rest and not _earlier(name, identity(rest[0], merge_key), live):
            out.append(rest.pop(0))
        out.append(item)
    return out + rest


def _earlier(one: Any, other: Any, live: list[Any]) -> bool:
    return one in live and other in live and live.index(one) < live.index(other)


def positions_checked(items: list[Any], order: list[Any], merge_key: str) -> None:
    """The items of a patch must stand in the order that it declares. Raises PatchError (500)."""
    if not items or not order:
        return
    wanted = iter([identity(x, merge_key) for x in order])
    for item in items:
        if isinstance(item, dict) and "$patch" in item:
            continue
        name = identity(item, merge_key)
        if not any(name == other for other in wanted):
            raise PatchError(
                500,
                f"The order in patch list:\n{go_map(items)}\n doesn't match $setElementOrder list:\n{go_map(order)}\n",
            )
