"""Who may do what: rules, bindings, tokens, reviews and the words of a refusal."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from served_api import JANE, MERGE, ServedApi, config_map, served_api

from deployctl.sandbox.api.auth.authentication import of_certificate
from deployctl.sandbox.api.auth.rbac import Action, allows
from deployctl.sandbox.api.writer import User
from deployctl.sandbox.pki import Authority

RBAC = "/apis/rbac.authorization.k8s.io/v1"
ALLOWED = 'RBAC: allowed by RoleBinding "view-binding/default" of ClusterRole "view" to User "jane"'
REVIEWS = "/apis/authorization.k8s.io/v1"


@pytest.mark.parametrize(
    ("rule", "action", "allowed"),
    [
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}, Action("get", "", "pods"), True),
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}, Action("list", "", "pods"), False),
        ({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, Action("get", "apps", "deployments", "scale"), True),
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}, Action("get", "", "pods", "log"), False),
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["pods/log"]}, Action("get", "", "pods", "log"), True),
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["*/log"]}, Action("get", "", "pods", "log"), True),
        ({"verbs": ["get"], "apiGroups": ["apps"], "resources": ["pods"]}, Action("get", "", "pods"), False),
        (
            {"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a"]},
            Action("get", "", "secrets", name="a"),
            True,
        ),
        (
            {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a"]},
            Action("list", "", "secrets"),
            False,
        ),
        ({"verbs": ["get"], "nonResourceURLs": ["/healthz", "/api/*"]}, Action("get", path="/api/v1"), True),
        ({"verbs": ["get"], "nonResourceURLs": ["/healthz"]}, Action("get", path="/metrics"), False),
    ],
)
def test_a_rule_covers_an_action(rule: dict[str, Any], action: Action, allowed: bool) -> None:
    assert allows(rule, action) is allowed


def test_a_client_certificate_names_user_and_groups() -> None:
    subject = ((("organizationName", "team"),), (("organizationName", "ops"),), (("commonName", "jane"),))
    assert of_certificate({"subject": subject}) == User("jane", ("team", "ops"))
    assert of_certificate({"subject": ()}) is None


def test_a_client_certificate_is_an_identity_on_the_wire(tmp_path: Path) -> None:
    with served_api(tmp_path) as served:
        pair = Authority.open(tmp_path).client("cora", ("system:masters",))
        (tmp_path / "client.pem").write_bytes(pair.certificate + pair.key)
        http = urllib3.PoolManager(ca_certs=str(tmp_path / "ca.crt"), cert_file=str(tmp_path / "client.pem"))
        assert http.request("GET", f"{served.url}/api/v1/nodes").status == 200
        assert [(r.user, r.status) for r in served.log] == [("cora", 200)]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ServedApi]:
    with served_api(tmp_path) as served:
        yield served


def bind(api: ServedApi, role: str, subject: dict[str, str], namespace: str = "default") -> None:
    group = "rbac.authorization.k8s.io"
    reference = {"apiGroup": group, "kind": "ClusterRole", "name": role}
    body = {"metadata": {"name": f"{role}-binding"}, "roleRef": reference, "subjects": [subject]}
    path = f"{RBAC}/namespaces/{namespace}/rolebindings" if namespace else f"{RBAC}/clusterrolebindings"
    assert api.call("POST", path, body).status == 201


@pytest.mark.parametrize(
    ("method", "path", "message"),
    [
        (
            "GET",
            "/api/v1/namespaces/default/pods",
            'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
        ),
        (
            "GET",
            "/apis/apps/v1/namespaces/default/deployments/d",
            'deployments.apps "d" is forbidden: User "jane" cannot get resource "deployments" in API group "apps" in '
            'the namespace "default"',
        ),
        (
            "GET",
            "/api/v1/nodes",
            'nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope',
        ),
        (
            "GET",
            "/api/v1/namespaces/default/pods/p/log",
            'pods "p" is forbidden: User "jane" cannot get resource "pods/log" in API group "" in the namespace '
            '"default"',
        ),
        (
            "GET",
            "/api/v1/namespaces/default/pods?watch=true",
            'pods is forbidden: User "jane" cannot watch resource "pods" in API group "" in the namespace "default"',
        ),
        (
            "DELETE",
            "/api/v1/namespaces/default/secrets",
            'secrets is forbidden: User "jane" cannot deletecollection resource "secrets" in API group "" in the '
            'namespace "default"',
        ),
        ("GET", "/metrics", 'forbidden: User "jane" cannot get path "/metrics"'),
    ],
)
def test_a_refusal_says_who_what_and_where(api: ServedApi, method: str, path: str, message: str) -> None:
    got = api.call(method, path, token=JANE)
    assert (got.status, got.body["reason"], got.body["message"]) == (403, "Forbidden", message)


def test_a_token_that_nobody_knows_is_unauthorized_and_none_is_anonymous(api: ServedApi) -> None:
    bad = api.call("GET", "/api/v1/pods", token="bad")
    assert (bad.status, bad.body["message"]) == (401, "Unauthorized")
    nobody = api.call("GET", "/api/v1/pods", token="").body["message"]
    assert nobody.startswith('pods is forbidden: User "system:anonymous" cannot list')
    assert api.call("GET", "/version", token="").status == 200


def test_a_binding_counts_at_once_and_for_its_namespace_only(api: ServedApi) -> None:
    bind(api, "view", {"kind": "User", "name": "jane"})
    seen = [
        api.call("GET", path, token=JANE).status
        for path in ("/api/v1/namespaces/default/pods", "/api/v1/namespaces/kube-system/pods", "/api/v1/pods")
    ]
    assert seen == [200, 403, 403]
    assert api.call("POST", "/api/v1/namespaces/default/configmaps", config_map("a"), token=JANE).status == 403


def test_a_group_may_be_bound_for_the_whole_cluster(api: ServedApi) -> None:
    bind(api, "edit", {"kind": "Group", "name": "team"}, namespace="")
    assert api.call("POST", "/api/v1/namespaces/default/configmaps", config_map("a"), token=JANE).status == 201
    assert api.call("GET", f"{RBAC}/clusterroles", token=JANE).status == 403


def test_a_binding_to_a_role_that_is_missing_is_mentioned(api: ServedApi) -> None:
    bind(api, "nothing", {"kind": "User", "name": "jane"})
    message = api.call("GET", "/api/v1/namespaces/default/pods", token=JANE).body["message"]
    assert message.endswith('"default": rbac: RBAC: clusterrole.rbac.authorization.k8s.io "nothing" not found')


def test_reviews_answer_what_a_request_would_meet(api: ServedApi) -> None:
    bind(api, "view", {"kind": "User", "name": "jane"})

    def may(verb: str, resource: str, token: str = JANE) -> bool:
        attributes = {"verb": verb, "resource": resource, "namespace": "default"}
        body = {"spec": {"resourceAttributes": attributes}}
        allowed: bool = api.call("POST", f"{REVIEWS}/selfsubjectaccessreviews", body, token=token).body["status"][
            "allowed"
        ]
        return allowed

    assert [may("list", "pods"), may("list", "secrets"), may("list", "secrets", "admin-token")] == [True, False, True]
    asked = {
        "spec": {"user": "jane", "resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "default"}}
    }
    assert api.call("POST", f"{REVIEWS}/subjectaccessreviews", asked).body["status"] == {
        "allowed": True,
        "reason": ALLOWED,
    }
    rules = api.call("POST", f"{REVIEWS}/selfsubjectrulesreviews", {"spec": {"namespace": "default"}}, token=JANE).body
    assert any("pods" in rule["resources"] and "list" in rule["verbs"] for rule in rules["status"]["resourceRules"])
    who = api.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, token=JANE).body["status"][
        "userInfo"
    ]
    assert who == {"username": "jane", "groups": ["team", "system:authenticated"]}


def test_a_service_accounts_token_is_its_identity_until_the_account_goes(api: ServedApi) -> None:
    accounts = "/api/v1/namespaces/default/serviceaccounts"
    api.call("POST", accounts, {"metadata": {"name": "ci"}})
    bind(api, "view", {"kind": "ServiceAccount", "name": "ci", "namespace": "default"})
    token = api.call("POST", f"{accounts}/ci/token", {"spec": {"expirationSeconds": 600}}).body["status"]["token"]
    assert api.call("GET", "/api/v1/namespaces/default/pods", token=token).status == 200
    refused = api.call("GET", "/api/v1/namespaces/default/secrets", token=token).body["message"]
    assert refused.startswith('secrets is forbidden: User "system:serviceaccount:default:ci" cannot list')
    api.call("DELETE", f"{accounts}/ci")
    assert api.call("GET", "/api/v1/namespaces/default/pods", token=token).status == 401


def test_a_secret_of_an_account_is_filled_with_a_token_that_works(api: ServedApi) -> None:
    annotations = {"kubernetes.io/service-account.name": "default"}
    body = {"metadata": {"name": "t", "annotations": annotations}, "type": "kubernetes.io/service-account-token"}
    api.call("POST", "/api/v1/namespaces/default/secrets", body)
    data = api.get("/api/v1/namespaces/default/secrets/t")["data"]
    token = base64.b64decode(data["token"]).decode()
    message = api.call("GET", "/api/v1/pods", token=token).body["message"]
    assert (sorted(data), "system:serviceaccount:default:default" in message) == (
        ["ca.crt", "namespace", "token"],
        True,
    )


def test_a_token_must_live_ten_minutes_at_least(api: ServedApi) -> None:
    got = api.call(
        "POST", "/api/v1/namespaces/default/serviceaccounts/default/token", {"spec": {"expirationSeconds": 5}}
    )
    assert (got.status, got.body["details"]["causes"][0]["field"]) == (422, "spec.expirationSeconds")


def test_a_list_of_one_name_may_be_allowed_by_that_name(api: ServedApi) -> None:
    rules = [
        {"verbs": ["get", "list", "watch"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["mine"]}
    ]
    api.call("POST", f"{RBAC}/namespaces/default/roles", {"metadata": {"name": "one"}, "rules": rules})
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "one"}
    subjects = [{"kind": "User", "name": "jane"}]
    binding = {"metadata": {"name": "one"}, "roleRef": reference, "subjects": subjects}
    api.call("POST", f"{RBAC}/namespaces/default/rolebindings", binding)
    maps = "/api/v1/namespaces/default/configmaps"
    seen = [
        api.call("GET", f"{maps}{query}", token=JANE).status
        for query in ("?fieldSelector=metadata.name=mine", "", "/mine")
    ]
    assert seen == [200, 403, 404]
    assert api.call("PATCH", f"{maps}/mine", {}, token=JANE, content_type=MERGE).status == 403
