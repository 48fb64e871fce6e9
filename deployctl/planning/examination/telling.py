"""Findings as diagnoses, and several that have one root as one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from deployctl.model.change import Finding
from deployctl.model.diagnosis import Diagnosis, Severity

LISTED = 6
"""Objects of one cause that are named; the others are counted."""


def as_diagnosis(finding: Finding, severity: Severity, namespace: str) -> Diagnosis:
    """A finding of the proofs in the shape of a diagnosis, its command in the namespace."""
    action = finding.action
    if finding.incident == "ARCH001" and f"-n {namespace}" not in action:
        action = action.replace("kubectl ", f"kubectl -n {namespace} ")
    return Diagnosis(
        finding.id, severity, finding.what, finding.where, finding.evidence, action, finding.incident, None
    )


def owner(where: str) -> str:
    """`deployment/backend` of `deployment/backend: spec.template.spec…`."""
    return where.partition(":")[0]


def grouped(found: Iterable[Diagnosis]) -> tuple[Diagnosis, ...]:
    """One for each root: a Secret that is gone is named by many. The first stands for them, the others are listed."""
    groups: dict[tuple[str, str, str], list[Diagnosis]] = {}
    for one in found:
        root = one.action if one.incident == "ARCH001" else one.summary
        groups.setdefault((one.cause, one.severity, root), []).append(one)
    return tuple(_together(group) for group in groups.values())


def _together(group: list[Diagnosis]) -> Diagnosis:
    first, *others = group
    if not others:
        return first
    return replace(first, evidence=(*first.evidence, f"the same: {_listed([owner(d.object) for d in others])}"))


def _listed(names: list[str]) -> str:
    once = list(dict.fromkeys(names))
    more = f", and {len(once) - LISTED} more" if len(once) > LISTED else ""
    return ", ".join(once[:LISTED]) + more


def folded(
    signs: tuple[tuple[str, Diagnosis], ...], latent: tuple[Diagnosis, ...]
) -> tuple[tuple[Diagnosis, ...], tuple[Diagnosis, ...]]:
    """Signs (workload, what its pods show), and what would keep pods from starting. Where both are of one incident, the
    proof says more exactly what the sign has shown: it becomes the sign's evidence, and its action is the better one.
    Returns the signs, and what is left of the others."""
    left = list(latent)
    told: list[Diagnosis] = []
    for workload, sign in signs:
        mine = [d for d in left if _explains(d, workload, sign)]
        left = [d for d in left if d not in mine]
        proof = tuple(line for d in mine for line in (f"asked again: {d.summary} ({d.object})", *d.evidence))
        action = next((d.action for d in mine if d.action), sign.action)
        told.append(replace(sign, evidence=(*sign.evidence, *proof), action=action))
    return tuple(told), tuple(left)


def _explains(proof: Diagnosis, workload: str, sign: Diagnosis) -> bool:
    if sign.severity == "note" or not sign.incident or proof.incident != sign.incident:
        return False
    concerned = f"{proof.object} {' '.join(line for line in proof.evidence if line.startswith('the same: '))}"
    return workload in concerned or (proof.cause == sign.cause and proof.summary == sign.summary)
