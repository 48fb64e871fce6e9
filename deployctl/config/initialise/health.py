"""Where a service says that it is well. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deployctl.config.initialise.candidates import Candidate
from deployctl.config.initialise.facts import Guess, Sighting, TreeFacts
from deployctl.config.initialise.rendered import Route, probe_paths, routes

_PAGE_BASES = ("nginx", "caddy", "httpd")


def health_keys(facts: TreeFacts, found: Candidate, prefix: str) -> tuple[Mapping[str, object], tuple[Guess, ...]]:
    """The health table: a document, a page, or nothing when no ingress leads to the service."""
    reached = _routes(found)
    if not reached:
        return {}, ()
    path, why, sure = next(_paths(facts, found, reached), ("", "", False))
    if path:
        return _document(facts, found, prefix, Guess(f"{prefix}.path", path, why, sure))
    if _is_page(found):
        return _page(facts, found, prefix, reached)
    return {}, (Guess(prefix, "(none)", "no probe and no source names a path with `health` in it", sure=False),)


def _routes(found: Candidate) -> tuple[Route, ...]:
    return next((r for place in found.places if (r := routes(place.overlay, place.running))), ())


def _paths(facts: TreeFacts, found: Candidate, reached: tuple[Route, ...]) -> Iterator[tuple[str, str, bool]]:
    """Probes first, then sources of this service, then manifests; only what the ingress lets through."""
    if _is_page(found):
        return
    for place in found.places:
        for path, where in probe_paths(place.running):
            if _passes(path, reached):
                yield path, where, True
    folder = found.dockerfile.folder if found.dockerfile else ""
    own = [s for s in facts.health if _below(s, folder)]
    others = [s for s in facts.health if s not in own and s.path.endswith((".yaml", ".yml"))]
    yield from ((s.value, f"{s.where} has it", False) for s in (*own, *others) if _passes(s.value, reached))


def _passes(path: str, reached: tuple[Route, ...]) -> bool:
    return any(path == r.path or path.startswith(f"{r.path.rstrip('/')}/") for r in reached)


def _below(sighting: Sighting, folder: str) -> bool:
    manifest = sighting.path.endswith((".yaml", ".yml"))
    return not manifest and (not folder or sighting.path.startswith(f"{folder}/"))


def _is_page(found: Candidate) -> bool:
    base = found.dockerfile.base if found.dockerfile else ""
    return any(word in base for word in _PAGE_BASES)


def _document(
    facts: TreeFacts, found: Candidate, prefix: str, path: Guess
) -> tuple[Mapping[str, object], tuple[Guess, ...]]:
    folder = found.dockerfile.folder if found.dockerfile else ""
    status = next((s for s in facts.statuses if _below(s, folder)), None)
    if status is None:
        return {"path": path.value}, (path,)
    expected = Guess(f"{prefix}.expect", f'status = "{status.value}"', f"{status.where} has it", sure=False)
    return {"path": path.value, "expect": {"status": status.value}}, (path, expected)


def _page(
    facts: TreeFacts, found: Candidate, prefix: str, reached: tuple[Route, ...]
) -> tuple[Mapping[str, object], tuple[Guess, ...]]:
    base = found.dockerfile.base if found.dockerfile else ""
    path = reached[-1].path
    keys: dict[str, object] = {"path": path, "format": "html"}
    guesses = [Guess(f"{prefix}.format", "html", f"its image is made from {base}, which serves pages")]
    title = next((s for s in facts.titles if found.dockerfile and s.path.startswith(found.dockerfile.folder)), None)
    if title is not None:
        keys["contains"] = title.value
        guesses.append(Guess(f"{prefix}.contains", title.value, f"the title in {title.where}"))
    return keys, tuple(guesses)
