"""What is proven before the first write: each proof refuses what it must, and only warns of what it cannot know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from worlds import HOST, NOW, REPOSITORY, Case, backend

from deployctl.model.change import Finding
from deployctl.model.image import Image, Platform
from deployctl.model.manifest import Manifest, manifest
from deployctl.model.node import Node, Taint
from deployctl.model.plan import Plan
from deployctl.model.pod import Condition, Event, parse_pod
from deployctl.model.pull_access import Answer, PullAccess
from deployctl.model.reference import Inventory
from deployctl.model.request import ReleaseRequest
from deployctl.model.room import Tenant
from deployctl.model.rules.health import Verdict
from deployctl.model.rules.requests import amounts
from deployctl.model.service import WorkloadRef
from deployctl.model.snapshot import Snapshot
from deployctl.model.survey import NOTHING_READ, Certificate, Survey
from deployctl.planning import plan_release

RELEASE = ReleaseRequest(("backend",))
BACKEND = WorkloadRef("Deployment", "backend")
LABELS = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
HAS = {"cpu": "2", "memory": "1Gi", "pods": "110"}
SHOP = "shop.example.com"
NODE = Node("node1", LABELS, allocatable=HAS)


def with_pod(tag: str = "prod-v0.8.8", **spec: Any) -> Manifest:
    """The backend with more in its pod's spec; `container` goes into its only container."""
    body = backend(tag).body
    pod = body["spec"]["template"]["spec"]
    container = {**pod["containers"][0], **spec.pop("container", {})}
    template = {**body["spec"]["template"], "spec": {**pod, "containers": [container], **spec}}
    return manifest({**body, "spec": {**body["spec"], "template": template}})


def snapshot(own: Manifest | None = None, *, nodes: Iterable[Node] = (), others: tuple[Manifest, ...] = (),
             survey: Survey | None = None, **changes: Any) -> Snapshot:  # fmt: skip
    case = Case(rendered=(own,) if own else None, others_rendered=others)
    found = case.snapshot()
    world = replace(found.world, nodes=tuple(nodes))
    return replace(found, world=world, survey=survey or found.survey, **changes)


def ids(findings: Iterable[Finding]) -> list[str]:
    return [finding.id for finding in findings]


def plan(one: Snapshot) -> Plan:
    return plan_release(RELEASE, one)


def asking(memory: str, **strategy: Any) -> Manifest:
    return with_pod(container={"resources": {"requests": {"memory": memory}}}, **strategy)


def tenant(memory: str, owner: str = "", node: str = "node1") -> Tenant:
    return Tenant(node, amounts({"memory": memory}), owner)


def test_what_holds_is_in_the_plan_with_its_evidence() -> None:
    env = [{"name": "URL", "valueFrom": {"secretKeyRef": {"name": "backend-secrets", "key": "mongodb-url"}}}]
    own = with_pod(container={"env": env, "resources": {"requests": {"memory": "512Mi"}}})
    survey = Survey(Inventory({("Secret", "backend-secrets"): frozenset({"mongodb-url"})}), tenants=(tenant("100Mi"),))
    image = Image(HOST, "klinecubic/backend", "prod-v0.8.8")
    one = snapshot(
        own,
        nodes=(NODE,),
        survey=survey,
        access=(PullAccess(BACKEND, image, ("acr-secret",), "opens"),),
        health={"backend": Verdict(good=True, detail="200 application/json")},
    )
    told = plan(of_platforms(one, "amd64"))
    assert [(p.proof, p.what) for p in told.proofs] == [
        ("image", "klinecubic/backend:prod-v0.8.8 exists"),
        ("pull", "acr-secret opens klinecubic/backend"),
        ("platform", "linux/amd64 runs on node1"),
        ("dry-run", "the API server takes 1 object"),
        ("references", "1 reference exists"),
        ("room", "deployment/backend fits on node1"),
        ("health", "backend answers well now"),
    ]
    evidence = {p.proof: p.evidence for p in told.proofs}
    assert evidence["references"] == ("Secret backend-secrets, key mongodb-url",)
    assert evidence["room"] == ("node1: takes 1; memory: 512Mi asked, 924Mi free (1Gi allocatable, 100Mi requested)",)


