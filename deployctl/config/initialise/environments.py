"""An overlay as an environment: name, namespace, cluster, registry, templates, URL. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deployctl.config.initialise.candidates import Candidate, Placed
from deployctl.config.initialise.facts import ContextFacts, Guess, OverlayFacts, TreeFacts
from deployctl.config.initialise.rendered import namespace_of, routes, split_image
from deployctl.config.initialise.templates import most_common, repository_template, split_host, tag_template

PRODUCTION = ("prod", "production", "live", "prd")
_GENERIC = ("kustomize", "k8s", "kubernetes", "deploy", "deployment", "manifests", "overlay", "base", "")
NO_HOST = "registry.example.com"


@dataclass(frozen=True)
class Draft:
    """One environment as it will be written."""

    name: str
    host: str
    """Its registry's login server; empty when no image tells."""
    keys: Mapping[str, object]
    guesses: tuple[Guess, ...]


def environment_names(overlays: tuple[OverlayFacts, ...]) -> tuple[str, ...]:
    """A name each: the folder's; with the folders above it where that is not distinct."""
    short = [_label(o.path.split("/")[-1]) for o in overlays]
    return tuple(
        name if name not in _GENERIC and short.count(name) == 1 else _long(o, alone=len(overlays) == 1)
        for o, name in zip(overlays, short, strict=True)
    )


def _long(overlay: OverlayFacts, *, alone: bool) -> str:
    parts = [_label(part) for part in overlay.path.split("/")]
    telling = [part for part in parts if part not in (*_GENERIC, "overlays")]
    return "prod" if alone or not telling else _label("-".join(telling[-2:]))


def _label(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63]


def is_production(name: str) -> bool:
    return bool(set(name.split("-")) & set(PRODUCTION))


def draft_environment(facts: TreeFacts, overlay: OverlayFacts, name: str, found: tuple[Candidate, ...]) -> Draft:
    """Everything that can be said of one overlay."""
    places = [(c, place) for c in found for place in c.places if place.overlay is overlay and place.image]
    prefix = f"environments.{name}"
    keys: dict[str, object] = {"overlay": overlay.path or "."}
    guesses = [Guess(f"{prefix}.overlay", overlay.path or ".", "no other kustomization builds on it")]
    for key, value, evidence, sure in (
        *_where(facts, overlay, name),
        *_flags(overlay),
        *_url(overlay, places),
        *_templates(name, places),
        *_protection(name),
    ):
        keys[key] = value
        guesses.append(Guess(f"{prefix}.{key}", _shown(value), evidence, sure))
    guesses += _warnings(overlay, prefix, places)
    hosts = (split_host(split_image(place.image)[0])[0] for _, place in places)
    return Draft(name, most_common(hosts), keys, tuple(guesses))


Item = tuple[str, object, str, bool]
"""Key, value, evidence, whether it is sure."""


def _where(facts: TreeFacts, overlay: OverlayFacts, name: str) -> Iterator[Item]:
    namespace, evidence = namespace_of(overlay)
    yield "namespace", namespace or "default", evidence or "nothing names a namespace", bool(namespace)
    context = _context(facts.contexts, name, namespace)
    if context is None:
        return
    if context.kubeconfig:
        yield "kubeconfig", context.kubeconfig, f"its context {context.name} fits {name}", False
    yield "context", context.name, "the kubeconfig's context that fits the environment's name or namespace", False
    yield (
        "api_server",
        context.server,
        f"what the context {context.name} points at; any other cluster is refused",
        False,
    )


def _context(contexts: tuple[ContextFacts, ...], name: str, namespace: str) -> ContextFacts | None:
    """The one context that speaks of the environment; none when several do, or none does."""
    by_namespace = [c for c in contexts if namespace and c.namespace == namespace]
    words = {name, *(PRODUCTION if is_production(name) else ())}
    by_name = [c for c in contexts if words & set(re.split(r"[^a-z0-9]+", f"{c.name} {c.kubeconfig}".lower()))]
    return next((found[0] for found in (by_namespace, by_name) if len(found) == 1), None)


def _flags(overlay: OverlayFacts) -> Iterator[Item]:
    if overlay.flags:
        yield "kustomize_flags", list(overlay.flags), "without it, kustomize refuses to build the overlay", True


def _url(overlay: OverlayFacts, places: list[tuple[Candidate, Placed]]) -> Iterator[Item]:
    found = [route for _, place in places for route in routes(overlay, place.running)]
    host = most_common(route.host for route in found)
    route = next((route for route in found if route.host == host), None)
    if route is not None:
        yield "url", f"{'https' if route.tls else 'http'}://{host}", f"the host of {route.ingress}", True


def _templates(name: str, places: list[tuple[Candidate, Placed]]) -> Iterator[Item]:
    images = [(c, *split_image(place.image)) for c, place in places]
    repository = most_common(repository_template(split_host(image)[1], c.name) for c, image, _ in images)
    if "{service}" in repository:
        yield "repository", repository, "the images that the overlay runs are named so", True
    tag = most_common(tag_template(tag) for _, _, tag in images)
    if tag:
        yield "tag", tag, f"such as {next(t for _, _, t in images if tag_template(t) == tag)}", True
    else:
        yield "tag", f"{name}-v{{version}}", "no tag in the overlay holds a version", False


def _protection(name: str) -> Iterator[Item]:
    if is_production(name):
        yield "protected", True, "by its name it is production: a release asks for the name instead of y", True


def _warnings(overlay: OverlayFacts, prefix: str, places: list[tuple[Candidate, Placed]]) -> Iterator[Guess]:
    if overlay.failure:
        yield Guess(f"{prefix}.overlay", overlay.path, f"it could not be built: {overlay.failure}", sure=False)
    for candidate, place in places:
        if not place.entry:
            evidence = f"{overlay.path} has no `images:` entry for it: add one with `name: {candidate.image}`"
        elif not place.matches:
            evidence = f"its entry in {overlay.path} matches nothing, for a base has renamed it to {place.image}"
        else:
            continue
        yield Guess(f"services.{candidate.name}.image", candidate.image, evidence, sure=False)


def _shown(value: object) -> str:
    return " ".join(str(v) for v in value) if isinstance(value, list) else str(value).replace("True", "true")
