"""The calls of ACR Tasks, as values: nothing here talks to anybody. `R` is a registry's resource id."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from deployctl.adapters.builds.call import Call
from deployctl.model.image import Image
from deployctl.model.json import Json
from deployctl.ports import BuildOrder

TASKS = "2025-03-01-preview"
REGISTRIES = "2025-03-01-preview"
RESOURCES = "2024-11-01"
IMPORTS = "2025-11-01"
SUBSCRIPTIONS = "2022-12-01"
TYPE = "Microsoft.ContainerRegistry/registries"
SHORTEST, LONGEST = 300, 28800
"""Seconds that Azure accepts as a run's timeout."""


def list_subscriptions() -> Call:
    return Call("GET", "/subscriptions", SUBSCRIPTIONS)


def list_registries(subscription: str) -> Call:
    wanted = {"$filter": f"resourceType eq '{TYPE}'"}
    return Call("GET", f"/subscriptions/{subscription}/resources", RESOURCES, wanted)


def get_registry(resource: str) -> Call:
    return Call("GET", resource, REGISTRIES)


def upload_url(resource: str) -> Call:
    return Call("POST", f"{resource}/listBuildSourceUploadUrl", TASKS)


def schedule(resource: str, body: Json) -> Call:
    return Call("POST", f"{resource}/scheduleRun", TASKS, body=body, repeatable=False)


def get_run(resource: str, run: str) -> Call:
    return Call("GET", f"{resource}/runs/{run}", TASKS)


def list_runs(resource: str) -> Call:
    return Call("GET", f"{resource}/runs", TASKS, {"$top": "10"})


def log_url(resource: str, run: str) -> Call:
    return Call("POST", f"{resource}/runs/{run}/listLogSasUrl", TASKS)


def cancel(resource: str, run: str) -> Call:
    return Call("POST", f"{resource}/runs/{run}/cancel", TASKS)


def import_image(resource: str, body: Json) -> Call:
    """Twice would find its own tag taken."""
    return Call("POST", f"{resource}/importImage", IMPORTS, body=body, repeatable=False)


def at_location(url: str) -> Call:
    """How an operation does, or the next page of a list, by the address that Azure gave for it; the host that is asked
    is Azure's own, whatever it says."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return Call("GET", parts.path, query.pop("api-version", IMPORTS), query)


def import_request(origin: str, source: Image, target: Image) -> dict[str, Any]:
    """The body of importImage: by digest, and never over a tag that exists. `origin` is the source's resource id."""
    return {
        "source": {"resourceId": origin, "sourceImage": f"{source.repository}@{source.digest}"},
        "targetTags": [f"{target.repository}:{target.tag}"],
        "mode": "NoForce",
    }


def resource_id(subscription: str, group: str, name: str) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{TYPE}/{name}"


def build_request(
    order: BuildOrder, *, source: str, dockerfile: str, timeout: float, agent_pool: str, abac: bool
) -> dict[str, Any]:
    """The body of scheduleRun. `source` is the uploaded context's relative path, `dockerfile` its name in there,
    `timeout` the seconds that the run itself may take, its time in the queue not counted."""
    os, _, architecture = order.source.platform.partition("/")
    architecture, _, variant = architecture.partition("/")
    platform = {"os": os, "architecture": architecture, **({"variant": variant} if variant else {})}
    body: dict[str, Any] = {
        "type": "DockerBuildRequest",
        "imageNames": [f"{order.image.repository}:{order.image.tag}"],
        "isPushEnabled": True,
        "sourceLocation": source,
        "dockerFilePath": dockerfile,
        "platform": platform,
        "arguments": [{"name": a.name, "value": a.value, "isSecret": a.secret} for a in order.source.arguments],
        "timeout": round(min(max(timeout, SHORTEST), LONGEST)),
    }
    if order.source.target:
        body["target"] = order.source.target
    if order.source.no_cache:
        body["noCache"] = True
    if agent_pool:
        body["agentPoolName"] = agent_pool
    if abac:
        body["credentials"] = {"sourceRegistry": {"identity": "[caller]"}}
    return body