def test_what_does_not_hold_or_could_not_be_proven_is_not_among_the_proofs() -> None:
    told = plan(snapshot(asking("4Gi"), nodes=(NODE,), survey=NOTHING_READ, access=access("wrong", "acr-secret")))
    assert [p.proof for p in told.proofs] == ["image", "dry-run"]


# references


def test_a_missing_key_of_a_secret_is_refused_where_pods_are_made_anew() -> None:
    env = [{"name": "JWT", "valueFrom": {"secretKeyRef": {"name": "backend-secrets", "key": "jwt"}}}]
    there = Survey(Inventory({("Secret", "backend-secrets"): frozenset({"url"})}))
    (refusal,) = plan(snapshot(with_pod(container={"env": env}), survey=there)).refusals
    assert (refusal.id, refusal.incident) == ("secret-key-missing", "SECRET001")
    assert refusal.what == "Secret backend-secrets has no key jwt"


def test_what_lacks_in_a_workload_that_stays_as_it_is_is_only_told() -> None:
    other = manifest({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "redis", "namespace": "prod"},
        "spec": {"template": {"spec": {"serviceAccountName": "gone", "containers": [{"name": "r", "image": "r:1"}]}}},
    })  # fmt: skip
    found = snapshot(others=(other,), nodes=(NODE,))
    found = replace(found, live={**found.live, other.ref: other})
    told = plan(found)
    assert (ids(told.refusals), ids(told.warnings)[-1:]) == ([], ["service-account-missing"])


def test_what_may_not_be_read_is_one_warning_for_each_kind() -> None:
    env = [{"name": n, "valueFrom": {"secretKeyRef": {"name": "s", "key": n}}} for n in ("A", "B")]
    told = plan(snapshot(with_pod(container={"env": env}, serviceAccountName="runner"), survey=NOTHING_READ))
    unproven = [f.what for f in told.warnings if f.id == "reference-unproven"]
    assert told.refusals == ()
    assert unproven == [
        "could not prove that 2 references exist: Secrets may not be read",
        "could not prove that a reference exists: ServiceAccounts may not be read",
    ]


INGRESS: dict[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "web", "namespace": "prod"},
    "spec": {
        "ingressClassName": "nginx",
        "tls": [{"hosts": ["shop.example.com"], "secretName": "shop-tls"}],
        "rules": [{"http": {"paths": [{"path": "/", "backend": {"service": {"name": "be", "port": {"number": 81}}}}]}}],
    },
}
SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "be", "namespace": "prod"},
    "spec": {"ports": [{"port": 80}]},
}
KNOWN = Inventory({("IngressClass", "nginx"): frozenset(), ("Secret", "shop-tls"): frozenset()})


@pytest.mark.parametrize("changes", [True, False])
def test_an_ingress_that_leads_nowhere_is_refused_when_the_release_changes_it_else_told(changes: bool) -> None:
    objects = (manifest(INGRESS), manifest(SERVICE))
    found = snapshot(others=objects, survey=Survey(KNOWN))
    if not changes:
        found = replace(found, live={**found.live, **{m.ref: m for m in objects}})
    told = plan(found)
    refused, warned = ids(told.refusals), ids(told.warnings)
    assert ("service-port-missing" in refused, "service-port-missing" in warned) == (changes, not changes)


def test_a_service_that_loses_the_port_its_ingress_names_is_refused() -> None:
    ingress, before = manifest(INGRESS), manifest({**SERVICE, "spec": {"ports": [{"port": 81}]}})
    found = snapshot(others=(ingress, manifest(SERVICE)), survey=Survey(KNOWN))
    found = replace(found, live={**found.live, ingress.ref: ingress, before.ref: before})
    assert ids(plan(found).refusals) == ["service-port-missing"]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"selector": {"app": "backend"}, "ports": [{"port": 81, "targetPort": "http"}]}, []),
        ({"selector": {"app": "backend"}, "ports": [{"port": 81, "targetPort": 9}]}, []),
        ({"ports": [{"port": 81}]}, []),
        ({"selector": {"app": "back-end"}, "ports": [{"port": 81}]}, ["service-selects-nothing"]),
        ({"selector": {"app": "backend"}, "ports": [{"port": 81, "targetPort": "web"}]}, ["target-port-missing"]),
    ],
)
def test_a_service_behind_an_ingress_that_leads_to_no_pod_is_told(spec: dict[str, Any], expected: list[str]) -> None:
    own = with_pod(container={"ports": [{"name": "http", "containerPort": 8000}]})
    body = {**own.body, "spec": {**own.body["spec"]}}
    template = {**body["spec"]["template"], "metadata": {"labels": {"app": "backend"}}}
    labelled = manifest({**body, "spec": {**body["spec"], "template": template}})
    told = plan(
        snapshot(labelled, others=(manifest(INGRESS), manifest({**SERVICE, "spec": spec})), survey=Survey(KNOWN))
    )
    ends = ("service-selects-nothing", "target-port-missing")
    assert (ids(told.refusals), [i for i in ids(told.warnings) if i in ends]) == ([], expected)


