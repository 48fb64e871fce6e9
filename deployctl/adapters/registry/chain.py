"""The Registry port: credentials in order, the one that opened a repository kept, an explanation when none does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from deployctl.adapters.identity.errors import IdentityUnavailable
from deployctl.adapters.registry.credential import Lacking
from deployctl.adapters.registry.explain import AZURE, Attempt, explain_denied, explain_failure
from deployctl.adapters.registry.failures import BadAnswer, Denied
from deployctl.adapters.registry.ways import Door, Way
from deployctl.model.errors import Unavailable
from deployctl.model.image import Image, ImageFacts

Result = TypeVar("Result")


class RegistryChain:
    """Implements `ports.Registry`. Only a refusal leads to the next credential; silence and nonsense end the search."""

    def __init__(
        self, host: str, ways: tuple[Way, ...], *, acr: bool, close: Callable[[], None] = lambda: None
    ) -> None:
        self._host = host
        self._ways = ways
        self._acr = acr
        self._close = close
        self._opened: dict[tuple[str, str], tuple[str, Door]] = {}

    def resolve(self, image: Image) -> ImageFacts | None:
        """What the registry says of a tag or digest; None when it does not exist. Raises Unavailable."""
        return self._first(image, "pull", lambda door: door.resolve(image))

    def tag(self, image: Image, digest: str, tags: tuple[str, ...]) -> None:
        """Put the manifest again under more tags. Raises Unavailable."""
        self._first(image, "push", lambda door: door.tag(image, digest, tags))

    def lock(self, image: Image) -> None:
        """Let nobody overwrite or delete the tag. Raises Unavailable."""
        self._first(image, "push", lambda door: door.lock(image))

    def close(self) -> None:
        """Give the connections back."""
        self._close()

    def _first(self, image: Image, action: str, use: Callable[[Door], Result]) -> Result:
        attempts: list[Attempt | Lacking] = []
        for way in self._candidates(image, action):
            if isinstance(way, Lacking):
                attempts.append(way)
                continue
            source, door = way
            try:
                result = use(door)
            except IdentityUnavailable as lacking:
                attempts.extend(Lacking(AZURE, tried) for tried in lacking.tried)
            except Denied as denied:
                attempts.append(Attempt(source, denied.answer, denied.note))
            except BadAnswer as failure:
                raise explain_failure(failure, image, source) from failure
            else:
                self._opened[image.repository, action] = way
                return result
        raise self._explained(attempts, image, action)

    def _candidates(self, image: Image, action: str) -> Iterator[tuple[str, Door] | Lacking]:
        opened = self._opened.pop((image.repository, action), None)
        if opened:
            yield opened
        for way in self._ways:
            for candidate in way.doors(image):
                if candidate != opened:
                    yield candidate

    def _explained(self, attempts: list[Attempt | Lacking], image: Image, action: str) -> Unavailable:
        return explain_denied(tuple(attempts), image, action=action, acr=self._acr)
