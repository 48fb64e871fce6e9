"""A plain HTTP client of the cluster that $KUBECONFIG names: what a test compares the sandbox with."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from schema_cases import NAMESPACE, Object, kind_of

TYPES = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}


@dataclass(frozen=True)
class Answered:
    status: int
    body: Object

    @property
    def refused(self) -> bool:
        return self.status >= 300

    @property
    def causes(self) -> list[Object]:
        found: list[Object] = (self.body.get("details") or {}).get("causes") or []
        return found


class RealApi:
    """Client certificates only, which is what the lab's kubeconfig has."""

    def __init__(self) -> None:
        config = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text(encoding="utf-8"))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        context = ssl.create_default_context(cafile=cluster["certificate-authority"])
        context.load_cert_chain(user["client-certificate"], user["client-key"])
        server = urllib.parse.urlsplit(cluster["server"])
        self.connection = http.client.HTTPSConnection(server.hostname or "", server.port, context=context, timeout=30)

    def call(
        self, method: str, path: str, body: Any = None, *, type: str = "application/json", **query: str
    ) -> Answered:
        if query:
            path += "?" + urllib.parse.urlencode(query)
        headers = {"Content-Type": type, "Accept": "application/json"}
        self.connection.request(method, path, None if method in ("GET", "DELETE") else json.dumps(body), headers)
        response = self.connection.getresponse()
        return Answered(response.status, json.loads(response.read()))

    def make_namespace(self) -> None:
        """Waits for one that an earlier run is still deleting."""
        for _ in range(600):
            made = self.call("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
            live = self.call("GET", f"/api/v1/namespaces/{NAMESPACE}").body
            if not made.refused or (live.get("status") or {}).get("phase") == "Active":
                return
            time.sleep(0.25)
        raise TimeoutError(f"namespace {NAMESPACE} is still terminating")

    def drop_namespace(self) -> None:
        self.call("DELETE", f"/api/v1/namespaces/{NAMESPACE}")


def collection(obj: Object) -> str:
    kind = kind_of(obj)
    space = f"/namespaces/{NAMESPACE}" if kind.namespaced else ""
    return f"/{'apis' if kind.group else 'api'}/{kind.api_version}{space}/{kind.plural}"


def single(obj: Object) -> str:
    return f"{collection(obj)}/{obj['metadata']['name']}"
