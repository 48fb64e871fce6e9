"""Bringing up somebody's own kustomization: what it refers to is made, what cannot be is said."""

from __future__ import annotations

import base64
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml

from deployctl.sandbox.overlay.extend import extend
from deployctl.sandbox.overlay.guess import secret_value
from deployctl.sandbox.overlay.kinds import definitions
from deployctl.sandbox.overlay.render import OverlayError, render
from deployctl.sandbox.process.control_client import ControlClient
from deployctl.sandbox.process.info import SandboxInfo
from deployctl.sandbox.process.inside import running_sandbox
from deployctl.sandbox.process.options import Overlay
from deployctl.sandbox.process.seed import read_documents
from deployctl.sandbox.scenario.load import load
from deployctl.sandbox.scenario.model import ImageEntry

needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")

TREE = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: market}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      serviceAccountName: shop-runner
      imagePullSecrets: [{name: pull}]
      containers:
        - name: shop
          image: teamregistry-abc123def456ghi7.azurecr.io/team/shop:v2.5.1
          ports: [{containerPort: 8080}]
          env:
            - {name: CACHE, valueFrom: {secretKeyRef: {name: shop-secrets, key: cache-url}}}
            - {name: TOKEN, valueFrom: {secretKeyRef: {name: shop-secrets, key: api-token}}}
            - {name: MAYBE, valueFrom: {secretKeyRef: {name: other, key: x, optional: true}}}
          envFrom: [{configMapRef: {name: shop-config}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: shop-config, namespace: market}
data: {DATABASE_URL: "postgres://shop@database:5432/shop"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: database, namespace: market}
spec:
  selector: {matchLabels: {app: database}}
  template:
    metadata: {labels: {app: database}}
    spec: {containers: [{name: database, image: "postgres:16", ports: [{containerPort: 5432}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: market}
spec: {selector: {app: shop}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: database, namespace: market}
spec: {selector: {app: database}, ports: [{port: 5432}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: market}
spec:
  ingressClassName: public
  rules:
    - host: shop.example.com
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}]}
---
apiVersion: example.com/v1
kind: Policy
metadata: {name: strict, namespace: market}
spec: {level: 3}
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "all.yaml").write_text(TREE, encoding="utf-8")
    (tmp_path / "kustomization.yaml").write_text("resources: [all.yaml]\n", encoding="utf-8")
    return tmp_path


def eventually(check: Callable[[], Any], seconds: float = 120.0) -> Any:
    """The first true answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := check():
            return found
        time.sleep(0.05)
    return check()


def api(info: SandboxInfo, path: str) -> Any:
    http = urllib3.PoolManager(ca_certs=str(info.ca_file), headers={"Authorization": f"Bearer {info.token}"})
    answer = http.request("GET", info.api_url + path)
    assert answer.status == 200, answer.data
    return json.loads(answer.data)


def health(info: SandboxInfo, host: str) -> Any:
    http = urllib3.HTTPConnectionPool("127.0.0.1", info.ingress_http_port)
    answer = http.request("GET", "/api/health", headers={"Host": host})
    return json.loads(answer.data) if answer.status == 200 else None


@needs_kubectl
def test_a_whole_tree_comes_up_and_serves(tree: Path) -> None:
    with running_sandbox(clock_speed=10, overlays=(Overlay(tree, create_kinds=True),)) as info:
        healthy = {"status": "ok", "version": "2.5.1", "dependencies": {"postgres": {"connected": True}}}

        def is_healthy() -> Any:
            found = health(info, "shop.example.com")
            return found if found and found["status"] == "ok" else None

        found = eventually(is_healthy)
        assert {key: found[key] for key in healthy} == healthy
        assert api(info, "/apis/example.com/v1/namespaces/market/policies/strict")["spec"] == {"level": 3}
        assert ControlClient(info).describe()["notes"] == []
        assert [(r.host, r.name) for r in info.registries[2:]] == [
            ("docker.io", ""),
            ("teamregistry-abc123def456ghi7.azurecr.io", "teamregistry"),
        ]


@needs_kubectl
def test_what_it_needs_and_does_not_bring_is_made(tree: Path) -> None:
    with running_sandbox(overlays=(Overlay(tree),)) as info:
        secret = api(info, "/api/v1/namespaces/market/secrets/shop-secrets")["data"]
        pull = api(info, "/api/v1/namespaces/market/secrets/pull")
        auths = json.loads(base64.b64decode(pull["data"][".dockerconfigjson"]))["auths"]
        assert sorted(secret) == ["api-token", "cache-url"]
        assert "teamregistry-abc123def456ghi7.azurecr.io" in auths
        assert api(info, "/api/v1/namespaces/market/serviceaccounts/shop-runner")["metadata"]["name"] == "shop-runner"
        assert api(info, "/apis/networking.k8s.io/v1/ingressclasses/public")["metadata"]["name"] == "public"
        assert ControlClient(info).describe()["notes"] == [
            'Policy market/strict: no matches for kind "Policy" in version "example.com/v1"; '
            "it can be defined with --create-kinds"
        ]


@needs_kubectl
def test_an_overlay_that_does_not_render_is_said_with_the_renderers_words(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: [missing.yaml]\n", encoding="utf-8")
    with pytest.raises(OverlayError, match=r"missing\.yaml"):
        render(tmp_path, ())


def test_images_are_guessed_from_their_names_containers_and_addresses() -> None:
    scenario = load("default")
    extended = extend(scenario, read_documents(TREE))
    made = [image for registry in extended.scenario.registries[2:] for image in registry.images]
    assert made == [
        ImageEntry("library/postgres", "16", "160Mi", behaviour={"version": "16", "ports": "5432"}),
        ImageEntry(
            "team/shop",
            "v2.5.1",
            "80Mi",
            behaviour={"version": "2.5.1", "ports": "8080", "dependencies": "postgres=database:5432"},
        ),
    ]
    assert scenario == load("default")


def test_hosts_that_the_scenario_cuts_off_stay_cut_off() -> None:
    extended = extend(load("klinematrix"), read_documents(TREE))
    assert extended.notes == ("image postgres:16: docker.io cannot be reached from the nodes here (timeout)",)


def test_an_image_that_the_scenario_has_is_left_as_it_is() -> None:
    scenario = load("klinematrix")
    host = scenario.registries[0].host
    pod = {"kind": "Pod", "metadata": {"name": "p"}}
    spec = {"containers": [{"name": "c", "image": f"{host}/klinecubic/backend:prod-v0.8.7"}]}
    assert extend(scenario, [{**pod, "spec": spec}]).scenario == scenario


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mongodb-url", "mongodb://sandbox:sandbox@mongodb-service:27017/sandbox"),
        ("REDIS_URI", "redis://sandbox:sandbox@redis:6379/sandbox"),
        ("api-key", "sandbox-api-key"),
        ("url", "sandbox-url"),
    ],
)
def test_values_of_made_up_secrets(key: str, value: str) -> None:
    assert secret_value(key, {"mongodb-service": 27017, "redis": 6379}) == value


def test_definitions_for_unknown_kinds_are_valid_yaml_of_the_right_names() -> None:
    made = definitions([("example.com/v1", "Policy"), ("x.io/v1beta1", "ClusterIssuer"), ("v1", "Nonsense")])
    named = [(d["metadata"]["name"], d["spec"]["scope"]) for d in yaml.safe_load_all(yaml.safe_dump_all(made))]
    assert named == [("policies.example.com", "Namespaced"), ("clusterissuers.x.io", "Cluster")]
