"""Reading the world before a release: the tree, the registry and the cluster. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deployctl.engine.findings import (
    denied_findings,
    insist_readable,
    rejected_finding,
    unforeseen_finding,
    unserved_finding,
    warning_of_kustomize,
)
from deployctl.engine.images import asked_of_registry, wanted
from deployctl.engine.naming import ask_names, looked_up
from deployctl.engine.overlay import bump_edits
from deployctl.engine.proving import answered, ask_health, pull_access
from deployctl.engine.target import Target
from deployctl.model.change import FileEdit
from deployctl.model.environment import Environment
from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.request import ReleaseRequest
from deployctl.model.rules.permissions import PREFETCHING, permissions_needed
from deployctl.model.snapshot import Snapshot
from deployctl.ports import ClusterRejected, Kind, Permission, Rendered


def observe(request: ReleaseRequest, target: Target) -> Snapshot:
    """One reading of everything. Raises UsageError, Refused (the overlay does not render), Unavailable."""
    ports, environment = target.ports, target.environment
    named = wanted(request, target)
    identity = ports.cluster.identify()  # first, for nothing is asked of a cluster that is not the pinned one
    with ThreadPoolExecutor(max_workers=6) as pool:
        history = pool.submit(ports.history.read)
        survey = pool.submit(ports.surroundings.survey, environment.namespace)
        health = ask_health(target, tuple(facts.service for facts in named))
        services = tuple(asked_of_registry(request, target, facts) for facts in named)
        edits = bump_edits(target, services)
        rendered = pool.submit(render, target, edits)
        kinds = ports.cluster.kinds()
        manifests, unserved = scoped(rendered.result().manifests, kinds, environment.namespace)
        live = pool.submit(ports.cluster.get, tuple(m.ref for m in manifests))
        needed = (*permissions(manifests, kinds, environment.namespace), *removing(request, environment.namespace))
        short = prefetching(environment)
        asked = pool.submit(ports.access.denied, tuple(dict.fromkeys((*needed, *short))))
        world = pool.submit(ports.cluster.world, environment.namespace)
        access = pool.submit(pull_access, target, services, manifests, survey.result())
        denied = tuple(permission for permission in asked.result() if permission in needed)
        insist_readable(denied)
        names = ask_names(target, manifests, live.result())
        predicted, rejected = _dry_run(target, manifests)
        jobs = frozenset(r.ref for r in rejected if r.reason == "Immutable" and r.ref.kind == "Job")
        unforeseen = tuple(r for r in rejected if r.reason == "DryRunUnsupported")
        return Snapshot(
            environment=environment,
            server=identity.server,
            services=services,
            edits=edits,
            manifests=manifests,
            warnings=(
                *(warning_of_kustomize(line) for line in rendered.result().warnings),
                *map(unforeseen_finding, unforeseen),
            ),
            problems=(
                *(unserved_finding(m) for m in unserved),
                *(rejected_finding(r) for r in rejected if r.ref not in jobs and r not in unforeseen),
                *denied_findings(denied),
            ),
            live=live.result(),
            predicted=predicted,
            immutable_jobs=jobs,
            world=world.result(),
            survey=survey.result(),
            history=history.result(),
            can_build=ports.builder is not None,
            may_run_pods=not set(short) & set(asked.result()),
            access=access.result(),
            health=answered(health),
            addresses=looked_up(names),
        )


def render(target: Target, edits: tuple[FileEdit, ...] = ()) -> Rendered:
    """The environment's overlay, as if the edits were written."""
    changed: Mapping[Path, str] = {target.project.root / e.path: e.after for e in edits if e.changes}
    return target.ports.renderer.render(target.environment.overlay, target.environment.kustomize_flags, changed)


def scoped(
    manifests: tuple[Manifest, ...], kinds: Mapping[tuple[str, str], Kind], namespace: str
) -> tuple[tuple[Manifest, ...], tuple[Manifest, ...]]:
    """The objects with the namespace that their kind's real scope gives them, and those whose kind is not served.

    The scope comes from discovery, never from `metadata.namespace`: kustomize's namespace transformer writes one
    into cluster-scoped kinds that it does not know, such as ClusterIssuer. A kind that a CustomResourceDefinition
    of the same overlay brings counts as served.
    """
    brought = {_kind_brought(m) for m in manifests if m.ref.kind == "CustomResourceDefinition"}
    known, unserved = [], []
    for manifest in manifests:
        kind = kinds.get((manifest.ref.api_version, manifest.ref.kind))
        if kind is not None:
            known.append(_placed(manifest, kind.namespaced, namespace))
        elif (manifest.ref.group, manifest.ref.kind) in brought:
            known.append(manifest)
        else:
            unserved.append(manifest)
    return tuple(known), tuple(unserved)


def _kind_brought(definition: Manifest) -> tuple[str, str]:
    spec = definition.body.get("spec", {})
    return str(spec.get("group", "")), str(spec.get("names", {}).get("kind", ""))


def _placed(manifest: Manifest, namespaced: bool, namespace: str) -> Manifest:
    place = (manifest.ref.namespace or namespace) if namespaced else ""
    metadata = {k: v for k, v in manifest.body.get("metadata", {}).items() if k != "namespace"}
    if place:
        metadata["namespace"] = place
    ref = ObjectRef(manifest.ref.api_version, manifest.ref.kind, place, manifest.ref.name)
    return Manifest(ref, {**manifest.body, "metadata": metadata})


def permissions(
    manifests: tuple[Manifest, ...], kinds: Mapping[tuple[str, str], Kind], namespace: str
) -> tuple[Permission, ...]:
    """What this release must be allowed: applying each object, watching pods, records and the lock."""
    plurals = {key: kind.plural for key, kind in kinds.items()}
    return tuple(Permission(*need) for need in permissions_needed(manifests, plurals, namespace))


def removing(request: ReleaseRequest, namespace: str) -> tuple[Permission, ...]:
    """What only those need who ask for it."""
    asked = request.delete_stuck_pod or request.remove_leftovers
    return (Permission("delete", "", "pods", namespace),) if asked else ()


def prefetching(environment: Environment) -> tuple[Permission, ...]:
    """What is wanted, but not needed: without it a release pulls while nothing serves."""
    wanted = PREFETCHING if environment.policies.prefetch != "off" else ()
    return tuple(Permission(*verb, environment.namespace) for verb in wanted)


def _dry_run(
    target: Target, manifests: tuple[Manifest, ...]
) -> tuple[Mapping[ObjectRef, Manifest], tuple[ClusterRejected, ...]]:
    answers = target.ports.writer.dry_run(manifests)
    predicted = {ref: answer for ref, answer in answers.items() if isinstance(answer, Manifest)}
    return predicted, tuple(answer for answer in answers.values() if isinstance(answer, ClusterRejected))
