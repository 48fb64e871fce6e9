"""The image has a variant for the nodes that may run it."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.change import Finding
from deployctl.model.image import ImageFacts, Platform
from deployctl.model.json import Json
from deployctl.model.node import Node
from deployctl.model.proven import Proven
from deployctl.model.service import WorkloadRef
from deployctl.model.snapshot import ServiceFacts
from deployctl.planning.proofs.proof import Proof, together
from deployctl.planning.proofs.scope import Scope, candidates, users_of

RUNS_TOO = {"amd64": ("386",), "arm64": ("arm",)}
"""What else a processor runs (github.com/containerd/platforms, compare.go)."""


def architecture(scope: Scope) -> Proof:
    """Of every requested image: as the registry has it, or as it will be built."""
    known = [image for facts in scope.snapshot.services if (image := known_image(facts))]
    coming = {move.workload for move in scope.fresh}
    return together(
        fits(ref, spec, facts, scope.snapshot.world.nodes)
        for facts in known
        for ref, spec in users_of(scope.snapshot.manifests, facts.image)
        if ref in coming
    )


def known_image(facts: ServiceFacts) -> ImageFacts | None:
    """What is known of an image; of one that is still to be built, the platform that it is built for."""
    source = facts.service.source
    if facts.found or source is None:
        return facts.found
    os, _, processor = source.platform.partition("/")
    return ImageFacts(facts.image, 0, (Platform(os, processor.partition("/")[0]),))


def fits(workload: WorkloadRef, spec: Json, facts: ImageFacts, nodes: tuple[Node, ...]) -> Proof:
    """No candidate can run it: refused. Some cannot: a warning, for the scheduler does not look at architectures."""
    named = _named(facts)
    able = [node for node in candidates(spec, nodes) if node.platform.strip("/")]
    unable = [node for node in able if not runs_on(node, facts)]
    has = ", ".join(map(str, named))
    if not named or not able:
        return Proof()
    if not unable:
        where = ", ".join(node.name for node in able)
        return Proof(holds=(Proven("platform", f"{has} runs on {where}", tuple(_lines(able))),))
    evidence = (f"the image is for {has}", *_lines(able))
    build = "build it for the nodes' platform (services.*.platform), or as an index of several"
    if len(unable) == len(able):
        what = f"no node that may run {workload} is of the image's architecture: {facts.image.name} is for {has}"
        return Proof((Finding("image-architecture", what, str(workload), evidence, build),))
    names = ", ".join(node.name for node in unable)
    what = f"{workload} would not start on {names}: the image is for {has} alone"
    return Proof(warnings=(Finding("image-architecture", what, str(workload), evidence, build),))


def runs_on(node: Node, facts: ImageFacts) -> bool:
    """Whether the image has a variant for the node; True where either does not say what it is."""
    named = _named(facts)
    known = bool(named and node.platform.strip("/"))
    return not known or any(_runs(node, platform.os, platform.architecture) for platform in named)


def _named(facts: ImageFacts) -> list[Platform]:
    """Without what an index holds beside images, such as attestations."""
    return [platform for platform in facts.platforms if platform.os != "unknown"]


def _runs(node: Node, os: str, architecture: str) -> bool:
    here_os, _, here = node.platform.partition("/")
    return here_os == os and (architecture == here or architecture in RUNS_TOO.get(here, ()))


def _lines(nodes: list[Node]) -> Iterator[str]:
    return (f"{node.name} is {node.platform}" for node in nodes)
