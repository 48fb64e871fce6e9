"""From facts to a configuration: which tables, which keys, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from deployctl.config.initialise.building import build_keys, version_keys
from deployctl.config.initialise.candidates import Candidate, candidates
from deployctl.config.initialise.environments import (
    NO_HOST,
    Draft,
    draft_environment,
    environment_names,
    is_production,
)
from deployctl.config.initialise.facts import Guess, TreeFacts
from deployctl.config.initialise.health import health_keys
from deployctl.config.initialise.rendered import split_image
from deployctl.config.initialise.templates import split_host
from deployctl.model.errors import Refused, UsageError


@dataclass(frozen=True)
class Written:
    """One table of the file."""

    title: str
    keys: Mapping[str, object]


@dataclass(frozen=True)
class Composed:
    tables: tuple[Written, ...]
    guesses: tuple[Guess, ...]


def compose(facts: TreeFacts, default: str = "") -> Composed:
    """The configuration that fits a tree. Raises Refused when the tree has nothing to release."""
    if not facts.overlays:
        raise Refused(
            "there is no kustomization in this tree",
            evidence=(f"{len(facts.paths)} files and folders were looked at",),
            action="run it at the root of the repository that holds the overlays",
        )
    found, left_out = candidates(facts)
    if not found:
        raise Refused(
            "no image of the overlays is built in this tree",
            evidence=tuple(f"{o.path}: {o.failure}" for o in facts.overlays if o.failure)
            or tuple(f"used, but nothing here builds it: {image}" for image in left_out),
            action="write the services by hand: docs/configuration.md",
        )
    names = environment_names(facts.overlays)
    drafts = tuple(draft_environment(facts, o, n, found) for o, n in zip(facts.overlays, names, strict=True))
    registries, chosen = _registries(drafts)
    tables, guesses = _services(facts, found, drafts)
    environments = tuple(Written(f"environments.{d.name}", {**chosen[d.name], **d.keys}) for d in drafts)
    return Composed(
        tables=(_root(drafts, default), *registries, *environments, *tables),
        guesses=(
            *_registry_guesses(registries, drafts),
            *(_doubted(g, drafts) for d in drafts for g in d.guesses),
            *guesses,
            *_left(left_out),
        ),
    )


def _root(drafts: tuple[Draft, ...], asked: str) -> Written:
    """What was asked for, or else production where there is one, for that is what people release.

    Raises UsageError when there is no such environment.
    """
    names = tuple(draft.name for draft in drafts)
    if asked and asked not in names:
        raise UsageError(f"no overlay here is for an environment `{asked}`", action=f"found: {', '.join(names)}")
    if len(drafts) == 1:
        return Written("", {})
    default = asked or next((name for name in names if is_production(name)), names[0])
    return Written("", {"default_environment": default})


def _registries(drafts: tuple[Draft, ...]) -> tuple[tuple[Written, ...], Mapping[str, Mapping[str, object]]]:
    """The registries' tables, and what each environment says of its own. The first host is the unnamed one."""
    hosts = tuple(dict.fromkeys(d.host or NO_HOST for d in sorted(drafts, key=lambda d: not is_production(d.name))))
    labels = {host: next(d.name for d in drafts if (d.host or NO_HOST) == host) for host in hosts}
    tables = tuple(
        Written("registry" if host == hosts[0] else f"registries.{labels[host]}", {"login_server": host})
        for host in hosts
    )
    chosen = {
        d.name: {} if (d.host or NO_HOST) == hosts[0] else {"registry": labels[d.host or NO_HOST]} for d in drafts
    }
    return tables, chosen


def _registry_guesses(registries: tuple[Written, ...], drafts: tuple[Draft, ...]) -> Iterator[Guess]:
    for table in registries:
        host = str(table.keys["login_server"])
        users = ", ".join(d.name for d in drafts if d.host == host)
        evidence = f"the images of {users} lie there" if users else "no image of an overlay names a registry"
        yield Guess(f"{table.title}.login_server", host, evidence, bool(users))


def _doubted(guess: Guess, drafts: tuple[Draft, ...]) -> Guess:
    """A URL that two environments have is at most one's: overlays inherit an ingress from their base."""
    same = [d.name for d in drafts if d.keys.get("url") == guess.value]
    if not guess.key.endswith(".url") or len(same) < 2:
        return guess
    return replace(guess, evidence=f"{guess.evidence}, in {' and '.join(same)} alike", sure=False)


def _services(
    facts: TreeFacts, found: tuple[Candidate, ...], drafts: tuple[Draft, ...]
) -> tuple[tuple[Written, ...], tuple[Guess, ...]]:
    tables: list[Written] = []
    guesses: list[Guess] = []
    for candidate in found:
        prefix = f"services.{candidate.name}"
        refs = [str(ref) for ref in candidate.workloads]
        running = "they run its image" if refs else "nothing was seen to run its image"
        guesses.append(Guess(f"{prefix}.workloads", ", ".join(refs or _likely(candidate)), running, bool(refs)))
        keys: dict[str, object] = {"image": candidate.image, "workloads": refs or _likely(candidate)}
        version, said = version_keys(facts, candidate.dockerfile, prefix)
        building, also = build_keys(facts, candidate.dockerfile, prefix) if candidate.dockerfile else ({}, ())
        own = _own_repository(candidate, drafts)
        tables.append(Written(prefix, {**keys, **version, **building, **own}))
        health, seen = health_keys(facts, candidate, f"{prefix}.health")
        if health:
            tables.append(Written(f"{prefix}.health", health))
        guesses += (*said, *also, *seen)
    return tuple(tables), tuple(guesses)


def _likely(candidate: Candidate) -> list[str]:
    return [f"deployment/{candidate.name}"]


def _own_repository(candidate: Candidate, drafts: tuple[Draft, ...]) -> Mapping[str, str]:
    """Its repository, where no environment's template makes it and it is the same everywhere."""
    templates = {d.keys["overlay"]: str(d.keys.get("repository", "{service}")) for d in drafts}
    differing = {
        split_host(split_image(place.image)[0])[1]
        for place in candidate.places
        if place.image
        and templates[place.overlay.path or "."].replace("{service}", candidate.name)
        != split_host(split_image(place.image)[0])[1]
    }
    return {"repository": differing.pop()} if len(differing) == 1 else {}


def _left(images: tuple[str, ...]) -> Iterator[Guess]:
    return (Guess("services", f"(without {image})", "no Dockerfile here builds it") for image in images)
