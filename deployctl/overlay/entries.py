"""The `images:` entries of a kustomization, and finding one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from deployctl.model.errors import Refused
from deployctl.model.kustomization import ImageEntry
from deployctl.overlay.tree import Map, Node, Scalar, Seq, line_of, read_documents, resolved

_MERGE = "<<"


@dataclass(frozen=True)
class Kustomization:
    """A kustomization's text and nodes. kustomize reads only the first document of a file."""

    text: str
    path: str
    root: Map
    ignored: tuple[Node, ...]
    """Documents after the first."""

    def where(self, place: int) -> str:
        return f"{self.path}:{line_of(self.text, place)}"


def parse(text: str, path: str) -> Kustomization:
    """Raises Refused when the text is no kustomization."""
    documents = read_documents(text, path)
    first = resolved(documents[0]) if documents else None
    if not isinstance(first, Map):
        raise Refused("this is not a kustomization: its first document is no mapping", where=path)
    return Kustomization(text, path, first, documents[1:])


def pair(entry: Map, key: str) -> tuple[Node, Node] | None:
    """The last pair with that key, for that is the one kustomize takes."""
    return next((p for p in reversed(entry.pairs) if _is_key(p[0], key)), None)


def _is_key(node: Node, key: str) -> bool:
    found = resolved(node)
    return isinstance(found, Scalar) and found.value == key


def effective(entry: Map, key: str) -> Node | None:
    """The value of a key, its own or one that a merge key (`<<`) brings; None when there is none."""
    own = pair(entry, key)
    if own is not None:
        return own[1]
    merged = pair(entry, _MERGE)
    sources = _merged(merged[1]) if merged else ()
    return next((found for source in sources if (found := effective(source, key)) is not None), None)


def _merged(value: Node) -> Iterator[Map]:
    found = resolved(value)
    for node in found.items if isinstance(found, Seq) else (found,):
        inner = resolved(node)
        if isinstance(inner, Map):
            yield inner


def text_of(entry: Map, key: str) -> str:
    """The text of a key's value as it is written; empty for null, nothing, or what is no scalar."""
    node = effective(entry, key)
    found = resolved(node) if node is not None else None
    return found.value if isinstance(found, Scalar) and not found.is_null else ""


def image_nodes(kustomization: Kustomization) -> tuple[Node, ...]:
    """The items of `images:`, aliases among them."""
    found = pair(kustomization.root, "images")
    images = resolved(found[1]) if found else None
    return images.items if isinstance(images, Seq) else ()


def read_entries(text: str, path: str = "kustomization.yaml") -> tuple[ImageEntry, ...]:
    """What every entry says now. Raises Refused when the file is no kustomization."""
    return tuple(_entries(parse(text, path)))


def read_entry(text: str, entry_name: str, path: str = "kustomization.yaml") -> ImageEntry:
    """What one entry says now. Raises Refused when there is none of that name, or more than one."""
    kustomization = parse(text, path)
    return entry_of(kustomization, find_node(kustomization, entry_name))


def entry_of(kustomization: Kustomization, node: Node) -> ImageEntry:
    """An item of `images:` as a noun."""
    entry = resolved(node)
    line = line_of(kustomization.text, node.start)
    if not isinstance(entry, Map):
        return ImageEntry("", line=line)
    name, new_name, new_tag, digest = (text_of(entry, key) for key in ("name", "newName", "newTag", "digest"))
    return ImageEntry(name, new_name, new_tag, digest, line)


def _entries(kustomization: Kustomization) -> Iterator[ImageEntry]:
    return (entry_of(kustomization, node) for node in image_nodes(kustomization))


def find_node(kustomization: Kustomization, name: str) -> Node:
    """The only item of `images:` with that name. Raises Refused, with the names there are, or both lines."""
    nodes = image_nodes(kustomization)
    found = [node for node in nodes if entry_of(kustomization, node).name == name]
    if len(found) > 1:
        lines = " and ".join(str(line_of(kustomization.text, node.start)) for node in found)
        raise Refused(
            f"`images:` has `{name}` {len(found)} times",
            where=kustomization.where(found[1].start),
            evidence=(f"on lines {lines}; which of them counts depends on whether the first renames the image",),
            action="keep one of them",
        )
    if not found:
        raise missing(kustomization, name)
    return found[0]


def missing(kustomization: Kustomization, name: str) -> Refused:
    """The refusal for an entry that is not there."""
    names = tuple(dict.fromkeys(entry.name for entry in _entries(kustomization) if entry.name))
    renamed = next((e for e in _entries(kustomization) if name in (e.new_name, f"{e.new_name}:{e.new_tag}")), None)
    near = renamed.name if renamed else next(iter(get_close_matches(name, names, n=1)), "")
    evidence = [f"there are: {', '.join(names)}" if names else "it has no `images:` at all"]
    if pair(kustomization.root, "imageTags") is not None:
        evidence.append("it has `imageTags:`, which is the old form of `images:`: run `kustomize edit fix`")
    if any(isinstance(d, Map) and pair(d, "images") is not None for d in kustomization.ignored):
        evidence.append("a later document of the file has `images:`, but kustomize reads only the first document")
    action = "add the entry, or correct the service's `image` in the configuration"
    return Refused(
        f"`images:` has no entry `{name}`",
        where=kustomization.path,
        evidence=tuple(evidence),
        action=f"did you mean `{near}`? {action[0].upper()}{action[1:]}" if near else action,
    )
