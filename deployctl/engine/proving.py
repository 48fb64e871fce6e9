"""What the proofs need beside the cluster: the registry's word on the pods' own pull secrets, and what answers now."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

from deployctl.engine.target import Target
from deployctl.model.image import Image
from deployctl.model.manifest import Manifest
from deployctl.model.pull_access import PullAccess
from deployctl.model.rules.health import Verdict, judge_health
from deployctl.model.service import Service, WorkloadRef
from deployctl.model.snapshot import ServiceFacts
from deployctl.model.survey import Survey
from deployctl.planning.proofs.scope import pull_secrets, users_of

PATIENCE = 3.0
"""Seconds that a plan waits for health answers once everything else is known: refusals shall come within five."""


def pull_access(
    target: Target, services: tuple[ServiceFacts, ...], manifests: tuple[Manifest, ...], survey: Survey
) -> tuple[PullAccess, ...]:
    """One answer for each workload that will run a requested image; each set of pull secrets is tried once."""
    wanted = [
        (facts.image, ref, pull_secrets(spec, survey, manifests))
        for facts in services
        for ref, spec in users_of(manifests, facts.image)
    ]
    with ThreadPoolExecutor(max_workers=4) as pool:
        asked = {
            (image, names): pool.submit(_asked, target, image, ref, names, manifests, survey)
            for image, ref, names in reversed(wanted)
        }
        return tuple(_for(ref, asked[image, names].result()) for image, ref, names in wanted)


def _for(workload: WorkloadRef, one: PullAccess) -> PullAccess:
    return PullAccess(workload, one.image, one.secrets, one.answer, one.evidence)


def _asked(
    target: Target,
    image: Image,
    workload: WorkloadRef,
    names: tuple[str, ...],
    manifests: tuple[Manifest, ...],
    survey: Survey,
) -> PullAccess:
    unread = tuple(kind for kind in ("Secret", "ServiceAccount") if not survey.may_read(kind))
    if unread:
        return PullAccess(workload, image, names, "unknown", tuple(f"{kind}s may not be read" for kind in unread))
    brought = tuple(m for m in manifests if m.is_secret)
    return target.ports.pull_check.check(image, workload, names, brought)


Answers = Mapping[str, Future[Verdict]]


def ask_health(target: Target, services: tuple[Service, ...]) -> Answers:
    """One GET for each service with a health check, in the background: any version is well now."""
    url = target.environment.url.rstrip("/")
    return {s.name: _asking(target, s, url + s.health.path) for s in services if s.health and url}


def _asking(target: Target, service: Service, url: str) -> Future[Verdict]:
    answer: Future[Verdict] = Future()
    check = service.health
    assert check is not None, "only a service with a health check is asked"

    def ask() -> None:
        try:
            answer.set_result(judge_health(target.ports.probe.get(url), check, ""))
        except BaseException as error:  # noqa: BLE001 - handed to whoever asks for the result
            answer.set_exception(error)

    threading.Thread(target=ask, name="health", daemon=True).start()
    return answer


def answered(answers: Answers) -> Mapping[str, Verdict]:
    """What came in time; an answer that takes longer than a plan may is none."""
    return {name: _answered(answer) for name, answer in answers.items()}


def _answered(answer: Future[Verdict]) -> Verdict:
    try:
        return answer.result(timeout=PATIENCE)
    except NotYet:
        return Verdict(good=False, detail=f"no answer within {PATIENCE:g} s")
