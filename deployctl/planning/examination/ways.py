"""The way from users to pods (INGRESS001): hosts, selectors, endpoints, ports; and what answers at its end."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.examination import Present
from deployctl.model.json import Json, dig, items, mapping, text
from deployctl.model.manifest import Manifest
from deployctl.model.workload import Workload
from deployctl.planning.examination.look import looked_at

INCIDENT = "INGRESS001"


def ways(present: Present) -> tuple[Diagnosis, ...]:
    """What the references' proof does not see: they are judged on names, these on what is behind them."""
    return (*_hosts(present), *_untaken(present), *_endpoints(present))


def _hosts(present: Present) -> Iterator[Diagnosis]:
    """The environment's host must be a rule of some ingress."""
    environment = present.snapshot.environment
    host = urlsplit(environment.url).hostname or ""
    rules = [(m, text(r, "host")) for m in present.outside.ingresses for r in items(m.body, "spec", "rules")]
    if not host or not rules or any(_serves(rule, host) for _, rule in rules):
        return
    listed = ", ".join(sorted({rule for _, rule in rules}))
    yield Diagnosis(
        "host-not-routed",
        "fatal",
        f"no ingress has a rule for {host}",
        str(rules[0][0].ref),
        (f"hosts of the namespace's ingresses: {listed}",),
        f"correct the host: kubectl -n {environment.namespace} edit {rules[0][0].ref}",
        INCIDENT,
    )


def _serves(rule: str, host: str) -> bool:
    return not rule or rule == host or (rule.startswith("*.") and host.partition(".")[2] == rule[2:])


def _untaken(present: Present) -> Iterator[Diagnosis]:
    """A controller writes its address into the ingresses that it serves."""
    classes = {name for kind, name in present.snapshot.survey.inventory.keys if kind == "IngressClass"}
    for ingress in present.outside.ingresses:
        name = text(ingress.body, "spec", "ingressClassName")
        if name in classes and not items(ingress.body, "status", "loadBalancer", "ingress"):
            what = f"no controller has given {ingress.ref} an address: is the one of class {name} running?"
            action = f"kubectl get ingressclass {name} -o yaml; look for its controller's pods"
            yield Diagnosis("ingress-not-taken", "note", what, str(ingress.ref), (), action, INCIDENT)


def _endpoints(present: Present) -> Iterator[Diagnosis]:
    """Every Service that an ingress names: its selector finds pods, and its named ports are theirs."""
    namespace = present.snapshot.environment.namespace
    services = {m.ref.name: m for m in present.snapshot.survey.services}
    for name in dict.fromkeys(_backends(present.outside.ingresses)):
        service = services.get(name)
        selector = mapping(service.body, "spec", "selector") if service else {}
        if service is None or not selector:
            continue
        behind = tuple(w for w in present.snapshot.world.workloads if _selects(selector, w))
        chosen = [p for p in present.snapshot.world.pods if _matches(selector, p.labels) and not p.ended]
        if not chosen and not any(w.replicas == 0 for w in behind):
            shown = ",".join(f"{k}={v}" for k, v in selector.items())
            yield Diagnosis(
                "service-without-pods",
                "fatal",
                f"the selector of service {name} matches no pod",
                f"service/{name}",
                (f"selector: {shown}", *_slices(present, name)),
                f"kubectl -n {namespace} get pods -l {shown}; correct the selector or the pods' labels",
                INCIDENT,
            )
        yield from _ports(service, behind, namespace)


def _backends(ingresses: tuple[Manifest, ...]) -> Iterator[str]:
    for ingress in ingresses:
        yield text(ingress.body, "spec", "defaultBackend", "service", "name")
        for rule in items(ingress.body, "spec", "rules"):
            for path in items(rule, "http", "paths"):
                yield text(path, "backend", "service", "name")


def _selects(selector: Json, workload: Workload) -> bool:
    return _matches(selector, mapping(workload.template, "metadata", "labels"))


def _matches(selector: Json, labels: Json) -> bool:
    return all(labels.get(key) == value for key, value in selector.items())


def _slices(present: Present, service: str) -> Iterator[str]:
    for one in present.outside.endpoints:
        if text(one.body, "metadata", "labels", "kubernetes.io/service-name") == service:
            ready = sum(1 for e in items(one.body, "endpoints") if dig(e, "conditions", "ready") is not False)
            yield f"endpointslice/{one.ref.name}: {ready} ready endpoints"


def _ports(service: Manifest, behind: tuple[Workload, ...], namespace: str) -> Iterator[Diagnosis]:
    """A port that is given by name must be the name of a container's port."""
    for port in items(service.body, "spec", "ports"):
        target = port.get("targetPort")
        if not isinstance(target, str) or target.isdigit() or not behind:
            continue
        names = {text(p, "name") for w in behind for c in items(w.template, "spec", "containers")
                 for p in items(c, "ports")}  # fmt: skip
        if target not in names:
            where = f"service/{service.ref.name}"
            what = f"{where} sends to the port named {target}, which no container of its pods has"
            action = f"kubectl -n {namespace} edit {where}: targetPort"
            evidence = (f"containers' ports: {', '.join(sorted(names - {''})) or 'none is named'}",)
            yield Diagnosis("target-port-missing", "fatal", what, where, evidence, action, INCIDENT)


def answers(present: Present) -> Iterator[Diagnosis]:
    """Health URLs that are not answered as they should be."""
    live = {w.ref for w in looked_at(present)}
    url = present.snapshot.environment.url.rstrip("/")
    for service in present.services:
        verdict = present.snapshot.health.get(service.name)
        if verdict is None or verdict.good or service.health is None or not live & set(service.workloads):
            continue
        yield Diagnosis(
            "unhealthy",
            "fatal",
            f"{service.name} does not answer as it should: {verdict.detail}",
            f"GET {url}{service.health.path}",
            (),
            f"curl -sv --noproxy '*' {url}{service.health.path}",
            verdict.incident,
        )
