"""`init` looks at trees of many shapes and proposes a configuration that loads and fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deployctl.config import load
from deployctl.config.initialise import Proposal, check_free, propose
from deployctl.model.environment import Project
from deployctl.model.errors import Refused, UsageError
from deployctl.model.manifest import manifest
from deployctl.model.service import BuildSource, HealthCheck, WorkloadRef
from deployctl.ports import Rendered

OUTSIDE = "--load-restrictor=LoadRestrictionsNone"


class Kustomize:
    """A Renderer that knows what each overlay builds to, and which one needs a flag."""

    def __init__(
        self, built: Mapping[str, Sequence[Mapping[str, Any]]], needs: Mapping[str, str] | None = None
    ) -> None:
        self.built = built
        self.needs = needs or {}

    def render(self, overlay: Path, flags: tuple[str, ...], edits: Mapping[Path, str]) -> Rendered:
        assert not edits
        missing = next((flag for name, flag in self.needs.items() if overlay.name == name and flag not in flags), "")
        if missing or overlay.name not in self.built:
            raise Refused("kustomize cannot build it", evidence=(missing or "no such file",))
        return Rendered(tuple(manifest(body) for body in self.built[overlay.name]), ())


def workload(kind: str, name: str, image: str, namespace: str = "", **container: object) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": name, "image": image, **container}]},
    }
    inner = {"jobTemplate": {"spec": {"template": template}}} if kind == "CronJob" else {"template": template}
    api = "batch/v1" if kind in ("CronJob", "Job") else "apps/v1"
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": inner}


def exposed(name: str, host: str, path: str = "/", *, tls: bool = True) -> list[dict[str, Any]]:
    """A Service for a workload's pods, and an Ingress that leads to it."""
    backend = {"service": {"name": f"{name}-svc", "port": {"number": 80}}}
    spec: dict[str, Any] = {"rules": [{"host": host, "http": {"paths": [{"path": path, "backend": backend}]}}]}
    if tls:
        spec["tls"] = [{"hosts": [host], "secretName": "t"}]
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": f"{name}-svc"},
            "spec": {"selector": {"app": name}},
        },
        {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name}, "spec": spec},
    ]


def plant(root: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def proposed(root: Path, renderer: Kustomize | None = None, **environ: str) -> tuple[Proposal, Project]:
    """The proposal, and what it loads as where it was made for."""
    proposal = propose(root, renderer, {"HOME": str(root / "home"), **environ})
    (root / "deployctl.toml").write_text(proposal.text)
    return proposal, load(root, None, {"HOME": str(root / "home")})


def doubts(proposal: Proposal) -> dict[str, str]:
    return {guess.key: guess.evidence for guess in proposal.guesses if not guess.sure}


def test_one_service_in_one_folder(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "Dockerfile": "FROM golang AS build\nCOPY . .\nFROM scratch AS release\nCOPY --from=build /x /x\n",
            "VERSION": "2.1.0\n",
            "k8s/kustomization.yaml": "resources: [app.yaml]\nimages:\n- name: shop\n  newTag: v2.0.9\n",
        },
    )
    probe = {"readinessProbe": {"httpGet": {"path": "/healthz", "port": 80}}}
    built = [
        workload("Deployment", "shop", "shop:v2.0.9", "shop", **probe),
        *exposed("shop", "shop.example", tls=False),
    ]
    proposal, project = proposed(tmp_path, Kustomize({"k8s": built}))
    environment, (service,) = project.environment(), project.services
    assert (environment.name, environment.namespace, environment.url) == ("prod", "shop", "http://shop.example")
    assert (environment.overlay, environment.tag_template) == (tmp_path / "k8s", "v{version}")
    assert (service.name, service.image, service.workloads) == ("shop", "shop", (WorkloadRef("Deployment", "shop"),))
    assert service.version_file == tmp_path / "VERSION"
    assert plain(service.source) == BuildSource(tmp_path, tmp_path / "Dockerfile", target="release")
    assert service.health == HealthCheck("/healthz")
    assert doubts(proposal) == {"registry.login_server": "no image of an overlay names a registry"}


