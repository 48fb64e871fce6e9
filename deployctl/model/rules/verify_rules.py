"""The comparison of overlay, live objects, registry and running pods. Nothing running is a difference, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deployctl.model.image import Image, ImageFacts
from deployctl.model.manifest import Manifest
from deployctl.model.pod import Pod
from deployctl.model.rollout import World
from deployctl.model.rules.completeness import is_manual, missing
from deployctl.model.rules.family import Family, family
from deployctl.model.rules.images import images_of, names_image, same_repository
from deployctl.model.rules.watch import Baseline
from deployctl.model.service import WORKLOAD_KINDS, Service, WorkloadRef
from deployctl.model.verify import Check
from deployctl.model.workload import Workload, parse_workload

NOTHING = "nothing"
RUNS_NO_PODS = ("CronJob", "Job")


def overlay_references(image: Image, rendered: tuple[Manifest, ...]) -> tuple[str, ...]:
    """Every reference of the image's repository that the rendered overlay names: what the registry must be asked."""
    found = (i for m in rendered for i in images_of(m.body) if same_repository(i, image.name))
    return tuple(dict.fromkeys(found))


def verify_checks(
    service: Service,
    image: Image,
    rendered: tuple[Manifest, ...],
    world: World,
    registry: Mapping[str, ImageFacts | None],
    *,
    namespace: str = "",
) -> tuple[Check, ...]:
    """All facts of one service. `image` names the repository, and the tag that the overlay must name when a certain
    one was released (no tag: whatever the overlay says). `registry` answers `overlay_references`."""
    references = overlay_references(image, rendered)
    rows: list[Check] = list(_overlay(service, image, rendered, references))
    rows += [_registry(service, reference, registry.get(reference)) for reference in references]
    for ref in _users(service, image, rendered, world):
        rows += _workload(ref, image, rendered, world, registry, namespace)
    return tuple(rows)


def _overlay(
    service: Service, image: Image, rendered: tuple[Manifest, ...], references: tuple[str, ...]
) -> Iterator[Check]:
    wanted = str(image) if image.tag else f"one image of {image.name}"
    good = len(references) == 1 and (not image.tag or names_image(references[0], image))
    action = "bump the overlay: deployctl release" if references else "correct services.*.image in the configuration"
    yield _check(service.name, "overlay on disk", wanted, ", ".join(references) or NOTHING, good=good, action=action)
    present = {(m.ref.kind, m.ref.name) for m in rendered}
    for ref in service.workloads:
        if (ref.kind, ref.name) not in present:
            yield _check(str(ref), "in the overlay", "rendered", NOTHING, good=False, action="correct its workloads")


def _registry(service: Service, reference: str, facts: ImageFacts | None) -> Check:
    found = facts.digest if facts else NOTHING
    action = f"deployctl build {service.name}, or push {reference}"
    return _check(service.name, f"registry, {reference}", "a digest", found, good=bool(facts), action=action)


def _users(service: Service, image: Image, rendered: tuple[Manifest, ...], world: World) -> tuple[WorkloadRef, ...]:
    """The service's workloads; every other object of the overlay that runs the image; every live one that still does.

    A Job that somebody else's controller made (a CronJob's run) is that run's own affair.
    """
    kinds = (m for m in rendered if m.ref.kind in WORKLOAD_KINDS)
    listed = [WorkloadRef(m.ref.kind, m.ref.name) for m in kinds if _runs(images_of(m.body), image)]
    live = [w.ref for w in world.workloads if w.ref.kind != "Job" and _runs(_images(w), image)]
    return tuple(dict.fromkeys((*service.workloads, *listed, *live)))


def _runs(images: tuple[str, ...], image: Image) -> bool:
    return any(same_repository(i, image.name) for i in images)


def _images(workload: Workload) -> tuple[str, ...]:
    return tuple(c.image for c in workload.containers)


