"""Which backend a host and path lead to; pure functions over Ingress objects, as ingress-nginx reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from deployctl.sandbox.contracts import Object

CONTROLLER = "k8s.io/ingress-nginx"
ANNOTATION = "nginx.ingress.kubernetes.io/"
LEGACY_CLASS = "kubernetes.io/ingress.class"
DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
PathType = Literal["Exact", "Prefix", "ImplementationSpecific"]


@dataclass(frozen=True)
class Backend:
    """A port of a Service, by number or name."""

    namespace: str
    service: str
    port: int | str


@dataclass(frozen=True)
class Rule:
    """One path of one host; an empty host is every host."""

    host: str
    path: str
    type: PathType
    backend: Backend
    ingress: str
    redirect: bool
    rewrite: str = ""
    regex: bool = False

    def matches_path(self, path: str) -> bool:
        """Prefix goes by whole elements; ImplementationSpecific is NGINX's own prefix, or a regular expression."""
        if self.regex:
            return re.match(self.path, path, re.IGNORECASE) is not None
        if self.type == "Exact":
            return path == self.path
        if self.type == "Prefix":
            return self.path == "/" or path == self.path.rstrip("/") or path.startswith(self.path.rstrip("/") + "/")
        return path.startswith(self.path)

    def matches_host(self, host: str) -> bool:
        """A wildcard covers exactly one label."""
        if self.host.startswith("*."):
            label, dot, rest = host.partition(".")
            return bool(label and dot) and rest == self.host[2:]
        return not self.host or host == self.host

    def rewritten(self, path: str) -> str:
        """What the backend is asked for."""
        if not self.rewrite:
            return path
        if not self.regex:
            return self.rewrite
        match = re.match(self.path, path, re.IGNORECASE)
        groups = match.groups() if match else ()
        return re.sub(
            r"\$(\d)", lambda g: (groups[int(g[1]) - 1] or "") if int(g[1]) <= len(groups) else "", self.rewrite
        )


def served(ingresses: Iterable[Object], classes: Iterable[Object]) -> list[Object]:
    """Those that this controller takes: of a class that exists and names it; without one, of the default class."""
    mine = {c["metadata"]["name"]: c for c in classes if (c.get("spec") or {}).get("controller") == CONTROLLER}
    default = any((c["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true" for c in mine.values())
    return [ingress for ingress in ingresses if _is_served(ingress, set(mine), default)]


def _is_served(ingress: Object, classes: set[str], default: bool) -> bool:
    annotations = ingress["metadata"].get("annotations") or {}
    name = (ingress.get("spec") or {}).get("ingressClassName") or annotations.get(LEGACY_CLASS)
    return name in classes if name else default


def rules_of(ingress: Object) -> list[Rule]:
    """Every path of an Ingress, its default backend as a rule for every host."""
    spec = ingress.get("spec") or {}
    found = []
    for rule in spec.get("rules") or []:
        for path in (rule.get("http") or {}).get("paths") or []:
            found.append(_rule(ingress, str(rule.get("host", "")), path))
    if spec.get("defaultBackend"):
        found.append(_rule(ingress, "", {"path": "/", "pathType": "Prefix", "backend": spec["defaultBackend"]}))
    return [rule for rule in found if rule is not None]


def _rule(ingress: Object, host: str, path: dict[str, Any]) -> Rule | None:
    service = (path.get("backend") or {}).get("service")
    if not service:
        return None
    metadata = ingress["metadata"]
    annotations = metadata.get("annotations") or {}
    port = service.get("port") or {}
    rewrite = annotations.get(f"{ANNOTATION}rewrite-target", "")
    return Rule(
        host=host,
        path=path.get("path") or "/",
        type=path.get("pathType", "ImplementationSpecific"),
        backend=Backend(
            metadata.get("namespace", "default"), service["name"], port.get("number") or port.get("name", "")
        ),
        ingress=metadata["name"],
        redirect=_redirects(ingress, host),
        rewrite=rewrite,
        regex=annotations.get(f"{ANNOTATION}use-regex") == "true"
        or ("(" in (path.get("path") or "") and bool(rewrite)),
    )


def _redirects(ingress: Object, host: str) -> bool:
    """http goes to https where TLS covers the host, unless switched off; always when forced."""
    annotations = ingress["metadata"].get("annotations") or {}
    if annotations.get(f"{ANNOTATION}force-ssl-redirect") == "true":
        return True
    covered = any(covers(str(name), host) for entry in tls_of(ingress) for name in entry.get("hosts") or [])
    return covered and annotations.get(f"{ANNOTATION}ssl-redirect", "true") != "false"


def tls_of(ingress: Object) -> list[dict[str, Any]]:
    """The `tls` entries."""
    return list((ingress.get("spec") or {}).get("tls") or [])


def covers(pattern: str, host: str) -> bool:
    """Whether a certificate's or TLS entry's name covers the host."""
    if pattern.startswith("*."):
        return host.partition(".")[2] == pattern[2:]
    return pattern == host


def route(rules: Iterable[Rule], host: str, path: str) -> Rule | None:
    """The most specific rule: exact host before wildcard before any, exact path first, then the longest."""
    fitting = [rule for rule in rules if rule.matches_host(host) and rule.matches_path(path)]
    return max(fitting, key=_weight, default=None)


def _weight(rule: Rule) -> tuple[int, bool, int]:
    specific = 2 if rule.host and not rule.host.startswith("*") else 1 if rule.host else 0
    return specific, rule.type == "Exact", len(rule.path)
