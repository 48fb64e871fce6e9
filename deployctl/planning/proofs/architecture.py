"""The image has a variant for the nodes that may run it."""

from __future__ import annotations

from deployctl.model.change import Finding
from deployctl.model.image import ImageFacts, Platform
from deployctl.model.json import Json
from deployctl.model.node import Node
from deployctl.model.proven import Proven
from deployctl.model.rules.platforms import platform_lines, telling, unfit
from deployctl.model.service import WorkloadRef
from deployctl.model.snapshot import ServiceFacts
from deployctl.planning.proofs.proof import Proof, together
from deployctl.planning.proofs.scope import Scope, candidates, users_of


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
    named = [platform for platform in facts.platforms if platform.os != "unknown"]
    able = telling(candidates(spec, nodes))
    unable = unfit(facts.platforms, able)
    has = ", ".join(map(str, named))
    if not named or not able:
        return Proof()
    if not unable:
        where = ", ".join(node.name for node in able)
        return Proof(holds=(Proven("platform", f"{has} runs on {where}", platform_lines(able)),))
    evidence = (f"the image is for {has}", *platform_lines(able))
    build = "build it for the nodes' platform (services.*.platform), or as an index of several"
    if unable == able:
        what = f"no node that may run {workload} is of the image's architecture: {facts.image.name} is for {has}"
        return Proof((Finding("image-architecture", what, str(workload), evidence, build),))
    names = ", ".join(node.name for node in unable)
    what = f"{workload} would not start on {names}: the image is for {has} alone"
    return Proof(warnings=(Finding("image-architecture", what, str(workload), evidence, build),))
