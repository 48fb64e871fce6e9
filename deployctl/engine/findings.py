"""What the reading met, as findings of a plan."""

from __future__ import annotations

from deployctl.model.change import Finding
from deployctl.model.errors import Refused
from deployctl.model.manifest import Manifest
from deployctl.ports import ClusterRejected, Permission


def warning_of_kustomize(line: str) -> Finding:
    """A line on kustomize's stderr of a render that worked."""
    return Finding("kustomize", line)


def unserved_finding(manifest: Manifest) -> Finding:
    """A kind that the cluster does not know."""
    return Finding(
        "kind-unknown",
        f"the cluster does not serve {manifest.ref.api_version} {manifest.ref.kind}",
        str(manifest.ref),
        action="install the CRD that brings this kind, or take the object out of the overlay",
    )


def rejected_finding(rejected: ClusterRejected) -> Finding:
    """An object that the API server refused in the dry run."""
    problem = rejected.problem
    immutable = rejected.reason == "Immutable"
    action = problem.action or ("an immutable field changed: give the object a new name" if immutable else "")
    return Finding("immutable" if immutable else "rejected", problem.what, str(rejected.ref), problem.evidence, action)


def insist_readable(denied: tuple[Permission, ...]) -> None:
    """Raises Refused, naming all that is missing at once, when something cannot even be read."""
    if any(permission.verb in ("get", "list") for permission in denied):
        finding = denied_findings(denied)[0]
        raise Refused(finding.what, where=finding.where, evidence=finding.evidence, action=finding.action)


def unforeseen_finding(rejected: ClusterRejected) -> Finding:
    """An object whose dry run the cluster cannot make: an admission webhook takes no part in dry runs."""
    return Finding(
        "dry-run-unsupported",
        f"what applying {rejected.ref} would do could not be tried out",
        str(rejected.ref),
        rejected.problem.evidence,
    )


def denied_findings(denied: tuple[Permission, ...]) -> tuple[Finding, ...]:
    """All missing permissions as one finding, for they are mended in one place."""
    if not denied:
        return ()
    return (
        Finding(
            "forbidden",
            f"the cluster does not let us do {len(denied)} things that the release needs",
            denied[0].namespace,
            tuple(str(permission) for permission in denied),
            "grant them with a Role and RoleBinding; docs/operations.md has one that suffices",
        ),
    )
