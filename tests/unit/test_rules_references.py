"""The proof of references: what is named and not there, which key of it, and who names it."""

from __future__ import annotations

from typing import Any

import pytest

from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.reference import Inventory, inventory
from deployctl.model.rules.named import references_of
from deployctl.model.rules.references import prove_references
from deployctl.model.rules.routes import misrouted

Body = dict[str, Any]


def made(kind: str, name: str, body: Body | None = None, *, annotations: Body | None = None) -> Manifest:
    metadata = {"name": name, "annotations": annotations or {}}
    return Manifest(ObjectRef("v1", kind, "shop", name), {"kind": kind, "metadata": metadata, **(body or {})})


def backend(**spec: Any) -> Manifest:
    pod = {"containers": [{"name": "backend", "image": "x"}], **spec}
    return made("Deployment", "backend", {"spec": {"template": {"spec": pod}}})


def mounting(volume: Body) -> Manifest:
    """A backend that mounts its only volume."""
    return backend(
        containers=[{"name": "backend", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
        volumes=[{"name": "v", **volume}],
    )


def env(kind: str, name: str, key: str, **more: Any) -> Body:
    return {
        "name": "backend",
        "env": [{"name": "X", "valueFrom": {f"{kind}KeyRef": {"name": name, "key": key, **more}}}],
    }


THERE = inventory(
    (
        made("Secret", "backend-secrets", {"data": {"mongodb-url": "eA=="}}),
        made("ConfigMap", "settings", {"data": {"a": "1"}, "binaryData": {"b": "eA=="}}),
        made("ServiceAccount", "klinematrix-sa"),
        made("PersistentVolumeClaim", "data"),
        made("PriorityClass", "high"),
        made("RuntimeClass", "gvisor"),
        made("StorageClass", "fast"),
        made("IngressClass", "nginx"),
    )
)

HELD = (
    backend(containers=[env("secret", "backend-secrets", "mongodb-url")]),
    backend(containers=[env("configMap", "settings", "b")]),
    backend(containers=[env("secret", "backend-secrets", "absent", optional=True)]),
    backend(initContainers=[{"name": "x", "envFrom": [{"configMapRef": {"name": "settings"}}]}]),
    backend(containers=[{"name": "x", "envFrom": [{"secretRef": {"name": "absent", "optional": True}}]}]),
    mounting({"secret": {"secretName": "backend-secrets", "items": [{"key": "mongodb-url"}]}}),
    mounting({"configMap": {"name": "absent", "optional": True}}),
    mounting({"projected": {"sources": [{"configMap": {"name": "kube-root-ca.crt"}}]}}),
    # Seen on a real cluster: a kubelet makes only the volumes that a container mounts.
    backend(volumes=[{"name": "v", "secret": {"secretName": "absent"}}]),
    backend(volumes=[{"name": "v", "projected": {"sources": [{"configMap": {"name": "absent"}}]}}]),
    backend(volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]),
    backend(volumes=[{"name": "v", "emptyDir": {}}]),
    backend(serviceAccountName="klinematrix-sa", priorityClassName="high", runtimeClassName="gvisor"),
    backend(serviceAccountName="default", priorityClassName="system-node-critical"),
    made(
        "StatefulSet",
        "mongodb",
        {
            "spec": {
                "template": {"spec": {"volumes": [{"name": "db", "persistentVolumeClaim": {"claimName": "db"}}]}},
                "volumeClaimTemplates": [{"metadata": {"name": "db"}, "spec": {"storageClassName": "fast"}}],
            }
        },
    ),
    made("Ingress", "web", {"spec": {"ingressClassName": "nginx"}}),
    made("Service", "web", {"spec": {"selector": {"app": "x"}}}),
)


@pytest.mark.parametrize("manifest", HELD, ids=range(len(HELD)))
def test_what_is_there_or_optional_is_no_finding(manifest: Manifest) -> None:
    proof = prove_references((manifest,), THERE)
    assert (proof.missing, proof.doubtful) == ((), ())


PROJECTED = {"secret": {"name": "other", "items": [{"key": "k"}]}}
TO_X = {"path": "/api", "backend": {"service": {"name": "x"}}}

BROKEN = (
    (
        backend(containers=[env("secret", "backend-secrets", "jwt-secret")]),
        "secret-key-missing",
        "Secret backend-secrets has no key jwt-secret",
        "spec.template.spec.containers[backend].env[X]",
        'patch secret backend-secrets -p \'{"stringData":{"jwt-secret":"VALUE"}}\'',
        "SECRET001",
    ),
    (
        backend(containers=[env("secret", "other", "k")]),
        "secret-key-missing",
        "Secret other does not exist; deployment/backend needs its key k",
        "env[X]",
        "create secret generic other --from-literal=k=VALUE",
        "SECRET001",
    ),
    (
        backend(initContainers=[{"name": "migrate", "envFrom": [{"configMapRef": {"name": "other"}}]}]),
        "configmap-missing",
        "ConfigMap other does not exist",
        "initContainers[migrate].envFrom",
        "create configmap other",
        "SECRET001",
    ),
    (
        mounting({"projected": {"sources": [{"secret": {"name": "other", "items": [{"key": "k"}]}}]}}),
        "secret-key-missing",
        "Secret other does not exist; deployment/backend needs its key k",
        "volumes[v]",
        "create secret generic other",
        "SECRET001",
    ),
    (
        backend(volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "other"}}]),
        "persistent-volume-claim-missing",
        "PersistentVolumeClaim other does not exist",
        "volumes[v]",
        "create PersistentVolumeClaim other",
        "",
    ),
    (
        backend(serviceAccountName="other"),
        "service-account-missing",
        "ServiceAccount other does not exist",
        "serviceAccountName",
        "create ServiceAccount other",
        "",
    ),
    (
        made(
            "CronJob", "report", {"spec": {"jobTemplate": {"spec": {"template": {"spec": {"priorityClassName": "x"}}}}}}
        ),
        "priority-class-missing",
        "PriorityClass x does not exist",
        "spec.jobTemplate.spec.template.spec.priorityClassName",
        "create PriorityClass x",
        "",
    ),
    (
        made("Ingress", "web", {"spec": {"ingressClassName": "alb", "tls": []}}),
        "ingress-class-missing",
        "IngressClass alb does not exist",
        "spec.ingressClassName",
        "create IngressClass alb",
        "INGRESS001",
    ),
    (
        made("Ingress", "web", {"spec": {"tls": [{"secretName": "klinecubic-tls"}]}}),
        "secret-missing",
        "Secret klinecubic-tls does not exist",
        "spec.tls",
        "create secret tls klinecubic-tls --cert=",
        "CERT001",
    ),
    (
        made(
            "Ingress",
            "web",
            {
                "spec": {
                    "rules": [
                        {"host": "a.cn", "http": {"paths": [{"path": "/api", "backend": {"service": {"name": "x"}}}]}}
                    ]
                }
            },
        ),
        "service-missing",
        "Service x does not exist",
        "spec.rules[a.cn]/api",
        "create Service x",
        "INGRESS001",
    ),
)


