"""Prefetch: have the nodes pull the new images while the old pods serve. What fails here has cost nothing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from deployctl.engine.run import Events, Run, Work
from deployctl.model.change import Finding
from deployctl.model.errors import DeployError, Refused
from deployctl.model.event import Diagnosed, StepProgress, Warned
from deployctl.model.image import ImageFacts
from deployctl.model.json import Json, items, mapping, text
from deployctl.model.manifest import Manifest
from deployctl.model.plan import PrefetchStep, Pull, Transition
from deployctl.model.rules.images import names_image
from deployctl.model.rules.prefetch_pod import is_prefetch_pod, prefetch_pod
from deployctl.model.rules.pulling import Pulling, assess_pull
from deployctl.model.rules.watch import Watch, start_watch
from deployctl.model.workload import Workload, parse_workload, pod_template
from deployctl.ports import ClusterRejected

REMINDER = 10.0
"""Seconds after which an unchanged wait is said again."""
UNTOUCHED = "nothing was torn down: the old pods still serve"


@dataclass
class _Puller:
    """One short pod at work."""

    pull: Pull
    pod: Manifest
    uid: str
    workload: Workload
    watch: Watch
    began: float
    said: str = ""
    said_at: float = float("-inf")

    @property
    def images(self) -> Mapping[str, str]:
        """Container -> the reference that it pulls."""
        return {text(c, "name"): text(c, "image") for c in items(self.pod.body, "spec", "containers")}


@dataclass
class _Crew:
    """All of them: who is still to begin, and who is at work."""

    waiting: list[Pull]
    owner: Json
    """The lock's Lease, whose pods they are."""
    at_work: list[_Puller] = field(default_factory=list)
    ended: int = 0
    brought: int = 0


def prefetch(run: Run, step: PrefetchStep) -> Work:
    """Raises Refused when a node cannot pull, pulls too slowly, or has other content than was proven. Of a node that
    does not run the short pod is only warned: it may be somebody's admission policy, and no fault of the release."""
    clock, crew = run.target.ports.clock, _Crew(list(step.pulls), run.target.ports.leases.as_owner())
    try:
        while crew.waiting or crew.at_work:
            while crew.waiting and len(crew.at_work) < step.parallel:
                yield from _start(run, step, crew)
            yield from _look(run, crew)
            if crew.at_work:
                clock.sleep(run.target.environment.policies.poll)
    finally:
        for puller in crew.at_work:
            _remove(run, puller)
    run.prefetched = crew.brought == len(step.pulls)
    return f"{crew.brought} of {len(step.pulls)} pulls done, nothing torn down yet"


def remove_earlier(run: Run) -> None:
    """Short pods that a run which was killed has left behind; the lock is ours, so nobody else's are at work."""
    for pod in run.before.pods:
        if is_prefetch_pod(pod):
            with suppress(DeployError):  # they have ended, or will by themselves: no reason to stop a release
                run.target.ports.writer.delete_pod(pod.name, pod.uid)


def _start(run: Run, step: PrefetchStep, crew: _Crew) -> Events:
    target, pull = run.target, crew.waiting.pop(0)
    workload = _workload(run, pull)
    pod = prefetch_pod(
        pull,
        mapping(workload.template, "spec"),
        step.resources,
        namespace=target.environment.namespace,
        run=run.stamp + target.who,
        deadline=target.environment.policies.deadlines.prefetch,
        owner=crew.owner,
    )
    try:
        uid = target.ports.writer.create_pod(pod)
    except ClusterRejected as refused:
        crew.ended += 1
        yield Warned(_not_allowed(pull, refused))
        return
    watch = start_watch(
        run.before,
        Transition(pull.workload, "recreate"),
        target.environment.policies,
        namespace=target.environment.namespace,
    )
    crew.at_work.append(_Puller(pull, pod, uid, workload, watch, target.ports.clock.monotonic()))


def _workload(run: Run, pull: Pull) -> Workload:
    """As it will be applied."""
    of_it = (m for m in run.plan.manifests if (m.ref.kind, m.ref.name) == (pull.workload.kind, pull.workload.name))
    return parse_workload(next(manifest.body for manifest in of_it if pod_template(manifest.body)))


def _not_allowed(pull: Pull, refused: ClusterRejected) -> Finding:
    problem = refused.problem
    return Finding(
        "prefetch-refused",
        f"{pull.node} does not pull beforehand: {problem.what}",
        str(pull.workload),
        problem.evidence,
        'let pods of deployctl pass, or set prefetch = "off" in [policies]: then the pull counts as downtime',
    )


