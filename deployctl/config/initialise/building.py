"""How a service is built and where its version stands. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.config.initialise.facts import DockerfileFacts, Guess, TreeFacts

_PRODUCTION = ("production", "prod", "release", "runtime")


def build_keys(facts: TreeFacts, dockerfile: DockerfileFacts, prefix: str) -> tuple[dict[str, str], tuple[Guess, ...]]:
    """context, dockerfile, target and version_file."""
    context = _context(facts, dockerfile)
    keys = {"context": context or "."}
    guesses = [Guess(f"{prefix}.context", context or ".", _why_context(context, dockerfile))]
    if dockerfile.path != (f"{context}/Dockerfile" if context else "Dockerfile"):
        keys["dockerfile"] = dockerfile.path
        guesses.append(Guess(f"{prefix}.dockerfile", dockerfile.path, "its name or folder fits the service"))
    target = next((stage for stage in dockerfile.stages if stage in _PRODUCTION), "")
    if target and len(dockerfile.stages) > 1:
        keys["target"] = target
        guesses.append(Guess(f"{prefix}.target", target, f"a stage of {dockerfile.path} has that name"))
    return keys, tuple(guesses)


def version_keys(
    facts: TreeFacts, dockerfile: DockerfileFacts | None, prefix: str
) -> tuple[dict[str, str], tuple[Guess, ...]]:
    """version_file: nearest to what is built, or what stands in the way of one."""
    folder = dockerfile.folder if dockerfile else ""
    near = [v for above in _upwards(folder) for v in facts.versions if v.folder == above]
    good = next((v for v in near if v.version), None)
    if good is not None:
        found = Guess(f"{prefix}.version_file", good.path, f"it says {good.version}", good.folder == folder)
        return {"version_file": good.path}, (found,)
    bad = next((v for v in near if v.problem), None)
    why = f"{bad.path}: {bad.problem}" if bad else "no pyproject.toml, package.json or VERSION beside the Dockerfile"
    return {}, (Guess(f"{prefix}.version_file", "(none: releases need --version)", why, sure=False),)


def _upwards(folder: str) -> Iterator[str]:
    """The folder and those above it, the root last."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def _context(facts: TreeFacts, dockerfile: DockerfileFacts) -> str:
    """The nearest folder at or above the Dockerfile in which everything that it copies exists."""
    fitting = (f for f in _upwards(dockerfile.folder) if all(_exists(facts, f, s) for s in dockerfile.sources))
    return next(fitting, dockerfile.folder)


def _exists(facts: TreeFacts, folder: str, source: str) -> bool:
    fixed = source.partition("*")[0].partition("?")[0].partition("[")[0]
    plain = fixed.removeprefix("./").strip("/") if fixed == source else fixed.removeprefix("./").rpartition("/")[0]
    if plain in ("", ".") or "$" in plain:
        return True
    return (f"{folder}/{plain}" if folder else plain) in facts.paths


def _why_context(context: str, dockerfile: DockerfileFacts) -> str:
    if context == dockerfile.folder:
        return f"{dockerfile.path} lies there"
    return f"what {dockerfile.path} copies is found there, and not beside it"
