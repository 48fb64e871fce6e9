"""Bump: give an `images:` entry another image, text to text, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from deployctl.model.change import FileEdit
from deployctl.model.errors import Refused
from deployctl.model.image import Image
from deployctl.model.kustomization import ImageEntry
from deployctl.overlay.change import remove_pair, rename_pair, set_text
from deployctl.overlay.edit import Edit, apply
from deployctl.overlay.entries import Kustomization, effective, entry_of, find_node, image_nodes, pair, parse, text_of
from deployctl.overlay.tree import Alias, Map, Node, Scalar, Seq, resolved, walk

Wanted = tuple[tuple[str, Image], ...]
"""Entry names, and the images that they should give; each with a tag."""


def bump(text: str, entry_name: str, image: Image, path: str = "kustomization.yaml") -> FileEdit:
    """Make an entry give this image: its tag, the repository if that moved, and a digest where the entry pins one.

    An entry with a `digest:` gets the image's digest when that is known; otherwise the tag takes the digest's place.
    The file's first document counts, as for kustomize. Raises Refused when the entry is missing, there twice, shared
    with others through an anchor, or cannot be edited without changing anything else.
    """
    return bump_all(text, ((entry_name, image),), path)


def bump_all(text: str, wanted: Wanted, path: str = "kustomization.yaml") -> FileEdit:
    """Several entries of one file, as one edit."""
    after = text
    said: list[str] = []
    for name, image in wanted:
        before = parse(after, path)
        old = entry_of(before, find_node(before, name))
        after = _bumped(before, name, image)
        new = _checked(before, after, name, image)
        prefix = f"{name} " if len(wanted) > 1 else ""
        said += [f"{prefix}{difference}" for difference in _differences(old, new)]
    return FileEdit(path, text, after, _first_difference(text, after), ", ".join(said))


def _bumped(file: Kustomization, name: str, image: Image) -> str:
    node = find_node(file, name)
    entry = _own_mapping(file, node)
    edits: list[Edit] = []
    if (text_of(entry, "newName") or name) != image.name:
        edits += set_text(file, entry, "newName", image.name, ("name",))
    edits += _version(file, entry, image)
    return apply(file.text, edits)


def _version(file: Kustomization, entry: Map, image: Image) -> Iterator[Edit]:
    """newTag and digest. With both, kustomize makes `name:tag@digest`, and the digest decides."""
    after = ("newName", "name")
    if not text_of(entry, "digest"):
        yield from set_text(file, entry, "newTag", image.tag, after)
    elif image.digest:
        yield from set_text(file, entry, "digest", image.digest, after)
        if effective(entry, "newTag") is not None:
            yield from set_text(file, entry, "newTag", image.tag, after)
    else:
        yield from _digest_gives_way(file, entry, image.tag)


def _digest_gives_way(file: Kustomization, entry: Map, tag: str) -> Iterator[Edit]:
    digest, old = pair(entry, "digest"), pair(entry, "newTag")
    if digest is None:
        raise Refused(
            "the entry's digest comes from a merge key, and the new image's digest is not known yet",
            where=file.where(entry.start),
            action="write the entry out, without the digest",
        )
    if old is None:
        yield from rename_pair(file, digest, "newTag", tag)
    elif digest is entry.pairs[0]:
        yield from rename_pair(file, digest, "newTag", tag)
        yield from remove_pair(file, entry, old)
    else:
        yield from set_text(file, entry, "newTag", tag, ())
        yield from remove_pair(file, entry, digest)


def _own_mapping(file: Kustomization, node: Node) -> Map:
    """The entry, when it is written here and for itself alone."""
    images = pair(file.root, "images")
    above: tuple[Node, ...] = (images[1], node) if images else (node,)
    aliased = next((n for n in above if isinstance(n, Alias)), None)
    targets = {id(a.target) for a in walk(file.root) if isinstance(a, Alias)}
    shared = aliased or next((n for n in above if id(n) in targets), None)
    entry = resolved(node)
    if shared is not None or not isinstance(entry, Map):
        raise Refused(
            "this entry is shared with others through an anchor: changing it would change them too",
            where=file.where((shared or node).start),
            action="write the entry out, without anchor or alias",
        )
    return entry


def _checked(before: Kustomization, text: str, name: str, image: Image) -> ImageEntry:
    """The new entry, once it is certain that it gives the image and that nothing else has another meaning now."""
    try:
        after = parse(text, before.path)
        new = entry_of(after, find_node(after, name))
        good = _gives(new, image) and _others(before, name) == _others(after, name)
    except Refused:
        good = False
    if not good:
        raise Refused(
            "this entry cannot be changed without changing something else in the file",
            where=before.where(find_node(before, name).start),
            action="write it in a plain form: one `key: value` a line",
        )
    return new


def _gives(entry: ImageEntry, image: Image) -> bool:
    version = entry.digest == image.digest if entry.digest else entry.new_tag == image.tag
    return entry.target == image.name and version


def _others(file: Kustomization, name: str) -> tuple[object, ...]:
    """What the file means, but for the image that one entry gives."""
    images = image_nodes(file)
    mine = find_node(file, name)
    rest = tuple(_meaning(node) for node in images if node is not mine)
    kept = tuple((_meaning(k), _meaning(v)) for k, v in file.root.pairs if text_key(k) != "images")
    place = images.index(mine)
    own = resolved(mine)
    pairs = own.pairs if isinstance(own, Map) else ()
    extra = tuple((text_key(k), _meaning(v)) for k, v in pairs if text_key(k) not in ("newName", "newTag", "digest"))
    return (rest, kept, place, extra, tuple(_meaning(document) for document in file.ignored))


def text_key(node: Node) -> str:
    """A key's text; empty for a key that is no scalar."""
    found = resolved(node)
    return found.value if isinstance(found, Scalar) else ""


def _meaning(node: Node) -> object:
    """A node as a value that compares: aliases followed, places and styles forgotten."""
    found = resolved(node)
    if isinstance(found, Scalar):
        return (found.value, found.tag, found.is_text)
    if isinstance(found, Seq):
        return ("seq", *(_meaning(item) for item in found.items))
    return ("map", *((_meaning(key), _meaning(value)) for key, value in found.pairs))


def _differences(old: ImageEntry, new: ImageEntry) -> Iterator[str]:
    fields = (
        ("newName", old.new_name, new.new_name),
        ("newTag", old.new_tag, new.new_tag),
        ("digest", old.digest, new.digest),
    )
    return (f"{key}: {a or '(none)'} -> {b or '(none)'}" for key, a, b in fields if a != b)


def _first_difference(before: str, after: str) -> int:
    """1-based line; 0 when the texts are equal."""
    if before == after:
        return 0
    pairs = zip(before.split("\n"), after.split("\n"), strict=False)
    return sum(1 for _ in takewhile(lambda lines: lines[0] == lines[1], pairs)) + 1