def _look(run: Run, crew: _Crew) -> Events:
    """One snapshot serves all of them."""
    if not crew.at_work:
        return
    world = run.target.ports.cluster.world(run.target.environment.namespace)
    for puller in tuple(crew.at_work):
        seen, puller.watch = assess_pull(world, puller.pull, puller.uid, puller.workload, puller.watch)
        if seen.phase == "pulling":
            _insist_in_time(run, puller, seen)
            yield from _said(run, puller, seen, crew)
        elif seen.phase == "failed":
            yield from (Diagnosed(d) for d in seen.diagnoses if d.severity == "fatal")
            raise _cannot_pull(puller, seen)
        else:
            yield from _ended(run, puller, seen, crew)


def _ended(run: Run, puller: _Puller, seen: Pulling, crew: _Crew) -> Events:
    crew.at_work.remove(puller)
    crew.ended += 1
    _remove(run, puller)
    if seen.phase == "given-up":
        what = f"{puller.pull.node} may have to pull while nothing serves: {seen.summary}"
        yield Warned(Finding("prefetch-given-up", what, str(puller.pull.workload)))
        return
    for container in seen.brought:
        _insist_right_content(run, puller, puller.images[container.name], container.image_id)
    crew.brought += 1
    took = run.target.ports.clock.monotonic() - puller.began
    yield StepProgress("prefetch", f"{seen.summary} ({took:.1f} s)", crew.ended, _all(crew), puller.pull.node)


def _all(crew: _Crew) -> int:
    return crew.ended + len(crew.at_work) + len(crew.waiting)


def _said(run: Run, puller: _Puller, seen: Pulling, crew: _Crew) -> Events:
    now = run.target.ports.clock.monotonic()
    if seen.summary == puller.said and now - puller.said_at < REMINDER:
        return
    since = f", {now - puller.began:.0f} s so far" if seen.summary == puller.said else ""
    puller.said, puller.said_at = seen.summary, now
    yield StepProgress("prefetch", seen.summary + since, crew.ended, _all(crew), puller.pull.node)


def _insist_in_time(run: Run, puller: _Puller, seen: Pulling) -> None:
    deadline = run.target.environment.policies.deadlines.prefetch
    if run.target.ports.clock.monotonic() - puller.began <= deadline:
        return
    evidence = tuple(line for d in seen.diagnoses for line in (d.summary, *d.evidence)) or (seen.summary,)
    raise Refused(
        f"{puller.pull.node} has not pulled {', '.join(puller.pull.images)} within {deadline:g} s",
        where=str(puller.pull.workload),
        evidence=(*evidence, UNTOUCHED),
        action="look at the node's way to the registry; raise policies.deadlines.prefetch if it only is slow",
    )


def _cannot_pull(puller: _Puller, seen: Pulling) -> Refused:
    first = seen.diagnoses[0]
    return Refused(
        first.summary,
        where=f"{puller.pull.workload} on {puller.pull.node}",
        evidence=(*first.evidence, UNTOUCHED),
        action=first.action,
        incident=first.incident,
    )


def _insist_right_content(run: Run, puller: _Puller, reference: str, image_id: str) -> None:
    """An image under a tag that was moved may have been on the node already, and policy IfNotPresent keeps it."""
    facts, here = _facts(run, reference), image_id.rpartition("@")[2]
    if facts is None or "@" not in image_id or facts.answers(image_id):
        return
    raise Refused(
        f"{puller.pull.node} would run other content than the registry's under {reference}",
        where=f"{puller.pull.workload} on {puller.pull.node}",
        evidence=(f"the registry has {facts.digest}", f"the node has {here}", UNTOUCHED),
        action="release under a new version; or set imagePullPolicy: Always, for the tag was moved",
        incident="DEPLOY001",
    )


def _facts(run: Run, reference: str) -> ImageFacts | None:
    released = (s.service.name for s in run.plan.services if names_image(reference, s.image))
    return next((run.facts[name] for name in released if name in run.facts), None)


def _remove(run: Run, puller: _Puller) -> None:
    """One that stays ends by itself after its deadline, and the next release removes it."""
    with suppress(DeployError):
        run.target.ports.writer.delete_pod(puller.pod.ref.name, puller.uid)
