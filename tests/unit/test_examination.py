"""What one look at a small world finds: causes, how bad they are, and what is well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import quick_yaml
from recorded import recorded
from worlds import HOST, NEW, NOW, OLD, OTHER, REPOSITORY, Case, backend, read

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.examination import Examination, Present, Trial
from deployctl.model.image import Image, ImageFacts
from deployctl.model.manifest import Manifest, manifest
from deployctl.model.outside import Outside
from deployctl.model.pod import Event, Running, Terminated
from deployctl.model.reference import Inventory
from deployctl.model.rollout import World
from deployctl.model.rules.health import Verdict
from deployctl.model.service import WorkloadRef
from deployctl.model.survey import Survey
from deployctl.planning.examination import examine
from deployctl.planning.examination.telling import folded, grouped

INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: prod}
spec:
  ingressClassName: nginx
  rules:
  - host: %(host)s
    http: {paths: [{path: /, backend: {service: {name: backend, port: {number: %(port)s}}}}]}
status: {loadBalancer: {ingress: [{ip: 203.0.113.1}]}}
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: backend, namespace: prod}
spec: {selector: {app: %(app)s}, ports: [{port: 80, targetPort: %(target)s}]}
"""
CERTIFICATE = """
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: shop-tls, namespace: prod, creationTimestamp: "%(created)s"}
spec: {secretName: shop-tls, issuerRef: {kind: ClusterIssuer, name: letsencrypt}}
status: {conditions: [{type: Ready, status: "%(ready)s", reason: DoesNotExist, message: Issuing certificate}]}
"""
NAMES: Mapping[tuple[str, str], frozenset[str]] = {
    ("IngressClass", "nginx"): frozenset(),
    ("Service", "backend"): frozenset(),
}


def body(text: str, **values: object) -> Manifest:
    return manifest(quick_yaml.document(text % values))


def present(
    case: Case | None = None,
    *,
    host: str = "example.com",
    port: int = 80,
    app: str = "backend",
    target: object = 8000,
    names: Mapping[tuple[str, str], frozenset[str]] = NAMES,
    outside: Outside | None = None,
    **changes: Any,
) -> Present:
    """A backend at 0.8.7 that is well, behind an ingress that leads to it."""
    case = case or Case(wanted_tag="prod-v0.8.7", registry_digest=OLD)
    service = body(SERVICE, app=app, target=target)
    snapshot = replace(case.snapshot(), survey=Survey(Inventory(names), services=(service,)))
    reference = f"{REPOSITORY}:prod-v0.8.7"
    known = ImageFacts(Image(HOST, "klinecubic/backend", "prod-v0.8.7", OLD), 0)
    base = Present(
        services=(case.service(),),
        project=(case.service(),),
        everything=True,
        namespace_exists=True,
        snapshot=snapshot,
        outside=outside or Outside(ingresses=(body(INGRESS, host=host, port=port),)),
        registry={reference: known},
        trial=Trial("trial", (backend("trial"),)),
    )
    return replace(base, **changes)


def wrong(found: Examination) -> list[tuple[str, str]]:
    return [(d.cause, d.incident) for d in found.wrong]


def test_a_world_that_is_well_has_nothing_wrong() -> None:
    found = examine(present())
    assert (wrong(found), [d.cause for d in found.diagnoses if d.severity == "fatal"]) == ([], [])
    assert [(str(r.workload), r.phase) for r in found.rollouts] == [("deployment/backend", "done")]


def test_a_release_that_is_running_is_only_noted() -> None:
    found = examine(present(releasing="me is at: apply"))
    assert (wrong(found), [d.cause for d in found.diagnoses]) == ([], ["release-running"])


