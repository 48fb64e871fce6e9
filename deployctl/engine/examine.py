"""Gathering what `diagnose` judges: all at once; what cannot be read is said instead of failing. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TypeVar

from deployctl.engine.evidence import with_logs
from deployctl.engine.naming import ask_names, looked_up
from deployctl.engine.observe import render, scoped
from deployctl.engine.overlay import bump_edits
from deployctl.engine.proving import answered, ask_health, pull_access
from deployctl.engine.target import Target
from deployctl.model.diagnosis import Diagnosis
from deployctl.model.errors import DeployError
from deployctl.model.examination import Examination, Present, Trial
from deployctl.model.image import Image, ImageFacts, parse_image
from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.outside import Outside
from deployctl.model.pull_access import PullAccess
from deployctl.model.rollout import World
from deployctl.model.rules.images import same_repository
from deployctl.model.rules.verify_rules import overlay_references
from deployctl.model.service import Service
from deployctl.model.snapshot import ServiceFacts, Snapshot
from deployctl.model.survey import Survey
from deployctl.planning.examination import examine
from deployctl.planning.examination.restart import live_manifests
from deployctl.ports import ClusterRejected

T = TypeVar("T")

TRIAL_TAG = "deployctl-diagnose"
LOGS = 6
"""Diagnoses whose logs are fetched: more than a person reads."""


class Unknown:
    """What could not be looked at; the others go on."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def attempt(self, what: str, read: Callable[[], T], instead: T) -> T:
        try:
            return read()
        except DeployError as error:
            self.told.append(f"{what}: {error.problem.what}")
            return instead


def read_examination(target: Target, names: tuple[str, ...]) -> Examination:
    """Of the named services, or of everything that runs in the namespace. Raises UsageError, Unavailable, Refused when
    the cluster itself does not answer or is not the pinned one."""
    found = examine(_present(target, target.services(names), everything=not names))
    return replace(found, diagnoses=_with_evidence(target, found.diagnoses))


def _with_evidence(target: Target, found: tuple[Diagnosis, ...]) -> tuple[Diagnosis, ...]:
    told = [d for d in found if d.pod and d.severity != "note"][:LOGS]
    return tuple(with_logs(target, d) if d in told else d for d in found)


def _present(target: Target, services: tuple[Service, ...], *, everything: bool) -> Present:
    ports, environment, unknown = target.ports, target.environment, Unknown()
    identity = ports.cluster.identify()
    health = ask_health(target, services)
    with ThreadPoolExecutor(max_workers=6) as pool:
        survey = pool.submit(ports.surroundings.survey, environment.namespace)
        outside = pool.submit(ports.surroundings.outside, environment.namespace)
        world = pool.submit(ports.cluster.world, environment.namespace)
        history = pool.submit(unknown.attempt, "release records", ports.history.read, ())
        exists = pool.submit(unknown.attempt, "the namespace", lambda: _namespace(target), None)
        trial = pool.submit(
            unknown.attempt, "what a bump would change", lambda: _trial(target, services), Trial(TRIAL_TAG)
        )
        lock = pool.submit(unknown.attempt, "the lock", ports.leases.holder, None)
        manifests: tuple[Manifest, ...] = unknown.attempt("the overlay", partial(_rendered, target), ())
        live = pool.submit(unknown.attempt, "live objects", lambda: _live(target, manifests), {})
        predicted = pool.submit(unknown.attempt, "what applying would change", lambda: _foreseen(target, manifests), {})
        ingresses = outside.result().ingresses
        names = ask_names(target, ingresses, {m.ref: m for m in ingresses})
        registry = _registry(target, services, manifests, world.result(), unknown)
        snapshot = Snapshot(
            environment=environment,
            server=identity.server,
            services=_facts(target, services, world.result(), registry),
            edits=(),
            manifests=manifests,
            warnings=(),
            problems=(),
            live=live.result(),
            predicted=predicted.result(),
            immutable_jobs=frozenset(),
            world=world.result(),
            survey=survey.result(),
            history=history.result(),
            can_build=False,
            health=answered(health),
            addresses=looked_up(names),
        )
        snapshot = replace(snapshot, access=_access(target, snapshot, survey.result(), outside.result()))
        return Present(
            services=services,
            project=target.project.services,
            everything=everything,
            namespace_exists=exists.result(),
            snapshot=snapshot,
            outside=outside.result(),
            registry=registry,
            trial=trial.result(),
            releasing=f"{held.holder} is at: {held.phase}" if (held := lock.result()) else "",
            unknown=(*unknown.told, *_unreadable(survey.result(), outside.result())),
        )


