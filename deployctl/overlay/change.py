"""Editing one mapping of a YAML file, key by key, so that nothing else moves or changes its meaning."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.errors import Refused
from deployctl.overlay.edit import Edit, line_end, line_start, scalar, usual_break
from deployctl.overlay.entries import Kustomization, effective, pair
from deployctl.overlay.tree import Alias, Map, Node, Scalar, resolved, walk


def set_text(file: Kustomization, entry: Map, key: str, value: str, after: tuple[str, ...]) -> Iterator[Edit]:
    """Give a key a value. A new pair goes below the first of `after` that the mapping has, else below its last.

    Raises Refused for a value that is no one-line scalar.
    """
    current = effective(entry, key)
    found = resolved(current) if current is not None else None
    if isinstance(found, Scalar) and found.is_text and found.value == value:
        return
    own = pair(entry, key)
    if own is None:
        yield _insertion(file, entry, (key, value), after)
    else:
        yield from _replacement(file, own[1], value)


def rename_pair(file: Kustomization, own: tuple[Node, Node], key: str, value: str) -> Iterator[Edit]:
    """Turn a pair into another one, in its place."""
    yield Edit(own[0].start, own[0].end, key)
    yield from _replacement(file, own[1], value)


def remove_pair(file: Kustomization, entry: Map, own: tuple[Node, Node]) -> Iterator[Edit]:
    """Take a pair out: its line, or its part of a flow mapping with one comma. Never the first of a block mapping."""
    key, value = own
    yield from _anchor_moved(file, value)
    if not entry.flow:
        end, newline = line_end(file.text, value.end)
        yield Edit(line_start(file.text, key.start), end + len(newline), "")
        return
    others = [p for p in entry.pairs if p is not own]
    before = [p for p in others if p[1].end <= key.start]
    if before:
        yield Edit(before[-1][1].end, value.end, "")
    else:
        yield Edit(key.start, others[0][0].start, "")


def _replacement(file: Kustomization, node: Node, value: str) -> Iterator[Edit]:
    if isinstance(node, Alias):
        yield Edit(node.start, node.end, scalar(value, ""))
        return
    if not isinstance(node, Scalar) or node.style in ("|", ">"):
        raise Refused(
            "this value is not written on one line",
            where=file.where(node.start),
            action="write it as KEY: VALUE",
        )
    moved = tuple(_anchor_moved(file, node))
    yield from moved
    anchor = f"&{node.anchor} " if node.anchor and not moved else ""
    space = " " if node.start == node.end else ""
    yield Edit(node.start, node.end, f"{space}{anchor}{scalar(value, node.style)}")


def _anchor_moved(file: Kustomization, node: Node) -> Iterator[Edit]:
    """Others who use the value through its anchor keep it: the first of them becomes the one that is anchored."""
    if not isinstance(node, Scalar) or not node.anchor:
        return
    alias = next((a for a in walk(file.root) if isinstance(a, Alias) and a.target is node), None)
    if alias is not None:
        written = file.text[node.start : node.end].replace(f"&{node.anchor}", "", 1).strip()
        yield Edit(alias.start, alias.end, f"&{node.anchor} {written}")


def _insertion(file: Kustomization, entry: Map, new: tuple[str, str], after: tuple[str, ...]) -> Edit:
    """A new pair, in the quotes of the pair above it."""
    own = (pair(entry, key) for key in after)
    key, value = next((found for found in own if found is not None), entry.pairs[-1])
    name = f'"{new[0]}"' if isinstance(key, Scalar) and key.style == '"' else new[0]
    line = f"{name}: {scalar(new[1], value.style if isinstance(value, Scalar) else '')}"
    if entry.flow:
        return Edit(value.end, value.end, f", {line}")
    if isinstance(value, Scalar) and value.style in ("|", ">"):
        raise Refused("this value is not written on one line", where=file.where(value.start))
    indent = " " * (key.start - line_start(file.text, key.start))
    end, newline = line_end(file.text, value.end)
    if newline:
        place = end + len(newline)
        return Edit(place, place, f"{indent}{line}{newline}")
    return Edit(end, end, f"{usual_break(file.text)}{indent}{line}")
