"""Reviews: objects that are questions about who may do what; answered, never stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployctl.sandbox.api.auth.rbac import Action, Decision
from deployctl.sandbox.api.errors import Resource, bad_request, invalid
from deployctl.sandbox.api.http import options
from deployctl.sandbox.api.http.call import Call, Reply
from deployctl.sandbox.api.http.codec import decoded
from deployctl.sandbox.api.rules import Kind, track_update
from deployctl.sandbox.api.strategy import timestamp
from deployctl.sandbox.api.writer import User
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause

if TYPE_CHECKING:
    from deployctl.sandbox.api.server import ApiServer

KINDS = frozenset(
    {
        "SelfSubjectAccessReview",
        "SelfSubjectRulesReview",
        "SubjectAccessReview",
        "LocalSubjectAccessReview",
        "SelfSubjectReview",
        "TokenReview",
    }
)


def review(server: ApiServer, kind: Kind, call: Call) -> Reply:
    """Raises ApiError 400 or 422 for a question that is none."""
    body = decoded(call)
    spec: dict[str, Any] = body.get("spec") or {}
    answered = {
        "SelfSubjectAccessReview": _access,
        "SubjectAccessReview": _access,
        "LocalSubjectAccessReview": _access,
        "SelfSubjectRulesReview": _rules,
        "SelfSubjectReview": _self,
        "TokenReview": _token,
    }[kind.kind](server, kind, call, spec)
    asked: Object = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": body.get("metadata") or {}}
    now = server.cluster.clock.now()
    tracked = track_update(kind, None, {**asked, "spec": spec}, manager=options.writer(call).manager, now=now)
    metadata = tracked["metadata"] if spec else {"creationTimestamp": timestamp(now)}
    if kind.kind == "SelfSubjectRulesReview":
        metadata = asked["metadata"]  # the server answers with an object of its own
    return Reply.of({**asked, "metadata": metadata, **answered}, 201)


def _access(server: ApiServer, kind: Kind, call: Call, spec: dict[str, Any]) -> Object:
    decision = _decide(server, _user(kind, call, spec), _action(kind, call, spec))
    status: dict[str, Any] = {"allowed": decision.allowed}
    if decision.why:
        status["reason"] = decision.why
    return {"spec": spec, "status": status}


def _decide(server: ApiServer, user: User, action: Action) -> Decision:
    return server.rbac.decide(user, action)


def _user(kind: Kind, call: Call, spec: dict[str, Any]) -> User:
    if kind.kind.startswith("Self"):
        return call.user
    if not spec.get("user") and not spec.get("groups"):
        cause = Cause(
            "FieldValueInvalid", 'Invalid value: "": at least one of user or group must be specified', "spec.user"
        )
        raise invalid(Resource(kind.group, kind.plural, ""), "", [cause])
    return User(spec.get("user", ""), tuple(spec.get("groups") or ()), spec.get("uid", ""))


def _action(kind: Kind, call: Call, spec: dict[str, Any]) -> Action:
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if (resource is None) == (path is None):
        text = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        cause = Cause("FieldValueInvalid", f"Invalid value: null: {text}", "spec")
        raise invalid(Resource(kind.group, kind.plural, ""), "", [cause])
    if path is not None:
        return Action(path.get("verb", ""), path=path.get("path", ""))
    assert resource is not None
    namespace = resource.get("namespace", "")
    if kind.kind == "LocalSubjectAccessReview" and namespace != call.info.namespace:
        raise bad_request(f"spec.resourceAttributes.namespace must match namespace: {call.info.namespace}")
    return Action(
        resource.get("verb", ""), resource.get("group", ""), resource.get("resource", ""),
        resource.get("subresource", ""), namespace, resource.get("name", ""),
    )  # fmt: skip


def _rules(server: ApiServer, _kind: Kind, call: Call, spec: dict[str, Any]) -> Object:
    namespace = spec.get("namespace", "")
    if not namespace:
        raise bad_request("no namespace on request")
    rules = server.rbac.rules(call.user, namespace)
    resources = [
        {key: rule[key] for key in ("verbs", "apiGroups", "resources", "resourceNames") if rule.get(key)}
        for rule in rules
        if rule.get("resources")
    ]
    paths = [
        {"verbs": rule["verbs"], "nonResourceURLs": rule["nonResourceURLs"]}
        for rule in rules
        if rule.get("nonResourceURLs")
    ]
    status = {"resourceRules": resources, "nonResourceRules": paths, "incomplete": False}
    return {"spec": {}, "status": status}


def _self(_server: ApiServer, _kind: Kind, call: Call, _spec: dict[str, Any]) -> Object:
    return {"status": {"userInfo": _info(call.user)}}


def _token(server: ApiServer, _kind: Kind, _call: Call, spec: dict[str, Any]) -> Object:
    user = server.authenticator.of_token(spec.get("token", ""))
    if user is None:
        return {"spec": spec, "status": {"user": {}, "error": "invalid bearer token"}}
    audiences = spec.get("audiences") or ["https://kubernetes.default.svc.cluster.local"]
    return {"spec": spec, "status": {"authenticated": True, "user": _info(user), "audiences": audiences}}


def _info(user: User) -> Object:
    info: Object = {"username": user.name}
    if user.uid:
        info["uid"] = user.uid
    return {**info, "groups": list(user.groups)}
