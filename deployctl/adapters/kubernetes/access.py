"""What we may do, as the API server says."""

from __future__ import annotations

from deployctl.adapters.kubernetes.connection import Connection, Request
from deployctl.adapters.kubernetes.failures import server_error
from deployctl.adapters.side_by_side import side_by_side
from deployctl.model.json import dig
from deployctl.ports import Permission

PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class KubernetesAccess:
    """The `Access` port: one SelfSubjectAccessReview a permission."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def denied(self, permissions: tuple[Permission, ...]) -> tuple[Permission, ...]:
        asked = tuple(dict.fromkeys(permissions))
        allowed = side_by_side(self._allowed, asked)
        return tuple(permission for permission, good in zip(asked, allowed, strict=True) if not good)

    def _allowed(self, permission: Permission) -> bool:
        resource, _, subresource = permission.resource.partition("/")
        attributes = {
            "verb": permission.verb,
            "group": permission.group,
            "resource": resource,
            "subresource": subresource,
            "namespace": permission.namespace,
        }
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        answer = self._connection.send(Request("POST", PATH, body=review, repeatable=True))
        if not answer.ok:
            raise server_error(self._connection.context, "POST", PATH, answer.status, answer.json())
        return dig(answer.json(), "status", "allowed") is True
