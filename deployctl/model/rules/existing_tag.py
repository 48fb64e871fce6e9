"""What to do about a tag that exists when its image is asked for: pure."""

from __future__ import annotations

from dataclasses import dataclass

from deployctl.model.change import Finding
from deployctl.model.image import Image, ImageFacts


@dataclass(frozen=True)
class Reuse:
    """Nothing is built; `why` says so."""

    why: str


@dataclass(frozen=True)
class Make:
    """It is built."""


@dataclass(frozen=True)
class Differs:
    """The tag exists and was made of another tree."""

    evidence: tuple[str, ...]


def existing_tag(found: ImageFacts | None, context: str, changed: tuple[str, ...] = ()) -> Reuse | Make | Differs:
    """`context` is the digest of the tree as it lies here, empty where it is not known; `changed` what git says of the
    difference."""
    if found is None:
        return Make()
    if not found.context:
        return Reuse(f"it exists: {found.digest}; it does not say of which tree it was made")
    if not context:
        return Reuse(f"it exists: {found.digest}; it is built elsewhere")
    if found.context == context:
        return Reuse(f"it exists, made of this very tree: {found.digest}")
    return Differs((*described(found), f"here: context {context}", *changed))


def described(found: ImageFacts) -> tuple[str, ...]:
    """The image that a tag points at, in the words of the registry."""
    made = f", made {found.created:%Y-%m-%d %H:%M} UTC" if found.created else ""
    context = f" of context {found.context}" if found.context else ""
    return (f"in the registry: {found.digest}{made}{context}",)


def another_tree(service: str, image: Image, how: Differs, *escapes: str) -> Finding:
    """A tag whose image lacks what lies here; `escapes` are ways on that not every command has."""
    return Finding(
        "made-of-another-tree",
        f"{image} exists, and was made of another tree than the one here",
        f"services.{service}",
        how.evidence,
        "; ".join(("bump the version", "or replace what the tag points at: --rebuild", *escapes)),
    )


def tag_replaced(service: str, image: Image, old: ImageFacts) -> Finding:
    """What a rebuild takes away."""
    action = "pods that run it keep the old image until they are made anew: release --restart"
    return Finding("tag-replaced", f"{image} will be replaced", f"services.{service}", described(old), action)