def _unreadable(survey: Survey, outside: Outside) -> tuple[str, ...]:
    kinds = sorted(survey.inventory.unreadable | outside.unreadable)
    return (f"not allowed to read: {', '.join(kinds)}",) if kinds else ()


def _namespace(target: Target) -> bool:
    ref = ObjectRef("v1", "Namespace", "", target.environment.namespace)
    return ref in target.ports.cluster.get((ref,))


def _rendered(target: Target) -> tuple[Manifest, ...]:
    known, _ = scoped(render(target).manifests, target.ports.cluster.kinds(), target.environment.namespace)
    return known


def _trial(target: Target, services: tuple[Service, ...]) -> Trial:
    """Two renderings that name the same images show an entry that reaches nothing."""
    images = ((s, target.environment.image_for(s, TRIAL_TAG)) for s in services)
    edits = bump_edits(target, tuple(ServiceFacts(s, "", image, (), None) for s, image in images))
    return Trial(TRIAL_TAG, render(target, edits).manifests)


def _live(target: Target, manifests: tuple[Manifest, ...]) -> Mapping[ObjectRef, Manifest]:
    return target.ports.cluster.get(tuple(m.ref for m in manifests))


def _foreseen(target: Target, manifests: tuple[Manifest, ...]) -> Mapping[ObjectRef, Manifest]:
    """A dry run writes nothing. Objects that would be rejected are the next plan's affair."""
    answers = target.ports.writer.dry_run(manifests)
    return {ref: one for ref, one in answers.items() if not isinstance(one, ClusterRejected)}


def _references(target: Target, service: Service, manifests: tuple[Manifest, ...], world: World) -> tuple[str, ...]:
    """What the overlay and the live workloads name of the service's repository."""
    image = target.environment.image_for(service, "")
    live = (c.image for w in world.workloads for c in w.containers if same_repository(c.image, image.name))
    return tuple(dict.fromkeys((*overlay_references(image, manifests), *live)))


def _registry(
    target: Target, services: tuple[Service, ...], manifests: tuple[Manifest, ...], world: World, unknown: Unknown
) -> Mapping[str, ImageFacts | None]:
    found: dict[str, ImageFacts | None] = {}
    for reference in dict.fromkeys(r for s in services for r in _references(target, s, manifests, world)):
        try:
            found[reference] = target.ports.registry.resolve(parse_image(reference))
        except DeployError as error:
            unknown.told.append(f"{reference}: {error.problem.what}")
    return found


def _facts(
    target: Target, services: tuple[Service, ...], world: World, registry: Mapping[str, ImageFacts | None]
) -> tuple[ServiceFacts, ...]:
    """Each image that a service's live workloads name, as a release of it would have it."""
    return tuple(
        ServiceFacts(service, "", parse_image(reference), (), registry.get(reference))
        for service in services
        for reference in _references(target, service, (), world)
    )


def _access(target: Target, snapshot: Snapshot, survey: Survey, outside: Outside) -> tuple[PullAccess, ...]:
    """Asked for every image of our registry that runs, a service's or not: as the nodes would ask."""
    world, host = snapshot.world, target.environment.registry.login_server
    workloads = tuple(w for w in world.workloads if w.ref.kind != "Job")
    manifests = live_manifests(workloads, outside, target.environment.namespace)
    images = dict.fromkeys(c.image for w in workloads for c in w.containers)
    ours = [image for reference in images if (image := _of(reference, host))]
    some = target.project.services[0]
    return pull_access(target, tuple(ServiceFacts(some, "", image, (), None) for image in ours), manifests, survey)


def _of(reference: str, host: str) -> Image | None:
    try:
        image = parse_image(reference)
    except ValueError:
        return None
    return image if image.host == host else None