def plain(source: BuildSource | None) -> BuildSource | None:
    """Without the overlays' files, which every service's source names."""
    return replace(source, bumped=()) if source else None


def monorepo(root: Path) -> tuple[Path, Kustomize]:
    """Two services built from the root, two overlays, one registry each, and a job that one overlay lacks."""
    names = {"acme/orders": "{0}/orders", "acme/pages": "{0}/web"}
    entries = "".join(f"- name: {name}\n  newName: {new}\n  newTag: '{{1}}'\n" for name, new in names.items())
    images = f"images:\n{entries}- name: postgres\n  newTag: '16'\n"
    plant(
        root,
        {
            "services/orders/Dockerfile": "FROM python\nCOPY services/orders/pyproject.toml libs/ ./\n",
            "services/orders/pyproject.toml": '[project]\ndynamic = ["version"]\n',
            "services/orders/app.py": 'ROUTE = "/orders/health"\nANSWER = {"status": "healthy"}\n',
            "services/orders/tests/test_app.py": 'get("/orders/health/test")\n',
            "libs/x.py": "",
            "services/pages/Dockerfile": "FROM node AS build\nCOPY package.json .\nFROM nginx:1\n",
            "services/pages/package.json": '{"version": "3.0.1"}',
            "node_modules/left/package.json": '{"version": "9.9.9"}',
            "deploy/base/kustomization.yaml": "resources: [all.yaml]\n",
            "deploy/overlays/staging/kustomization.yaml": "resources: [../../base]\nnamespace: acme-s\n"
            + images.format("stage.example/acme", "3.0.0"),
            "deploy/overlays/production/kustomization.yaml": "resources: [../../base]\nnamespace: acme\n"
            + images.format("acme1.azurecr.io/live", "live-3.0.0"),
            "deploy/components/x/kustomization.yaml": "kind: Component\n",
        },
    )

    def built(prefix: str, tag: str) -> list[Mapping[str, Any]]:
        return [
            workload("StatefulSet", "db", "postgres:16"),
            workload("Deployment", "pages", f"{prefix}/web:{tag}"),
            workload("Deployment", "orders", f"{prefix}/orders:{tag}"),
            *exposed("orders", "acme.example", "/orders"),
            *exposed("pages", "acme.example"),
        ]

    job = workload("CronJob", "nightly", "acme1.azurecr.io/live/orders:live-3.0.0")
    return root, Kustomize(
        {
            "staging": built("stage.example/acme", "3.0.0"),
            "production": [job, *built("acme1.azurecr.io/live", "live-3.0.0")],
        },
        {"production": OUTSIDE},
    )


def test_a_monorepo_with_two_registries(tmp_path: Path) -> None:
    proposal, project = proposed(*monorepo(tmp_path))
    staging, production = project.environment("staging"), project.environment()
    assert [e.name for e in project.environments] == ["production", "staging"]
    assert (production.registry.login_server, production.registry.kind) == ("acme1.azurecr.io", "acr")
    assert (staging.registry.login_server, staging.registry.kind) == ("stage.example", "oci")
    assert (production.tag_template, staging.tag_template) == ("live-{version}", "{version}")
    assert (production.kustomize_flags, staging.kustomize_flags) == ((OUTSIDE,), ())
    assert (production.policies.protected, staging.policies.protected) == (True, False)
    orders, pages = project.service("orders"), project.service("pages")
    assert str(production.image_for(orders, "x")) == "acme1.azurecr.io/live/orders:x"
    assert str(staging.image_for(orders, "x")) == "stage.example/acme/orders:x"
    assert orders.workloads == (WorkloadRef("Deployment", "orders"),)
    assert plain(orders.source) == BuildSource(tmp_path, tmp_path / "services/orders/Dockerfile")
    assert orders.version_file is None
    assert "dynamic" in doubts(proposal)["services.orders.version_file"]
    assert orders.health is not None
    assert (orders.health.path, orders.health.expect[0].value) == ("/orders/health", "healthy")
    assert plain(pages.source) == BuildSource(tmp_path / "services/pages", tmp_path / "services/pages/Dockerfile")
    assert pages.version_file == tmp_path / "services/pages/package.json"
    assert pages.health == HealthCheck("/", format="html")
    assert ("services", "(without postgres)") in [(g.key, g.value) for g in proposal.guesses]


