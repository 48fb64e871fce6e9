"""Aggregated ClusterRoles: admin, edit, view and everybody's own collect the rules of labelled roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.api.reading import labels
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.store import clone

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

RESOURCE = "clusterroles.rbac.authorization.k8s.io"


def aggregate(cluster: Cluster) -> None:
    """Bring every aggregated role up to date; one whose rules are right already is not written."""
    roles = [entry.object for entry in cluster.store.entries(RESOURCE)]
    for role in roles:
        if role.get("aggregationRule") and role.get("rules") != (rules := collected(role, roles)):
            updated: Object = clone(role)
            updated["rules"] = rules
            cluster.update(RESOURCE, updated, manager="clusterrole-aggregation-controller")


def collected(role: Object, roles: list[Object]) -> list[Object]:
    """The rules of every role that one of the selectors matches, in order of their names, each once."""
    found: list[Object] = []
    for selector in role["aggregationRule"].get("clusterRoleSelectors") or []:
        wanted = labels.from_object(selector)
        for other in roles:
            if other is not role and labels.matches(wanted, other["metadata"].get("labels")):
                found += [rule for rule in other.get("rules") or [] if rule not in found]
    return found
