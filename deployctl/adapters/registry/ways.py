"""From credential sources to doors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from deployctl.adapters.registry.credential import Credential, Lacking
from deployctl.adapters.registry.explain import AZURE
from deployctl.adapters.registry.sources import Source
from deployctl.model.image import Image, ImageFacts


class Door(Protocol):
    """A way into the registry with one credential. Raises Denied, BadAnswer, NoAnswer."""

    def resolve(self, image: Image) -> ImageFacts | None: ...

    def tag(self, image: Image, digest: str, tags: tuple[str, ...]) -> None: ...

    def lock(self, image: Image) -> None: ...


class Way(Protocol):
    """A source of doors: one that needs nothing looked up until it is its turn."""

    def doors(self, image: Image, /) -> Iterator[tuple[str, Door] | Lacking]: ...


class AzureWay:
    """An Azure identity through the registry's own SDK, which is imported when this way is tried."""

    def __init__(self, host: str, open_door: Callable[[], Door]) -> None:
        self._host = host
        self._open = open_door
        self._door: Door | None = None

    def doors(self, image: Image, /) -> Iterator[tuple[str, Door] | Lacking]:
        if image.host != self._host:
            yield Lacking(AZURE, f"it opens {self._host}, not {image.host}")
            return
        if self._door is None:
            self._door = self._open()
        yield AZURE, self._door


class OciWay:
    """Docker's way: the credentials of one source, each opening a door of its own."""

    def __init__(self, source: Source, open_door: Callable[[str, Credential], Door]) -> None:
        self._source = source
        self._open = open_door
        self._doors: dict[tuple[str, str, Credential], Door] = {}

    def doors(self, image: Image) -> Iterator[tuple[str, Door] | Lacking]:
        for found in self._source.find(image):
            if isinstance(found, Lacking):
                yield found
                continue
            key = (image.host, found.source, found.credential)
            if key not in self._doors:
                self._doors[key] = self._open(image.host, found.credential)
            yield found.source, self._doors[key]