@pytest.mark.parametrize(
    ("world", "cause"),
    [
        (present(host="other.example.com"), ("host-not-routed", "INGRESS001")),
        (present(port=8080), ("service-port-missing", "INGRESS001")),
        (present(app="other"), ("service-without-pods", "INGRESS001")),
        (present(target="http"), ("target-port-missing", "INGRESS001")),
        (present(names={("Service", "backend"): frozenset()}), ("ingress-class-missing", "INGRESS001")),
        (present(namespace_exists=False), ("never-deployed", "ENV001")),
        (present(trial=Trial("trial", (backend("prod-v0.8.7"),))), ("image-matches-nothing", "DEPLOY001")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_is_outside_pods_is_named(world: Present, cause: tuple[str, str]) -> None:
    assert wrong(examine(world)) == [cause]


def test_a_wildcard_and_a_rule_for_all_hosts_serve_the_environments_host() -> None:
    deep = replace(Case(wanted_tag="prod-v0.8.7", registry_digest=OLD), url="https://www.example.com")
    assert wrong(examine(present(deep, host="'*.example.com'"))) == []
    assert wrong(examine(present(host="''"))) == []


def test_a_tag_that_was_pushed_anew_is_named_and_an_unapplied_overlay_only_noted() -> None:
    moved = ImageFacts(Image(HOST, "klinecubic/backend", "prod-v0.8.7", NEW), 0)
    found = examine(present(registry={f"{REPOSITORY}:prod-v0.8.7": moved}))
    assert wrong(found) == [("digest-differs", "DEPLOY001")]
    ahead = Case(wanted_tag="prod-v0.8.8", registry_digest=NEW)
    known = ImageFacts(Image(HOST, "klinecubic/backend", "prod-v0.8.7", OLD), 0)
    newer = ImageFacts(Image(HOST, "klinecubic/backend", "prod-v0.8.8", NEW), 0)
    both = {f"{REPOSITORY}:prod-v0.8.7": known, f"{REPOSITORY}:prod-v0.8.8": newer}
    found = examine(present(ahead, registry=both))
    assert (wrong(found), [d.cause for d in found.diagnoses]) == ([], ["not-applied"])


def test_a_registry_that_does_not_answer_is_unknown_and_no_mismatch() -> None:
    found = examine(present(registry={}, unknown=("registry: no answer",)))
    assert (wrong(found), found.unknown) == ([], ("registry: no answer",))


def test_a_bad_answer_is_wrong_and_keeps_its_incident() -> None:
    case = present()
    verdicts = {"backend": Verdict(good=False, detail="status 503", incident="INGRESS001")}
    found = examine(replace(case, snapshot=replace(case.snapshot, health=verdicts)))
    assert wrong(found) == [("unhealthy", "INGRESS001")]


def certificate(ready: str, minutes: float, *failures: str) -> Examination:
    created = (NOW - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    outside = Outside(
        ingresses=(body(INGRESS, host="example.com", port=80),),
        certificates=(body(CERTIFICATE, created=created, ready=ready),),
    )
    case = present(outside=outside)
    events = tuple(Event("Certificate", "shop-tls", "", "", "Warning", "Failed", f, 1, NOW) for f in failures)
    return examine(replace(case, snapshot=replace(case.snapshot, world=replace(case.snapshot.world, events=events))))


@pytest.mark.parametrize(
    ("ready", "minutes", "failures", "severity"),
    [("True", 60, (), None), ("False", 1, (), "waiting"), ("False", 6, (), "fatal"), ("False", 1, ("no",), "fatal")],
)
def test_a_certificate_is_given_a_few_minutes_unless_a_try_has_failed(
    ready: str, minutes: float, failures: tuple[str, ...], severity: str | None
) -> None:
    found = [d for d in certificate(ready, minutes, *failures).diagnoses if d.incident == "CERT001"]
    assert [d.severity for d in found] == ([severity] if severity else [])
    assert all(f in d.summary for d in found for f in failures)


def looked(world: World, *refs: WorkloadRef, everything: bool = True) -> Examination:
    """A recorded world and nothing around it."""
    case = Case(workloads=refs or tuple(w.ref for w in world.workloads if w.ref.kind != "Job"))
    base = present(case, outside=Outside(), trial=Trial("trial"), everything=everything)
    empty = replace(base.snapshot, world=world, manifests=(), live={}, predicted={}, services=())
    return examine(replace(base, snapshot=empty, registry={}))


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("crash-loop", "crash-loop"),
        ("insufficient-memory", "insufficient-memory"),
        ("secret-key-missing", "secret-key-missing"),
        ("out-of-memory", "out-of-memory"),
        ("never-ready", "not-ready"),
        ("statefulset-stuck", "statefulset-stuck-pod"),
        ("job-failed", "job-failed"),
    ],
)
def test_pods_are_judged_by_the_fail_fast_table_at_one_look(name: str, cause: str) -> None:
    found = looked(recorded(name))
    assert found.wrong[0].cause == cause
    assert {d.severity for d in found.wrong} <= {"fatal", "waiting"}


def test_a_job_that_tries_again_says_why_it_failed() -> None:
    world = recorded("job-failed")
    trying = replace(world, workloads=tuple(replace(w, conditions=()) for w in world.workloads))
    (found,) = [d for d in looked(trying).wrong if d.cause == "job-retries"]
    assert (found.severity, found.incident) == ("waiting", "POD001")
    assert "ended with Error" in found.summary


def test_a_container_that_has_run_for_long_is_forgiven_its_restarts() -> None:
    world = recorded("recreate-done")
    crashed = Terminated("Error", "", 3, world.now, world.now)
    pods = tuple(replace(p, containers=tuple(replace(c, restarts=3, last=crashed, state=Running(world.now))
                                             for c in p.containers)) for p in world.pods)  # fmt: skip
    bare = [
        {k: v for k, v in c.items() if k != "readinessProbe"} for c in world.workloads[0].template["spec"]["containers"]
    ]
    workload = world.workloads[0]
    template = {**workload.template, "spec": {**workload.template["spec"], "containers": bare}}
    revisions = tuple(replace(r, template=template) if r.is_of(workload.template) else r for r in world.revisions)
    again = replace(
        world, pods=pods, revisions=revisions, workloads=(replace(workload, template=template), *world.workloads[1:])
    )
    assert [d.cause for d in looked(again).wrong] == ["crash-loop"]
    assert [d.cause for d in looked(replace(again, now=world.now + timedelta(hours=1))).wrong] == []


def test_an_unready_container_is_fatal_once_a_rollout_would_have_given_up() -> None:
    world = recorded("never-ready")
    assert [d.severity for d in looked(world).wrong] == ["waiting"]
    late = replace(world, now=world.now + timedelta(hours=1))
    assert [d.severity for d in looked(late).wrong] == ["fatal"]


def test_a_service_whose_workload_is_gone_is_named() -> None:
    found = looked(recorded("recreate-done"), WorkloadRef("Deployment", "other"), everything=False)
    assert [(d.cause, d.object) for d in found.wrong] == [("workload-missing", "deployment/other")]


def diagnosis(cause: str, where: str, incident: str = "ARCH001", action: str = "renew it") -> Diagnosis:
    return Diagnosis(cause, "fatal", f"{cause} of it", where, (), action, incident)


def test_one_root_is_told_once_with_all_that_share_it() -> None:
    first, *others = (diagnosis("gone", f"deployment/{name}: spec") for name in ("a", "b", "c"))
    (told,) = grouped((first, *others))
    assert (told.object, told.evidence) == (first.object, ("the same: deployment/b, deployment/c",))


def test_a_proof_of_the_same_incident_explains_a_sign_and_is_not_told_twice() -> None:
    sign = diagnosis("pull-unauthorized", "pod/a-1", action="renew NAME")
    proof, other = diagnosis("expired", "deployment/a: spec"), diagnosis("no-room", "deployment/a", "NODE001")
    (told,), left = folded((("deployment/a", sign),), (proof, other))
    assert (told.action, told.evidence) == ("renew it", ("asked again: expired of it (deployment/a: spec)",))
    assert left == (other,)
    assert folded((("deployment/b", sign),), (proof,))[1] == (proof,)


def redis(tag: str) -> Manifest:
    return manifest(read(OTHER, tag=tag))


@pytest.mark.parametrize(("live", "on_disk", "told"), [("7", "6", ["drifted"]), ("7", "7", []), ("", "6", [])])
def test_a_workload_of_no_service_that_the_overlay_would_change_has_drifted(
    live: str, on_disk: str, told: list[str]
) -> None:
    case = Case(
        wanted_tag="prod-v0.8.7",
        registry_digest=OLD,
        others_live=(redis(live),) if live else (),
        others_rendered=(redis(on_disk),),
    )
    found = [d for d in examine(present(case)).diagnoses if d.incident == "K8S-002"]
    assert [(d.cause, d.severity, d.object) for d in found] == [(c, "fatal", "deployment/redis") for c in told]


def test_the_services_own_workloads_have_not_drifted_when_a_release_is_due() -> None:
    ahead = Case(wanted_tag="prod-v0.8.8", registry_digest=NEW)
    assert [d for d in examine(present(ahead)).diagnoses if d.incident == "K8S-002"] == []


BALANCER = """
apiVersion: v1
kind: Service
metadata: {name: controller, namespace: ingress-nginx, annotations: {%(annotation)s: slb.s1.small}}
spec: {type: LoadBalancer}
"""


def test_a_load_balancers_size_is_noted_with_what_its_events_say() -> None:
    sized = body(BALANCER, annotation="service.beta.kubernetes.io/alibaba-cloud-loadbalancer-spec")
    event = Event("Service", "controller", "", "", "Warning", "SyncLoadBalancerFailed", "spec differs", 1, NOW)
    base = Outside(ingresses=(body(INGRESS, host="example.com", port=80),))
    found = examine(present(outside=replace(base, balancers=(sized,), events=(("ingress-nginx", event),))))
    (told,) = [d for d in found.diagnoses if d.incident == "K8S-003"]
    assert (told.cause, told.severity) == ("load-balancer-spec", "note")
    assert told.evidence[-1] == "event SyncLoadBalancerFailed: spec differs"
    plain = body(BALANCER, annotation="example.com/other")
    quiet = examine(present(outside=replace(base, balancers=(plain,))))
    assert [d for d in quiet.diagnoses if d.incident == "K8S-003"] == []


def test_what_running_pods_name_and_is_gone_is_found_before_they_start_again() -> None:
    case = present()
    template = case.snapshot.world.workloads[0].template
    containers = [{**c, "envFrom": [{"secretRef": {"name": "settings"}}]} for c in template["spec"]["containers"]]
    bad = {**template, "spec": {**template["spec"], "containers": containers}}
    world = case.snapshot.world
    workload = replace(world.workloads[0], template=bad, spec={**world.workloads[0].spec, "template": bad})
    revision = replace(world.revisions[0], template=bad)
    moved = replace(world, workloads=(workload,), revisions=(revision,))
    found = examine(replace(case, snapshot=replace(case.snapshot, world=moved)))
    assert [(d.cause, d.incident, d.severity) for d in found.wrong] == [("secret-missing", "SECRET001", "fatal")]
    assert found.wrong[0].summary.startswith("pods would not start again: Secret settings")


@pytest.mark.parametrize(
    ("addresses", "told"),
    [
        ({}, []),
        ({"example.com": ("203.0.113.1",)}, []),
        ({"example.com": ("198.51.100.7",)}, [("dns-elsewhere", "note", "INGRESS001")]),
        ({"example.com": ()}, [("dns-no-address", "fatal", "INGRESS001")]),
        ({"example.com": None}, [("dns-unproven", "note", "INGRESS001")]),
    ],
    ids=["not asked", "there", "elsewhere", "nowhere", "no answer"],
)
def test_where_dns_leads_the_hosts_of_live_ingresses(
    addresses: dict[str, tuple[str, ...] | None], told: list[tuple[str, str, str]]
) -> None:
    """Elsewhere may be a CDN; nowhere is nowhere."""
    one = present()
    found = examine(replace(one, snapshot=replace(one.snapshot, addresses=addresses)))
    assert [(d.cause, d.severity, d.incident) for d in found.diagnoses] == told
