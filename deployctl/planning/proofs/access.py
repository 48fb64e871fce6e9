"""The nodes may pull: by what the registry said to the pods' own pull secrets (ARCH001)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from deployctl.model.change import Finding
from deployctl.model.image import host_of
from deployctl.model.proven import Proven
from deployctl.model.pull_access import Answer, PullAccess
from deployctl.model.rules.pull_errors import RENEW_COMMAND
from deployctl.planning.proofs.proof import Proof, together
from deployctl.planning.proofs.scope import Scope
from deployctl.planning.transitions import live_workload

INCIDENT = "ARCH001"
WORDS: dict[Answer, tuple[str, str, str]] = {
    "missing": (
        "pull-secret-absent",
        "{host} wants credentials, and the pull secret {secrets} of {workload} does not exist",
        "create it: {renew}",
    ),
    "not-referenced": (
        "pull-secret-missing",
        "{host} wants credentials, and {workload} names no pull secret",
        "name one in imagePullSecrets of its template or of its service account",
    ),
    "other-host": (
        "pull-secret-other-host",
        "the pull secret {secrets} of {workload} has no login for {host}",
        "renew it for this host: {renew}",
    ),
    "wrong": (
        "pull-credentials-wrong",
        "{host} refuses the user or password of the pull secret {secrets}",
        "renew it: {renew}",
    ),
    "expired": (
        "pull-credentials-expired",
        "the password in the pull secret {secrets} has expired",
        "renew it, with a password that lasts (a token or a service principal): {renew}",
    ),
    "forbidden": (
        "pull-forbidden",
        "{host} knows the user of the pull secret {secrets}, who may not read {repository}",
        "give the user the right to pull it (AcrPull, or a scope map), or check the repository's name",
    ),
    "unknown": (
        "pull-unproven",
        "could not prove that the nodes may pull {image}",
        "",
    ),
}
"""Finding id, what, action."""


def access(scope: Scope) -> Proof:
    """Refused where new pods will have to pull; a workload that stays as it is only gets a warning."""
    bad = together(_of(scope, one) for one in scope.snapshot.access if not one.good)
    return replace(bad, holds=tuple(_opened(scope.snapshot.access)))


def _opened(access: tuple[PullAccess, ...]) -> Iterator[Proven]:
    """One for each set of pull secrets and repository, with the workloads that bring it."""
    good = [one for one in access if one.good]
    for image, answer, secrets in dict.fromkeys((one.image, one.answer, one.secrets) for one in good):
        users = tuple(str(o.workload) for o in good if (o.image, o.answer, o.secrets) == (image, answer, secrets))
        who = ", ".join(secrets) if answer == "opens" else "nobody's password"
        yield Proven("pull", f"{who} opens {image.repository}", users)


def _of(scope: Scope, one: PullAccess) -> Proof:
    finding = told(one, scope.snapshot.environment.namespace)
    coming = any(move.workload == one.workload for move in scope.fresh)
    doubtful = one.answer == "unknown" or (one.answer == "forbidden" and _to_be_built(scope, one))
    if not coming or doubtful or _nodes_log_in_themselves(scope, one):
        return Proof(warnings=(finding,))
    return Proof((finding,))


def told(one: PullAccess, namespace: str) -> Finding:
    """An answer in words; its command is for the namespace."""
    renew = RENEW_COMMAND.replace("kubectl ", f"kubectl -n {namespace} ")
    values = {
        "host": one.image.host,
        "image": str(one.image),
        "repository": one.image.repository,
        "workload": str(one.workload),
        "secrets": ", ".join(one.secrets),
        "renew": renew.replace("{host}", one.image.host).replace("NAME", (*one.secrets, "NAME")[0], 1),
    }
    name, what, action = WORDS[one.answer]
    where = f"{one.workload}: imagePullSecrets"
    return Finding(name, what.format(**values), where, one.evidence, action.format(**values), INCIDENT)


def _to_be_built(scope: Scope, one: PullAccess) -> bool:
    """A repository that does not exist yet is refused in the same words as one that we may not read."""
    return any(facts.image == one.image and facts.found is None for facts in scope.snapshot.services)


def _nodes_log_in_themselves(scope: Scope, one: PullAccess) -> bool:
    """Some clouds' nodes bring credentials of their own: then pods of the same registry run without any pull secret."""
    live = live_workload(scope.snapshot.world, one.workload)
    if one.answer != "not-referenced" or live is None:
        return False
    bare = not live.template.get("spec", {}).get("imagePullSecrets")
    serving = any(pod.ready and any(host_of(c.image) == one.image.host for c in pod.containers)
                  for pod in scope.snapshot.world.pods)  # fmt: skip
    return bare and serving