def _workload(
    ref: WorkloadRef,
    image: Image,
    rendered: tuple[Manifest, ...],
    world: World,
    registry: Mapping[str, ImageFacts | None],
    namespace: str,
) -> Iterator[Check]:
    body = next((m.body for m in rendered if (m.ref.kind, m.ref.name) == (ref.kind, ref.name)), None)
    wanted = _of_repository(_images(parse_workload(body)), image) if body else ()
    live = next((w for w in world.workloads if w.ref == ref), None)
    if body is None and live is not None:
        yield _left_behind(ref, image, live, overlay_references(image, rendered), namespace)
        return
    found = _of_repository(_images(live), image) if live else ()
    good = bool(wanted) and set(found) == set(wanted)
    action = f"apply the overlay: deployctl release (or kubectl apply -k); then look at {ref}"
    told = ", ".join(found) or (NOTHING if live else "does not exist")
    yield _check(str(ref), "live image", ", ".join(wanted) or image.name, told, good=good, action=action)
    if live is not None and ref.kind not in RUNS_NO_PODS:
        yield from _pods(family(world, live, Baseline()), image, found, registry, namespace)


def _left_behind(ref: WorkloadRef, image: Image, live: Workload, references: tuple[str, ...], namespace: str) -> Check:
    """Taken out of the overlay, but nothing prunes it: it runs on, with whatever image it had."""
    found = _of_repository(_images(live), image)
    action = f"delete it, or take it into the overlay again: kubectl{_n(namespace)} delete {ref}"
    good = set(found) <= set(references)
    return _check(
        str(ref), "image, not in the overlay", ", ".join(references), ", ".join(found), good=good, action=action
    )


def _of_repository(images: tuple[str, ...], image: Image) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for i in images if same_repository(i, image.name)))


def _pods(
    members: Family,
    image: Image,
    live: tuple[str, ...],
    registry: Mapping[str, ImageFacts | None],
    namespace: str,
) -> Iterator[Check]:
    ref = str(members.workload.ref)
    lacking = missing(members)
    describe = f"kubectl{_n(namespace)} describe {ref}"
    yield _check(ref, "rollout", "complete", lacking or "complete", good=not lacking, action=describe)
    yield _running(members, image, live, registry, namespace)
    if members.old:
        names = ", ".join(pod.name for pod in members.old)
        hand = f"kubectl{_n(namespace)} delete pod {' '.join(pod.name for pod in members.old)}"
        action = hand if is_manual(members.workload) else describe
        yield _check(ref, "pods of former revisions", NOTHING, names, good=False, action=action)


def _running(
    members: Family,
    image: Image,
    live: tuple[str, ...],
    registry: Mapping[str, ImageFacts | None],
    namespace: str,
) -> Check:
    """The digests that the Ready pods run, of every container that runs the image, against the registry's."""
    ref = str(members.workload.ref)
    known = [facts for reference in live if (facts := registry.get(reference))]
    wanted = ", ".join(facts.digest for facts in known) or f"the digest of {', '.join(live) or image.name}"
    running = tuple(dict.fromkeys(i for pod in _ready(members) for i in _image_ids(pod, members, image)))
    good = bool(running) and all(any(facts.answers(i) for facts in known) for i in running)
    found = ", ".join(i.rpartition("@")[2] or "not known" for i in running)
    if not found:
        found = "no pod is Ready" if members.workload.replicas else "no pods: replicas is 0"
    again = f"the tag was pushed anew, or the node kept an old image: kubectl{_n(namespace)} rollout restart {ref}"
    action = again if running else f"kubectl{_n(namespace)} describe {ref}"
    return _check(ref, "running digest", wanted, found, good=good, action=action)


def _ready(members: Family) -> tuple[Pod, ...]:
    return (*members.ready, *(pod for pod in members.old if pod.ready))


def _image_ids(pod: Pod, members: Family, image: Image) -> Iterator[str]:
    """By the names of the template's containers: a status may show the image under another name."""
    names = {c.name for c in members.workload.containers if same_repository(c.image, image.name)}
    for container in pod.containers:
        if container.name in names or same_repository(container.image, image.name):
            yield container.image_id


def _n(namespace: str) -> str:
    return f" -n {namespace}" if namespace else ""


def _check(subject: str, fact: str, wanted: str, found: str, *, good: bool, action: str) -> Check:
    return Check(subject, fact, wanted, found, good, "" if good else action)
