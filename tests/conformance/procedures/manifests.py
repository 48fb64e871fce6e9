"""Objects that procedures apply, as YAML text."""

from __future__ import annotations

from typing import Any

import yaml

WEB = "$OPEN/conf/web:v1"
Object = dict[str, Any]


def text(*objects: Object) -> str:
    return yaml.safe_dump_all(objects, sort_keys=False)


def named(api: str, kind: str, name: str, **rest: Any) -> Object:
    metadata = {"name": name, **rest.pop("metadata", {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}


def container(image: str = WEB, **rest: Any) -> Object:
    return {"name": "web", "image": image, **rest}


def shell(script: str, **rest: Any) -> Object:
    """A container that runs a script."""
    return container(command=["/bin/sh", "-c", script], **rest)


def pod_spec(*containers: Object, **rest: Any) -> Object:
    return {"terminationGracePeriodSeconds": 1, "containers": list(containers or [container()]), **rest}


def pod(name: str = "web", *containers: Object, labels: Object | None = None, **rest: Any) -> Object:
    return named("v1", "Pod", name, metadata={"labels": labels or {"app": name}}, spec=pod_spec(*containers, **rest))


def gated(spec: Object) -> Object:
    """A pod's spec whose containers do not start before there is a ConfigMap `gate`."""
    first, *rest = spec["containers"]
    first = {**first, "volumeMounts": [{"name": "gate", "mountPath": "/gate"}]}
    return {**spec, "containers": [first, *rest], "volumes": [{"name": "gate", "configMap": {"name": "gate"}}]}


def gated_pod(name: str = "web", *containers: Object, **rest: Any) -> Object:
    made = pod(name, *containers, **rest)
    return {**made, "spec": gated(made["spec"])}


def template(name: str, *containers: Object, annotations: Object | None = None, **rest: Any) -> Object:
    metadata: Object = {"labels": {"app": name}}
    if annotations:
        metadata["annotations"] = annotations
    return {"metadata": metadata, "spec": pod_spec(*containers, **rest)}


def deployment(name: str = "web", image: str = WEB, replicas: int = 1, **rest: Any) -> Object:
    """`pod` replaces the template; the rest goes into the spec."""
    made = rest.pop("pod", None) or template(name, container(image))
    metadata = rest.pop("metadata", {})
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": made, **rest}
    return named("apps/v1", "Deployment", name, metadata=metadata, spec=spec)


def stateful_set(name: str = "db", image: str = WEB, replicas: int = 2, **rest: Any) -> Object:
    made = rest.pop("pod", None) or template(name, container(image))
    selector = {"matchLabels": {"app": name}}
    spec = {"serviceName": name, "replicas": replicas, "selector": selector, "template": made, **rest}
    return named("apps/v1", "StatefulSet", name, spec=spec)


def daemon_set(name: str = "agent", image: str = WEB, **rest: Any) -> Object:
    made = rest.pop("pod", None) or template(name, container(image))
    return named(
        "apps/v1", "DaemonSet", name, spec={"selector": {"matchLabels": {"app": name}}, "template": made, **rest}
    )


def job(name: str, script: str, **rest: Any) -> Object:
    made = {"spec": pod_spec(shell(script), restartPolicy=rest.pop("restart", "Never"))}
    return named("batch/v1", "Job", name, spec={"template": made, **rest})


def cron_job(name: str, script: str, schedule: str = "0 3 * * *", **rest: Any) -> Object:
    template_ = {"spec": job(name, script)["spec"]}
    return named("batch/v1", "CronJob", name, spec={"schedule": schedule, "jobTemplate": template_, **rest})


def service(name: str = "web", port: int = 80, target: int | str = 8000, **rest: Any) -> Object:
    spec = {"selector": {"app": name}, "ports": [{"port": port, "targetPort": target}], **rest}
    return named("v1", "Service", name, spec=spec)


def config_map(name: str = "settings", **data: str) -> Object:
    return named("v1", "ConfigMap", name, data=data)


def secret(name: str = "keys", **data: str) -> Object:
    return named("v1", "Secret", name, stringData=data)


def probe(path: str = "/api/health", **rest: Any) -> Object:
    return {"httpGet": {"path": path, "port": 8000}, "periodSeconds": 1, "initialDelaySeconds": 1, **rest}


def ready(image: str = WEB, path: str = "/api/health", delay: int = 1, **rest: Any) -> Object:
    """A container with a quick readiness probe. With a longer delay even a busy kubelet tells that it runs first."""
    return container(image, readinessProbe=probe(path, initialDelaySeconds=delay), **rest)
