"""What to do about a tag that exists when its image is asked for: pure."""

from __future__ import annotations

from dataclasses import dataclass

from deployctl.model.image import ImageFacts


@dataclass(frozen=True)
class Reuse:
    """Nothing is built; `why` says so."""

    why: str


@dataclass(frozen=True)
class Make:
    """It is built; `replaces` is what the tag points at now, empty when it points at nothing."""

    replaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Differs:
    """The tag exists and was made of another tree."""

    evidence: tuple[str, ...]


def existing_tag(found: ImageFacts | None, context: str, *, rebuild: bool) -> Reuse | Make | Differs:
    """`context` is the digest of the tree as it lies here; empty where it is not known."""
    if found is None:
        return Make()
    if rebuild:
        return Make(described(found))
    if not found.context:
        return Reuse(f"it exists: {found.digest}; it does not say of which tree it was made")
    if not context:
        return Reuse(f"it exists: {found.digest}; it is built elsewhere")
    if found.context == context:
        return Reuse(f"it exists, made of this very tree: {found.digest}")
    return Differs((*described(found), f"here: context {context}"))


def described(found: ImageFacts) -> tuple[str, ...]:
    """The image that a tag points at, in the words of the registry."""
    made = f", made {found.created:%Y-%m-%d %H:%M} UTC" if found.created else ""
    context = f" of context {found.context}" if found.context else ""
    return (f"in the registry: {found.digest}{made}{context}",)