def test_a_url_that_two_environments_share_is_doubted(tmp_path: Path) -> None:
    proposal, _ = proposed(*monorepo(tmp_path))
    assert {key for key in doubts(proposal) if key.endswith(".url")} == {
        "environments.production.url",
        "environments.staging.url",
    }


def test_a_repository_of_another_name_is_kept_where_it_is_the_same_everywhere(tmp_path: Path) -> None:
    kustomization = "images:\n- name: api\n  newName: hub.example/team/api-server\n  newTag: v1.0\n"
    plant(tmp_path, {"api/Dockerfile": "FROM scratch\n", "dev/kustomization.yaml": kustomization})
    _, project = proposed(
        tmp_path, Kustomize({"dev": [workload("Deployment", "api", "hub.example/team/api-server:v1.0")]})
    )
    image = project.environment().image_for(project.service("api"), "v2")
    assert str(image) == "hub.example/team/api-server:v2"


def test_an_entry_that_matches_nothing_is_said(tmp_path: Path) -> None:
    files = {
        "api/Dockerfile": "FROM scratch\n",
        "test/kustomization.yaml": "images:\n- name: acme/api\n  newTag: v2.0\n",
    }
    renamed = [workload("Deployment", "api", "hub.example/acme/api:v1.0")]
    proposal, project = proposed(plant(tmp_path, files), Kustomize({"test": renamed}))
    assert doubts(proposal)["services.api.image"] == (
        "its entry in test matches nothing, for a base has renamed it to hub.example/acme/api:v1.0"
    )
    assert project.service("api").image == "acme/api"
    assert str(project.environment("test").image_for(project.service("api"), "x")) == "hub.example/acme/api:x"


def test_an_overlay_without_an_entry_is_told_which_to_add(tmp_path: Path) -> None:
    files = {"api/Dockerfile": "FROM scratch\n", "prod/kustomization.yaml": "resources: [api.yaml]\n"}
    running = [workload("Deployment", "api", "hub.example/acme/api:v1.0")]
    proposal, project = proposed(plant(tmp_path, files), Kustomize({"prod": running}))
    assert project.service("api").image == "hub.example/acme/api"
    assert doubts(proposal)["services.api.image"] == (
        "prod has no `images:` entry for it: add one with `name: hub.example/acme/api`"
    )


@pytest.mark.parametrize("renderer", [None, Kustomize({})])
def test_an_overlay_that_cannot_be_built_is_proposed_from_its_file_and_doubted(
    tmp_path: Path, renderer: Kustomize | None
) -> None:
    kustomization = "namespace: shop\nimages:\n- name: api\n  newName: hub.example/shop/api\n  newTag: v1.0\n"
    plant(tmp_path, {"api/Dockerfile": "FROM scratch\n", "prod/kustomization.yml": kustomization})
    proposal, project = proposed(tmp_path, renderer)
    assert (project.environment().namespace, project.environment().tag_template) == ("shop", "v{version}")
    assert project.service("api").workloads == (WorkloadRef("Deployment", "api"),)
    assert "it could not be built" in doubts(proposal)["environments.prod.overlay"]
    assert "services.api.workloads" in doubts(proposal)


def test_a_tree_without_sources_has_the_services_of_its_own_registry(tmp_path: Path) -> None:
    kustomization = (
        "images:\n- name: api\n  newName: hub.example/shop/api\n  newTag: v1.0\n- name: redis\n  newTag: '7'\n"
    )
    built = [workload("Deployment", "api", "hub.example/shop/api:v1.0"), workload("Deployment", "redis", "redis:7")]
    _, project = proposed(plant(tmp_path, {"prod/kustomization.yaml": kustomization}), Kustomize({"prod": built}))
    assert [(s.name, s.source) for s in project.services] == [("api", None)]