@pytest.mark.parametrize(
    ("days", "hosts", "expected"),
    [
        (60, ("shop.example.com",), []),
        (60, ("*.example.com",), []),
        (5, ("shop.example.com",), ["certificate-ends"]),
        (-1, ("shop.example.com",), ["certificate-expired"]),
        (60, ("other.example.com", "*.com"), ["certificate-other-host"]),
    ],
)
def test_a_certificate_is_judged_by_days_and_hosts(days: int, hosts: tuple[str, ...], expected: list[str]) -> None:
    tls = {"shop-tls": Certificate(NOW + timedelta(days=days, hours=1), hosts)}
    ported = manifest({**SERVICE, "spec": {"ports": [{"port": 81}]}})
    told = plan(snapshot(others=(manifest(INGRESS), ported), survey=Survey(KNOWN, certificates=tls)))
    assert (ids(told.refusals), [i for i in ids(told.warnings) if i.startswith("certificate")]) == ([], expected)


@pytest.mark.parametrize(
    ("found", "warned"),
    [
        (("203.0.113.10",), ""),
        (("198.51.100.1", "203.0.113.10"), ""),
        (("198.51.100.1",), "DNS leads shop.example.com to 198.51.100.1, and the load balancer of ingress/shop is at"),
        ((), "DNS has no address for shop.example.com"),
        (None, "could not look up shop.example.com"),
    ],
)
def test_dns_must_lead_a_host_to_the_load_balancer(found: tuple[str, ...] | None, warned: str) -> None:
    metadata = {"name": "shop", "namespace": "prod"}
    body = {**INGRESS, "metadata": metadata, "spec": {"rules": [{"host": SHOP}]}}
    live = manifest({**body, "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.10"}]}}})
    one = snapshot(others=(manifest(body),), survey=Survey(KNOWN), addresses={SHOP: found})
    told = plan(replace(one, live={**one.live, live.ref: live}))
    words = [finding.what for finding in told.warnings if finding.id.startswith("dns-")]
    assert told.refusals == ()
    assert [word[: len(warned)] for word in words] == ([warned] if warned else [])
    holds = [proven.what for proven in told.proofs if proven.proof == "ingress"]
    assert holds == ([] if warned else [f"DNS leads {SHOP} to the load balancer"])


# room


def test_pods_that_fit_on_no_node_are_refused_with_every_nodes_numbers() -> None:
    nodes = (NODE, replace(NODE, name="node2", taints=(Taint("dedicated", "", "NoSchedule"),)))
    (refusal,) = plan(snapshot(asking("4Gi"), nodes=nodes)).refusals
    assert (refusal.id, refusal.incident) == ("no-room", "NODE001")
    assert refusal.evidence == (
        "node1: takes 0; memory: 4Gi asked, 1Gi free (1Gi allocatable, 0 requested)",
        "node2: takes 0; taint dedicated:NoSchedule is not tolerated",
    )


