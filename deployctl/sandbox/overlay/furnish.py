"""What an overlay needs and does not bring, as objects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.overlay.guess import secret_value, services_of
from deployctl.sandbox.overlay.needs import Needs, namespace_of
from deployctl.sandbox.scenario.model import RegistrySpec

CLASSES: Mapping[str, Object] = {
    "IngressClass": {"apiVersion": "networking.k8s.io/v1", "spec": {"controller": "k8s.io/ingress-nginx"}},
    "StorageClass": {"apiVersion": "storage.k8s.io/v1", "provisioner": "sandbox.deployctl.io/memory"},
    "PriorityClass": {"apiVersion": "scheduling.k8s.io/v1", "value": 1000},
}


def missing_objects(objects: list[Object], needs: Needs, registries: Iterable[RegistrySpec]) -> list[Object]:
    """Namespaces, classes, accounts, ConfigMaps, Secrets and pull secrets, in that order."""
    brought = {(str(o.get("kind")), namespace_of(o), str(o["metadata"]["name"])) for o in objects}
    services = services_of(objects)
    made: list[Object] = []
    for namespace in sorted(needs.namespaces - {"default"}):
        if not any(kind == "Namespace" and name == namespace for kind, _, name in brought):
            made.append(_object("v1", "Namespace", namespace))
    made += [{"kind": kind, "metadata": {"name": name}, **CLASSES[kind]} for kind, name in sorted(needs.classes)]
    for namespace, name in sorted(needs.accounts):
        if name != "default" and ("ServiceAccount", namespace, name) not in brought:
            made.append(_object("v1", "ServiceAccount", name, namespace))
    for (namespace, name), keys in sorted(needs.configs.items()):
        if ("ConfigMap", namespace, name) not in brought and name != "kube-root-ca.crt":
            data = {key: secret_value(key, services) for key in sorted(keys)}
            made.append({**_object("v1", "ConfigMap", name, namespace), "data": data})
    for (namespace, name), keys in sorted(needs.secrets.items()):
        if ("Secret", namespace, name) not in brought:
            made.append(_secret(namespace, name, {key: secret_value(key, services) for key in sorted(keys)}))
    pulls = sorted(p for p in needs.pull_secrets if ("Secret", *p) not in brought)
    return made + [pull_secret(namespace, name, registries) for namespace, name in pulls]


def pull_secret(namespace: str, name: str, registries: Iterable[RegistrySpec]) -> Object:
    """A docker config with a credential for every registry that has accounts: the least that may pull."""
    auths: dict[str, Any] = {}
    for registry in registries:
        if registry.accounts:
            chosen = min(registry.accounts, key=lambda account: "admin" in account.roles)
            auths[registry.host] = {"username": chosen.username, "password": chosen.password}
    body = _secret(namespace, name, {".dockerconfigjson": json.dumps({"auths": auths})})
    return {**body, "type": "kubernetes.io/dockerconfigjson"}


def _secret(namespace: str, name: str, data: Mapping[str, str]) -> Object:
    return {**_object("v1", "Secret", name, namespace), "type": "Opaque", "stringData": dict(data)}


def _object(version: str, kind: str, name: str, namespace: str = "") -> Object:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata}