@pytest.mark.parametrize(("manifest", "id", "what", "where", "action", "incident"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_missing_is_named_with_who_names_it_and_what_to_do(
    manifest: Manifest, id: str, what: str, where: str, action: str, incident: str
) -> None:
    proof = prove_references((manifest,), THERE)
    (finding,) = proof.missing
    assert (finding.id, finding.what, finding.incident) == (id, what, incident)
    assert where in finding.where
    assert finding.where.startswith(f"{manifest.ref}: ")
    assert action in finding.action


def test_all_keys_that_one_object_lacks_are_one_finding_with_one_command() -> None:
    keys = ("jwt-secret", "dashscope-api-key")
    several = [env("secret", "backend-secrets", key)["env"][0] | {"name": key.upper()} for key in keys]
    (one,) = prove_references((backend(containers=[{"name": "backend", "env": several}]),), THERE).missing
    assert one.what == "Secret backend-secrets has no keys jwt-secret, dashscope-api-key"
    assert one.evidence == (
        "spec.template.spec.containers[backend].env[JWT-SECRET] names jwt-secret",
        "spec.template.spec.containers[backend].env[DASHSCOPE-API-KEY] names dashscope-api-key",
    )
    assert one.action.endswith('-p \'{"stringData":{"jwt-secret":"VALUE","dashscope-api-key":"VALUE"}}\'')


def test_a_claim_is_waited_for_whether_or_not_a_container_mounts_it() -> None:
    """Seen on a real cluster: `persistentvolumeclaim "x" not found` keeps the pod Pending."""
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": "absent"}}
    assert len(prove_references((backend(volumes=[volume]),), THERE).missing) == 1


def test_what_this_apply_brings_counts_as_there_keys_included() -> None:
    names = backend(containers=[env("secret", "backend-secrets", "jwt-secret")], serviceAccountName="new")
    brings = made("Secret", "backend-secrets", {"stringData": {"jwt-secret": "x"}})
    assert prove_references((names, brings, made("ServiceAccount", "new")), THERE).missing == ()


def test_a_pull_secret_that_is_missing_is_a_doubt_for_the_image_may_be_public_or_cached() -> None:
    proof = prove_references((backend(imagePullSecrets=[{"name": "acr-secret"}]),), THERE)
    assert proof.missing == ()
    assert [(f.id, f.incident) for f in proof.doubtful] == [("secret-missing", "ARCH001")]
    assert "create secret docker-registry acr-secret" in proof.doubtful[0].action


def test_what_may_not_be_read_is_a_doubt_and_no_refusal() -> None:
    unreadable = Inventory(THERE.keys, frozenset({"Secret"}))
    proof = prove_references((backend(containers=[env("secret", "other", "k")]),), unreadable)
    assert (proof.missing, [f.id for f in proof.doubtful]) == ((), ["reference-unproven"])


@pytest.mark.parametrize(
    "promising",
    [
        made("ExternalSecret", "made-later"),
        made("ExternalSecret", "x", {"spec": {"target": {"name": "made-later"}}}),
        made("SealedSecret", "made-later"),
        made("Certificate", "x", {"spec": {"secretName": "made-later"}}),
        made(
            "Ingress",
            "web",
            {"spec": {"tls": [{"secretName": "made-later"}]}},
            annotations={"cert-manager.io/cluster-issuer": "letsencrypt-prod"},
        ),
    ],
    ids=lambda m: m.ref.kind,
)
def test_what_an_operator_makes_of_this_overlay_is_expected(promising: Manifest) -> None:
    proof = prove_references((backend(containers=[env("secret", "made-later", "k")]), promising), THERE)
    assert proof.missing == ()
    assert {f.id for f in proof.doubtful} == {"reference-promised"}


def test_no_value_of_a_secret_is_in_an_inventory() -> None:
    assert "hunter2" not in repr(inventory((made("Secret", "x", {"stringData": {"password": "hunter2"}}),)))


def test_one_reference_in_several_places_is_found_in_each() -> None:
    twice = backend(containers=[env("secret", "other", "k"), {**env("secret", "other", "k"), "name": "second"}])
    assert [r.where for r in references_of(twice)] == [
        "spec.template.spec.containers[backend].env[X]",
        "spec.template.spec.containers[second].env[X]",
    ]


def routed(port: Body) -> Manifest:
    service = {"service": {"name": "backend-service", "port": port}}
    return made("Ingress", "web", {"spec": {"rules": [{"http": {"paths": [{"path": "/api", "backend": service}]}}]}})


@pytest.mark.parametrize("port", [{"number": 8000}, {"name": "http"}])
def test_a_port_that_the_service_has_is_found_by_number_and_by_name(port: Body) -> None:
    service = made("Service", "backend-service", {"spec": {"ports": [{"name": "http", "port": 8000}]}})
    assert misrouted((routed(port),), (service,)) == ()


def test_a_port_that_the_service_does_not_have_is_an_incident_of_the_ingress() -> None:
    service = made("Service", "backend-service", {"spec": {"ports": [{"port": 8000, "targetPort": 80}]}})
    (finding,) = misrouted((routed({"number": 80}),), (service,))
    assert (finding.what, finding.incident) == ("service backend-service has no port 80; it has 8000", "INGRESS001")
