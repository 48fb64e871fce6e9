"""Images have names that a runtime takes; the requested ones exist, and their digests are known. That these do not is
refused elsewhere, with what to do."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.change import Finding
from deployctl.model.image import is_reference
from deployctl.model.proven import Proven
from deployctl.planning.proofs.proof import Proof
from deployctl.planning.proofs.scope import Scope, images_in


def images(scope: Scope) -> Proof:
    """Of every requested service whose image need not be built; names of all containers of pods that are made anew."""
    found = (facts.found for facts in scope.snapshot.services)
    return Proof(
        refusals=tuple(_misnamed(scope)),
        holds=tuple(
            Proven("image", f"{one.image.repository}:{one.image.tag} exists", (str(one.image),)) for one in found if one
        ),
    )


def _misnamed(scope: Scope) -> Iterator[Finding]:
    """The API server takes any text for an image; only the kubelet says InvalidImageName, when the old pod is gone."""
    for move in scope.fresh:
        for image in images_in(scope.spec(move.workload)):
            if image and not is_reference(image):
                what = f"{image!r} is not an image reference"
                action = "correct the image's newName and newTag in the overlay; repositories are in lower case"
                yield Finding("image-name-invalid", what, str(move.workload), (), action)
