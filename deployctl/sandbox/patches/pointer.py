"""JSON pointers (RFC 6901) into a document, with the words of the library that the real API server uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MISSING = "missing value"
INVALID_INDEX = "invalid index referenced"


class AtError(Exception):
    """The place does not take what was asked of it."""


@dataclass(frozen=True)
class Place:
    """A container in the document and the key in it that a pointer names."""

    container: dict[str, Any] | list[Any]
    key: str

    def get(self) -> Any:
        """None for a key that an object does not have, as the real one answers. Raises AtError for a bad index."""
        if isinstance(self.container, dict):
            return self.container.get(self.key)
        return self.container[self._index(len(self.container))]

    def add(self, value: Any) -> None:
        if isinstance(self.container, dict):
            self.container[self.key] = value
        elif self.key == "-":
            self.container.append(value)
        else:
            self.container.insert(self._index(len(self.container) + 1, adding=True), value)

    def set(self, value: Any) -> None:
        if isinstance(self.container, dict):
            self.container[self.key] = value
        else:
            self.container[self._index(len(self.container))] = value

    def remove(self) -> None:
        if isinstance(self.container, list):
            del self.container[self._index(len(self.container))]
        elif self.key in self.container:
            del self.container[self.key]
        else:
            raise AtError(f"Unable to remove nonexistent key: {self.key}: {MISSING}")

    def _index(self, size: int, *, adding: bool = False) -> int:
        try:
            index = int(self.key)
        except ValueError as error:
            if adding:
                raise AtError(
                    f"value was not a proper array index: '{self.key}': "
                    f'strconv.Atoi: parsing "{self.key}": invalid syntax'
                ) from error
            raise AtError(f'strconv.Atoi: parsing "{self.key}": invalid syntax') from error
        if not -size <= index < size:
            raise AtError(f"Unable to access invalid index: {index}: {INVALID_INDEX}")
        return index + size if index < 0 else index


def find(document: Any, path: str) -> Place | None:
    """Where `path` points; None when a container on the way is missing, or the path names the whole document."""
    tokens = [t.replace("~1", "/").replace("~0", "~") for t in path.split("/")]
    if len(tokens) < 2:
        return None
    container = document
    for token in tokens[1:-1]:
        try:
            container = Place(container, token).get()
        except AtError:
            return None
        if not isinstance(container, dict | list):
            return None
    return Place(container, tokens[-1])
