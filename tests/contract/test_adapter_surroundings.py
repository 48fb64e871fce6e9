"""What the proofs read of a namespace and its cluster: names, keys and numbers, never a Secret's value."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from connected import connected
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from live_place import Place
from scripted_http import Say, Script, serving

from deployctl.adapters.kubernetes.surroundings import LISTED, KubernetesSurroundings
from deployctl.model.survey import SURVEYED

OBJECTS = """
apiVersion: v1
kind: Secret
metadata: {name: backend-secrets}
stringData: {jwt: hunter2-very-secret, url: mongodb://root:hunter2-very-secret@db}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: fast}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: runner}
imagePullSecrets: [{name: acr-secret}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 8000}]}
---
apiVersion: v1
kind: LimitRange
metadata: {name: bounds}
spec: {limits: [{type: Container, max: {memory: 1Gi}}]}
"""


def certificate(days: int, host: str) -> bytes:
    """Self-signed, ending in so many days."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=100))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    )
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def tls_secret(name: str, chain: bytes) -> str:
    data = {"tls.crt": base64.b64encode(chain).decode(), "tls.key": base64.b64encode(b"no key").decode()}
    metadata = {"name": name}
    return yaml.safe_dump(
        {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": metadata, "data": data}
    )


def test_a_survey_keeps_names_keys_and_numbers_and_drops_the_values(place: Place) -> None:
    chain = certificate(12, "shop.example.com")
    text = OBJECTS + "---\n" + tls_secret("shop-tls", chain) + "---\n" + tls_secret("broken-tls", b"not a certificate")
    for one in place.manifests(text):
        place.writer.apply(one)
    survey = KubernetesSurroundings(place.connection).survey(place.namespace)
    keys = survey.inventory.keys
    assert keys["Secret", "backend-secrets"] == {"jwt", "url"}
    assert keys["ConfigMap", "settings"] == {"mode"}
    assert survey.inventory.has("PriorityClass", "system-node-critical")
    assert survey.inventory.unreadable == frozenset()
    assert survey.accounts["runner"] == ("acr-secret",)
    assert [service.ref.name for service in survey.services] == ["web"]
    assert [bounds.ref.name for bounds in survey.limit_ranges] == ["bounds"]
    assert survey.priorities["system-node-critical"] == 2_000_001_000
    ends = survey.certificates["shop-tls"]
    assert ends.hosts == ("shop.example.com",)
    assert 11 <= (ends.expires - datetime.now(UTC)).days <= 12
    assert set(survey.certificates) == {"shop-tls"}
    assert "hunter2" not in repr(survey)


def test_what_may_not_be_read_is_said_to_be_so_and_the_rest_is_read(tmp_path: Path) -> None:
    def without(*plurals: str) -> Script:
        def script(asked: object) -> Say:
            path = str(getattr(asked, "path", "")).partition("?")[0]
            hit = path.rpartition("/")[2] in plurals or (path == "/api/v1/pods" and "pods" in plurals)
            return Say(403, {"message": "no"}) if hit else Say(body={"items": [{"metadata": {"name": "it"}}]})

        return script

    with serving(without("secrets", "storageclasses")) as served:
        survey = KubernetesSurroundings(connected(tmp_path, f"http://{served.address}")).survey("shop")
    assert survey.inventory.unreadable == {"Secret", "StorageClass"}
    assert survey.inventory.has("ConfigMap", "it")
    lists = [a for a in served.asked if "metrics.k8s.io" not in a.path]
    assert len(lists) == len(LISTED) + 1 == len(SURVEYED)


def test_pods_of_our_namespace_are_read_where_the_others_may_not_be(tmp_path: Path) -> None:
    pod = {
        "metadata": {"name": "p"},
        "spec": {"nodeName": "node1", "containers": [{"resources": {"requests": {"cpu": "1"}}}]},
    }

    def script(asked: object) -> Say:
        path = str(getattr(asked, "path", "")).partition("?")[0]
        if path == "/api/v1/pods":
            return Say(403, {"message": "no"})
        return Say(body={"items": [pod] if path.endswith("/shop/pods") else []})

    with serving(script) as served:
        survey = KubernetesSurroundings(connected(tmp_path, f"http://{served.address}")).survey("shop")
    assert survey.inventory.unreadable == {"Pod"}
    assert [t.node for t in survey.tenants] == ["node1"]


def test_memory_in_use_is_read_where_it_is_measured(tmp_path: Path) -> None:
    pod = {"metadata": {"name": "p"}, "containers": [{"usage": {"memory": "100Mi"}}, {"usage": {"memory": "20Mi"}}]}

    def script(asked: object) -> Say:
        path = str(getattr(asked, "path", "")).partition("?")[0]
        if path == "/apis/metrics.k8s.io/v1beta1/nodes":
            return Say(body={"items": [{"metadata": {"name": "node1"}, "usage": {"cpu": "1", "memory": "1900Mi"}}]})
        return Say(body={"items": [pod] if path == "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods" else []})

    with serving(script) as served:
        survey = KubernetesSurroundings(connected(tmp_path, f"http://{served.address}")).survey("shop")
    assert (survey.used, survey.used_by) == ({"node1": Fraction(1900 * 1024**2)}, {"p": Fraction(120 * 1024**2)})


@pytest.mark.parametrize("status", [403, 404, 503])
def test_a_metrics_server_that_is_not_well_holds_nothing_up(tmp_path: Path, status: int) -> None:
    def script(asked: object) -> Say:
        bad = "metrics.k8s.io" in str(getattr(asked, "path", ""))
        return Say(status, {"message": "no"}) if bad else Say(body={"items": []})

    with serving(script) as served:
        began = time.monotonic()
        survey = KubernetesSurroundings(connected(tmp_path, f"http://{served.address}")).survey("shop")
    assert (survey.used, survey.used_by) == ({}, {})
    assert time.monotonic() - began < 25