def test_overlays_of_the_same_name_are_told_apart_by_the_folders_above(tmp_path: Path) -> None:
    files = {
        f"{n}/k8s/overlays/prod/kustomization.yaml": f"images:\n- name: {n}\n  newTag: v1.0\n" for n in ("api", "web")
    }
    plant(tmp_path, {**files, "api/Dockerfile": "FROM scratch\n", "web/Dockerfile": "FROM scratch\n"})
    _, project = proposed(tmp_path, Kustomize({"prod": [workload("Deployment", "api", "api:v1.0")]}))
    assert [e.name for e in project.environments] == ["api-prod", "web-prod"]


CONFIG = """\
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://10.0.0.1:6443"}}]
contexts:
- {name: NAME, context: {cluster: c, user: u, namespace: NAMESPACE}}
users: [{name: u, user: {token: hush}}]
"""


@pytest.mark.parametrize(
    ("path", "name", "namespace", "kubeconfig"),
    [
        ("config", "admin@prod", "", ""),
        ("config", "anything", "shop", ""),
        ("config-ack-prod", "kubernetes-admin-c1", "", "home/.kube/config-ack-prod"),
        ("config", "other", "other", None),
    ],
)
def test_the_cluster_is_the_context_that_speaks_of_the_environment(
    tmp_path: Path, path: str, name: str, namespace: str, kubeconfig: str | None
) -> None:
    kustomization = "namespace: shop\nimages:\n- name: api\n  newTag: v1.0\n"
    plant(tmp_path, {"api/Dockerfile": "FROM scratch\n", "prod/kustomization.yaml": kustomization})
    plant(tmp_path, {f"home/.kube/{path}": CONFIG.replace("NAMESPACE", namespace or '""').replace("NAME", name)})
    proposal, project = proposed(tmp_path, Kustomize({"prod": [workload("Deployment", "api", "api:v1.0")]}))
    found = project.environment()
    if kubeconfig is None:
        assert (found.kubeconfig, found.context, found.api_server) == (None, "", "")
    else:
        assert found.kubeconfig == (tmp_path / kubeconfig if kubeconfig else None)
        assert (found.context, found.api_server) == (name, "https://10.0.0.1:6443")
        assert "environments.prod.api_server" in doubts(proposal)
    assert "hush" not in proposal.text


def test_a_kubeconfig_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    plant(tmp_path, {"api/Dockerfile": "FROM scratch\n", "prod/kustomization.yaml": "images: [{name: api}]\n"})
    plant(tmp_path, {"home/.kube/config": "a: [\n", "home/.kube/x": "- 1\n", "home/.kube/y": "clusters: 3\n"})
    _, project = proposed(tmp_path, Kustomize({"prod": [workload("Deployment", "api", "api:v1.0")]}))
    assert project.environment().context == ""


def test_a_tree_without_overlays_or_services_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no kustomization"):
        propose(tmp_path, None, {})
    plant(tmp_path, {"api/Dockerfile": "FROM scratch\n", "prod/kustomization.yaml": "images: [{name: redis}]\n"})
    with pytest.raises(Refused) as caught:
        propose(tmp_path, Kustomize({"prod": [workload("Deployment", "redis", "redis")]}), {})
    assert caught.value.problem.evidence == ("used, but nothing here builds it: redis",)


def test_an_existing_file_is_kept_without_force(tmp_path: Path) -> None:
    assert check_free(tmp_path, force=False) == tmp_path / "deployctl.toml"
    plant(tmp_path, {"deployctl.toml": "mine"})
    with pytest.raises(UsageError) as caught:
        check_free(tmp_path, force=False)
    assert caught.value.problem.action == "overwrite it with --force"
    assert check_free(tmp_path, force=True) == tmp_path / "deployctl.toml"
