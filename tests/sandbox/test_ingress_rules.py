"""Which Ingress path wins, as ingress-nginx decides it."""

from __future__ import annotations

from typing import Any

import pytest

from deployctl.sandbox.ingress.rules import Rule, route, rules_of, served


def ingress(*paths: tuple[str, str, str, str], **more: Any) -> dict[str, Any]:
    """Paths as (host, path, type, service)."""
    rules = [
        {
            "host": host,
            "http": {
                "paths": [
                    {"path": path, "pathType": kind, "backend": {"service": {"name": service, "port": {"number": 80}}}}
                ]
            },
        }
        for host, path, kind, service in paths
    ]
    metadata = {"name": "i", "namespace": "n", "annotations": more.pop("annotations", {})}
    return {"metadata": metadata, "spec": {"ingressClassName": "nginx", "rules": rules, **more}}


def chosen(rules: list[Rule], host: str, path: str) -> str | None:
    rule = route(rules, host, path)
    return rule.backend.service if rule else None


RULES = rules_of(
    ingress(
        ("a.example.com", "/", "Prefix", "root"),
        ("a.example.com", "/api", "Prefix", "api"),
        ("a.example.com", "/api/v2/", "Prefix", "v2"),
        ("a.example.com", "/api/health", "Exact", "health"),
        ("a.example.com", "/img", "ImplementationSpecific", "images"),
        ("*.example.com", "/", "Prefix", "wildcard"),
        ("", "/shared", "Prefix", "shared"),
    )
)


@pytest.mark.parametrize(
    ("host", "path", "service"),
    [
        ("a.example.com", "/", "root"),
        ("a.example.com", "/apis", "root"),
        ("a.example.com", "/api", "api"),
        ("a.example.com", "/api/", "api"),
        ("a.example.com", "/api/v2", "v2"),
        ("a.example.com", "/api/v2/x", "v2"),
        ("a.example.com", "/api/v20", "api"),
        ("a.example.com", "/api/health", "health"),
        ("a.example.com", "/api/health/", "api"),
        ("a.example.com", "/imgs", "images"),
        ("b.example.com", "/api", "wildcard"),
        ("x.b.example.com", "/", None),
        ("example.com", "/", None),
        ("other.org", "/shared/x", "shared"),
        ("other.org", "/", None),
    ],
)
def test_host_before_wildcard_exact_before_prefix_longest_first(host: str, path: str, service: str | None) -> None:
    assert chosen(RULES, host, path) == service


def test_a_default_backend_takes_what_nothing_else_does() -> None:
    backend = {"service": {"name": "fallback", "port": {"name": "http"}}}
    rules = rules_of(ingress(("a.example.com", "/", "Prefix", "root"), defaultBackend=backend))
    assert [chosen(rules, host, "/x") for host in ("a.example.com", "b.example.com")] == ["root", "fallback"]


def test_rewriting_with_groups() -> None:
    annotations = {"nginx.ingress.kubernetes.io/rewrite-target": "/$2"}
    (rule,) = rules_of(ingress(("h", "/app(/|$)(.*)", "ImplementationSpecific", "s"), annotations=annotations))
    found = [rule.rewritten(path) for path in ("/app/x/y", "/app", "/app/")]
    assert (found, rule.matches_path("/apple")) == (["/x/y", "/", "/"], False)


CLASS = {"metadata": {"name": "nginx"}, "spec": {"controller": "k8s.io/ingress-nginx"}}
DEFAULT = {
    "metadata": {"name": "nginx", "annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}},
    "spec": {"controller": "k8s.io/ingress-nginx"},
}
FOREIGN = {"metadata": {"name": "nginx"}, "spec": {"controller": "example.com/other"}}


@pytest.mark.parametrize(
    ("given", "annotation", "classes", "is_served"),
    [
        ("nginx", None, [CLASS], True),
        ("ngnix", None, [CLASS], False),
        ("nginx", None, [], False),
        ("nginx", None, [FOREIGN], False),
        (None, "nginx", [CLASS], True),
        (None, None, [CLASS], False),
        (None, None, [DEFAULT], True),
    ],
)
def test_an_ingress_is_served_only_by_a_class_that_exists(
    given: str | None, annotation: str | None, classes: list[dict[str, Any]], is_served: bool
) -> None:
    body = ingress()
    body["spec"]["ingressClassName"] = given
    if annotation:
        body["metadata"]["annotations"]["kubernetes.io/ingress.class"] = annotation
    assert bool(served([body], classes)) == is_served


TLS = [{"hosts": ["h"], "secretName": "s"}]


@pytest.mark.parametrize(
    ("tls", "annotations", "redirects"),
    [
        ([], {}, False),
        (TLS, {}, True),
        (TLS, {"nginx.ingress.kubernetes.io/ssl-redirect": "false"}, False),
        ([], {"nginx.ingress.kubernetes.io/force-ssl-redirect": "true"}, True),
        ([{"hosts": ["other"]}], {}, False),
    ],
)
def test_when_http_is_sent_to_https(tls: list[dict[str, Any]], annotations: dict[str, str], redirects: bool) -> None:
    (rule,) = rules_of(ingress(("h", "/", "Prefix", "s"), tls=tls, annotations=annotations))
    assert rule.redirect == redirects