DOWN = (Condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."),)


def test_a_node_that_is_not_ready_is_a_warning_with_the_pods_there_and_named_where_room_lacks() -> None:
    gone = replace(NODE, name="node2", conditions=DOWN)
    found = snapshot(asking("4Gi"), nodes=(NODE, gone))
    pod = parse_pod({"metadata": {"name": "redis-1"}, "spec": {"nodeName": "node2"}, "status": {"phase": "Running"}})
    told = plan(replace(found, world=replace(found.world, pods=(pod,))))
    (warning,) = (w for w in told.warnings if w.id == "node-lost")
    assert warning == Finding(
        "node-lost",
        "node node2 is not Ready",
        "node/node2",
        (
            "node condition Ready=Unknown NodeStatusUnknown: Kubelet stopped posting node status.",
            "pod/redis-1 is on it",
        ),
        "kubectl describe node node2",
    )
    (refusal,) = told.refusals
    assert refusal.what.endswith("even after the old ones are gone, while node2 is not Ready")
    assert refusal.evidence[0] == "node2: takes 0; it is not Ready"


def test_a_recreate_counts_the_room_of_the_pods_that_go_and_a_rolling_update_does_not() -> None:
    full = Survey(Inventory(), tenants=(tenant("700Mi", owner="r1"),))
    recreate = asking("700Mi")
    body = recreate.body
    rolling = manifest({**body, "spec": {**body["spec"], "strategy": {"type": "RollingUpdate"}}})
    assert ids(plan(snapshot(recreate, nodes=(NODE,), survey=full)).refusals) == []
    (refusal,) = plan(snapshot(rolling, nodes=(NODE,), survey=full)).refusals
    assert "beside the old ones" in refusal.what
    assert "Recreate" in refusal.action


def test_where_an_autoscaler_brings_nodes_too_little_room_is_a_warning() -> None:
    found = snapshot(asking("4Gi"), nodes=(NODE,))
    policies = replace(found.environment.policies, room="warn")
    told = plan(replace(found, environment=replace(found.environment, policies=policies)))
    assert (ids(told.refusals), "no-room" in ids(told.warnings)) == ([], True)


@pytest.mark.parametrize(
    ("nodes", "survey", "unproven"),
    [
        pytest.param((), Survey(Inventory()), True, id="nodes may not be read"),
        pytest.param((NODE,), Survey(Inventory(unreadable=frozenset({"Pod"}))), True, id="foreign pods neither"),
        pytest.param((NODE,), Survey(Inventory()), False, id="all is known"),
    ],
)
def test_room_that_cannot_be_proven_is_a_warning(nodes: tuple[Node, ...], survey: Survey, unproven: bool) -> None:
    told = plan(snapshot(asking("64Mi"), nodes=nodes, survey=survey))
    assert (ids(told.refusals), "room-unproven" in ids(told.warnings)) == ([], unproven)


def test_a_quota_and_a_limit_range_are_part_of_the_room() -> None:
    def of(kind: str, spec: Mapping[str, Any]) -> tuple[Manifest, ...]:
        return (manifest({"apiVersion": "v1", "kind": kind, "metadata": {"name": "ns"}, "spec": spec}),)

    quota = of("ResourceQuota", {"hard": {"requests.memory": "100Mi"}})
    limits = of("LimitRange", {"limits": [{"type": "Container", "max": {"memory": "64Mi"}}]})
    survey = Survey(Inventory(), quotas=quota, limit_ranges=limits)
    assert ids(plan(snapshot(asking("512Mi"), nodes=(NODE,), survey=survey)).refusals) == [
        "limit-range",
        "quota-exceeded",
    ]


@pytest.mark.parametrize(
    ("used", "warned"),
    [("400Mi", False), ("700Mi", True), ("", False)],
)
def test_memory_that_is_really_in_use_is_a_warning(used: str, *, warned: bool) -> None:
    bytes_used = amounts({"node1": used}) if used else {}
    told = plan(snapshot(asking("512Mi"), nodes=(NODE,), survey=Survey(Inventory(), used=bytes_used)))
    found = [finding.evidence for finding in told.warnings if finding.id == "memory-in-use"]
    assert told.refusals == ()
    assert found == ([("node1: 700Mi of 1Gi in use, 324Mi free for it, 512Mi asked",)] if warned else [])


def test_what_the_old_pods_use_is_free_once_they_are_gone() -> None:
    one = snapshot(
        asking(
            "512Mi",
        ),
        nodes=(NODE,),
    )
    (pod,) = (p for p in one.world.pods if p.containers)
    on_node = replace(one.world, pods=(replace(pod, node="node1"),))
    survey = Survey(Inventory(), used=amounts({"node1": "900Mi"}), used_by=amounts({pod.name: "500Mi"}))
    told = plan(replace(one, world=on_node, survey=survey))
    assert "memory-in-use" not in ids(told.warnings)


# pull secrets


def access(answer: Answer, *secrets: str) -> tuple[PullAccess, ...]:
    image = Image(HOST, "klinecubic/backend", "prod-v0.8.8")
    return (PullAccess(BACKEND, image, secrets, answer, ("what the registry said",)),)


@pytest.mark.parametrize(
    ("answer", "found", "words"),
    [
        ("missing", "pull-secret-absent", "the pull secret acr-secret of deployment/backend does not exist"),
        ("not-referenced", "pull-secret-missing", "deployment/backend names no pull secret"),
        ("other-host", "pull-secret-other-host", f"has no login for {HOST}"),
        ("wrong", "pull-credentials-wrong", "refuses the user or password of the pull secret acr-secret"),
        ("expired", "pull-credentials-expired", "the password in the pull secret acr-secret has expired"),
        ("forbidden", "pull-forbidden", "who may not read klinecubic/backend"),
    ],
)
def test_each_way_in_which_a_pull_secret_fails_has_its_own_answer(answer: Answer, found: str, words: str) -> None:
    one = snapshot(access=access(answer, *(() if answer == "not-referenced" else ("acr-secret",))))
    named = replace(one.world.workloads[0], template={"spec": {"imagePullSecrets": [{"name": "acr-secret"}]}})
    (refusal,) = plan(replace(one, world=replace(one.world, workloads=(named,)))).refusals
    assert (refusal.id, refusal.incident, refusal.evidence) == (found, "ARCH001", ("what the registry said",))
    assert words in refusal.what
    assert (
        "kubectl" not in refusal.action or "kubectl -n prod create secret docker-registry acr-secret" in refusal.action
    )


def test_a_registry_that_could_not_be_asked_is_a_warning() -> None:
    told = plan(snapshot(access=access("unknown")))
    assert (ids(told.refusals), "pull-unproven" in ids(told.warnings)) == ([], True)


def test_nodes_that_serve_the_registrys_images_without_any_secret_log_in_themselves() -> None:
    told = plan(snapshot(access=access("not-referenced")))
    assert (ids(told.refusals), "pull-secret-missing" in ids(told.warnings)) == ([], True)


def test_a_repository_that_the_first_build_will_make_may_be_forbidden_until_then() -> None:
    found = replace(Case(registry_digest="").snapshot(), access=access("forbidden", "acr-secret"))
    assert ids(plan(found).refusals) == []


# the image


def of_platforms(found: Snapshot, *names: str) -> Snapshot:
    (facts,) = found.services
    assert facts.found
    platforms = tuple(Platform("linux", name) for name in names)
    return replace(found, services=(replace(facts, found=replace(facts.found, platforms=platforms)),))


def test_an_image_of_another_architecture_than_every_candidate_node_is_refused() -> None:
    told = plan(of_platforms(snapshot(nodes=(NODE,)), "arm64")).refusals
    evidence = [refusal.evidence for refusal in told if refusal.id == "image-architecture"]
    assert evidence == [("the image is for linux/arm64", "node1 is linux/amd64")]


def test_an_image_that_is_still_to_be_built_is_judged_by_what_it_will_be_built_for() -> None:
    arm = replace(NODE, labels={**LABELS, "kubernetes.io/arch": "arm64"})
    found = Case(registry_digest="").snapshot()
    told = plan(replace(found, world=replace(found.world, nodes=(arm,))))
    assert "image-architecture" in ids(told.refusals)


def test_an_image_that_only_some_nodes_can_run_is_a_warning_and_a_selector_settles_it() -> None:
    arm = replace(NODE, name="arm", labels={**LABELS, "kubernetes.io/arch": "arm64"})
    told = plan(of_platforms(snapshot(nodes=(NODE, arm)), "arm64"))
    assert (ids(told.refusals), "image-architecture" in ids(told.warnings)) == ([], True)
    bound = with_pod(nodeSelector={"kubernetes.io/arch": "arm64"})
    told = plan(of_platforms(snapshot(bound, nodes=(NODE, arm)), "arm64"))
    assert "image-architecture" not in ids((*told.refusals, *told.warnings))


def sidecar() -> Manifest:
    pod = backend("prod-v0.8.8").body["spec"]["template"]["spec"]
    return with_pod(containers=[*pod["containers"], {"name": "cache", "image": "redis:7"}])


@pytest.mark.parametrize(
    ("image", "refused"),
    [
        ("Registry/Busybox:1", True),
        ("team/backend:v 1", True),
        ("Registry/busybox:1", False),  # the host is what may have a capital
        ("localhost:5000/team/proxy@sha256:" + 64 * "a", False),
    ],
)
def test_an_image_name_that_no_runtime_takes_is_refused_where_pods_are_made_anew(image: str, *, refused: bool) -> None:
    own = with_pod(initContainers=[{"name": "wait", "image": image}])
    found = plan(snapshot(own)).refusals
    told = Finding(
        "image-name-invalid",
        f"{image!r} is not an image reference",
        "deployment/backend",
        (),
        "correct the image's newName and newTag in the overlay; repositories are in lower case",
    )
    assert found == ((told,) if refused else ())


def test_a_docker_hub_image_is_a_warning_in_china_and_nothing_elsewhere_or_where_nodes_hold_it() -> None:
    china = replace(NODE, labels={**LABELS, "topology.kubernetes.io/region": "cn-shanghai"})
    held = replace(china, images=(("docker.io/library/redis:7",),))
    assert "docker-hub-unreachable" in ids(plan(snapshot(sidecar(), nodes=(china,))).warnings)
    for node in (NODE, held):
        told = plan(snapshot(sidecar(), nodes=(node,)))
        assert "docker-hub-unreachable" not in ids((*told.warnings, *told.refusals))


def test_a_docker_hub_image_is_refused_when_the_cluster_has_just_failed_to_pull_from_there() -> None:
    message = 'failed to pull: Head "https://registry-1.docker.io/v2/": dial tcp 1.2.3.4:443: i/o timeout'
    waiting = {
        "name": "m",
        "image": "mongo:7",
        "state": {"waiting": {"reason": "ImagePullBackOff", "message": message}},
    }
    stuck = parse_pod({"metadata": {"name": "mongo-0"}, "status": {"containerStatuses": [waiting]}})
    found = snapshot(sidecar(), nodes=(NODE,))
    found = replace(found, world=replace(found.world, pods=(*found.world.pods, stuck)))
    (refusal,) = plan(found).refusals
    assert (refusal.id, refusal.incident) == ("docker-hub-unreachable", "K8S-001")


# health


def test_a_service_that_is_sick_before_the_release_is_said_to_be() -> None:
    sick = {"backend": Verdict(good=False, detail="status is degraded")}
    told = plan(snapshot(health=sick))
    assert told.refusals == ()
    assert [f.what for f in told.warnings if f.id == "unhealthy-before"] == [
        "backend is not healthy now, before anything is changed: status is degraded"
    ]


def test_a_release_that_changes_nothing_is_not_refused_for_what_new_pods_would_meet() -> None:
    case = Case(running_tag="prod-v0.8.8", running_digest="sha256:" + "8" * 64)
    found = replace(case.snapshot(), access=access("wrong", "acr-secret"))
    assert plan(found).refusals == ()
    assert f"{REPOSITORY}:prod-v0.8.8" in str(found.access[0].image)


def test_why_a_certificate_was_never_issued_is_a_warning() -> None:
    body = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "shop", "namespace": "klinematrix-prod"},
        "spec": {"tls": [{"hosts": [SHOP], "secretName": "shop-tls"}]},
    }
    failed = Event("Certificate", "shop-tls", "u", "", "Warning", "Failed", "the challenge got 404", 1, NOW)
    issuing = replace(failed, type="Normal", reason="Issuing", message="asked")
    found = snapshot(others=(manifest(body),))
    told = plan(replace(found, world=replace(found.world, events=(failed, issuing))))
    (warning,) = (w for w in told.warnings if w.incident == "CERT001")
    assert warning.what == "the certificate in shop-tls is not issued: the challenge got 404"
    assert warning.evidence == ("event Failed: the challenge got 404",)
    quiet = plan(replace(found, world=replace(found.world, events=(issuing,))))
    assert [w for w in quiet.warnings if w.incident == "CERT001"] == []


def test_what_is_refused_where_nothing_was_ever_deployed_says_so() -> None:
    bare = snapshot(asking("4Gi"), nodes=(NODE,))
    problem = Finding("kind-unknown", "the cluster does not serve example.com/v1 Shop", "shop/shop")
    empty = replace(bare, problems=(problem,), history=(), live={}, world=replace(bare.world, workloads=(), pods=()))
    first, *others = plan(empty).refusals
    assert first == replace(problem, what=f"{problem.what}; environment prod was never deployed", incident="ENV001")
    assert "never deployed" not in " ".join(other.what for other in others)
    (unmarked, *_) = plan(replace(bare, problems=(problem,))).refusals
    assert unmarked == problem
