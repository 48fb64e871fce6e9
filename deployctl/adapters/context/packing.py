"""A whole context as one archive, and its digest: known when everything but the Dockerfile has gone by.

The Dockerfile travels last, with a label that holds this digest, so that the image can be asked what it was made of.
The digest is that of the archive with the Dockerfile as it lies in the tree, and without what does not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

from deployctl.adapters.context.archive import END, content, parts
from deployctl.adapters.context.entries import Entry, Selection
from deployctl.model.dockerfile import CONTEXT_LABEL, labelled


class Packing:
    """One packing of a selection. `target` is the stage that is built."""

    def __init__(self, selection: Selection, *, target: str = "", label: bool = True) -> None:
        self._selection = selection
        self._target = target
        self._label = label
        self.digest = ""
        """Empty until all pieces were taken."""

    def pieces(self) -> Iterator[bytes]:
        """The archive in pieces of any length; memory does not grow with the tree. Raises what `parts` does."""
        sums = sha256()
        name = self._selection.dockerfile
        for entry in self._selection.entries:
            for piece in parts((entry,)) if entry.name != name else ():
                if entry.counts:
                    sums.update(piece)
                yield piece
        dockerfile = self._dockerfile()
        for piece in (*parts((dockerfile,)), END):
            sums.update(piece)
        self.digest = f"sha256:{sums.hexdigest()}"
        yield from parts((self._labelled(dockerfile),))
        yield END

    def _dockerfile(self) -> Entry:
        """With its content: it is read once, so that what is counted is what is sent."""
        entry = next(one for one in self._selection.entries if one.name == self._selection.dockerfile)
        if entry.content is not None:
            return entry
        return replace(entry, content=b"".join(content(entry)))

    def _labelled(self, dockerfile: Entry) -> Entry:
        if not self._label:
            return dockerfile
        text = labelled(dockerfile.content or b"", self._target, CONTEXT_LABEL, self.digest)
        return replace(dockerfile, content=text, size=len(text))


def digest_of(selection: Selection) -> str:
    """The digest that a packing of this selection would have. Reads everything that counts."""
    counted = tuple(e for e in selection.entries if e.counts or e.name == selection.dockerfile)
    packing = Packing(replace(selection, entries=counted), label=False)
    for _ in packing.pieces():
        pass
    return packing.digest
