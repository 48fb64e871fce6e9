"""What runs against what should (DEPLOY001), by verify's own comparison; and whether a bump would reach anything."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.change import Finding
from deployctl.model.diagnosis import Diagnosis
from deployctl.model.examination import Present
from deployctl.model.rules.images import image_users, images_of
from deployctl.model.rules.verify_rules import NOTHING, verify_checks
from deployctl.model.service import Service
from deployctl.model.verify import Check

INCIDENT = "DEPLOY001"


def images(present: Present) -> Iterator[Diagnosis]:
    """Digests that differ are wrong; a tag on disk that is not the live one may only be an old checkout."""
    snapshot = present.snapshot
    live = {str(w.ref) for w in snapshot.world.workloads}
    for service in present.services:
        yield from _unreached(present, service)
        if not snapshot.manifests:
            continue
        image = snapshot.environment.image_for(service, "")
        known = {ref: facts for ref, facts in present.registry.items() if facts is not None}
        namespace = snapshot.environment.namespace
        for check in verify_checks(service, image, snapshot.manifests, snapshot.world, known, namespace=namespace):
            if not check.good and (told := _told(check, live, bool(known))):
                yield told


def _told(check: Check, live: set[str], asked: bool) -> Diagnosis | None:
    """Rollouts and former pods are the look's affair, and an image that nobody could be asked about is unknown."""
    evidence = (f"wanted: {check.wanted}", f"found: {check.found}")
    if check.fact == "running digest" and asked and "sha256:" in check.found and "sha256:" in check.wanted:
        what = f"the pods of {check.subject} do not run what their tag is in the registry"
        return Diagnosis("digest-differs", "fatal", what, check.subject, evidence, check.action, INCIDENT)
    if check.fact in ("live image", "image, not in the overlay") and check.subject in live:
        what = f"{check.subject} runs another image than the overlay here names: not applied, or an old checkout"
        return Diagnosis("not-applied", "note", what, check.subject, evidence, check.action, INCIDENT)
    if check.fact == "overlay on disk" and check.found != NOTHING and "," in check.found:
        what = f"the overlay names more than one image of {check.subject}"
        return Diagnosis("overlay-mixed", "note", what, check.subject, evidence, check.action, INCIDENT)
    return None


def _unreached(present: Present, service: Service) -> Iterator[Diagnosis]:
    """Rendered under a tag that nobody has, some object must name it; else every bump changes nothing."""
    snapshot, trial = present.snapshot, present.trial
    wanted = str(snapshot.environment.image_for(service, trial.tag))
    if not trial.manifests or any(wanted in images_of(m.body) for m in trial.manifests):
        return
    name = wanted.rpartition(":")[0]
    users = image_users(trial.manifests, name)
    used = sorted({i for m in trial.manifests for i in images_of(m.body)})
    finding = Finding(
        "image-matches-nothing",
        f"the `images:` entry {service.image!r} matches nothing: bumping {service.name} would change no object",
        str(snapshot.environment.overlay),
        (
            *(f"{user} runs it by a full name of the base's" for user in users),
            *(f"rendered: {image}" for image in used),
        ),
        f"name in services.{service.name}.image an image as the base writes it, before any other renaming",
        INCIDENT,
    )
    yield Diagnosis(
        finding.id, "fatal", finding.what, finding.where, finding.evidence, finding.action, finding.incident
    )
