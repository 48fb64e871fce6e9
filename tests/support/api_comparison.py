"""The same calls made to the sandbox and to a real API server, and what of the answers is compared."""

from __future__ import annotations

import base64
import difflib
import http.client
import json
import re
import ssl
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from served_api import TABLE

NAMESPACE = "api-compare"
STEPS = Path(__file__).parents[1] / "data/api"
TYPES = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}
SECRET = {"ca.crt", "token"}
ONES_OWN = {"resourceVersion", "continue", "uid"}
_TIME = re.compile(r"20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ADDRESS = re.compile(r"10\.\d+\.\d+\.\d+")
_NODE_PORT = re.compile(r"\b3[0-2]\d\d\d\b")
_SUFFIX = re.compile(r"(kube-api-access|gen)-[a-z0-9]{5}\b")
_AGE = re.compile(r"\d+[smhd](\d+s)?")


@dataclass(frozen=True)
class Step:
    """A call, a pause, or a token to be asked for; `differs` says why answers may not be the same."""

    method: str = ""
    path: str = ""
    body: Any = None
    content_type: str = "application/json"
    accept: str = "application/json"
    identity: str = ""
    differs: str = ""
    pause: float = 0
    token: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path} {json.dumps(self.body) if self.body is not None else ''}"


def steps(file: str) -> list[Step]:
    text = (STEPS / file).read_text(encoding="utf-8").replace("{ns}", NAMESPACE)
    return [_step(row) for row in yaml.safe_load(text)]


def _step(row: Mapping[str, Any]) -> Step:
    if "call" not in row:
        return Step(pause=row.get("pause", 0), token=row.get("token", ""))
    method, _, path = row["call"].partition(" ")
    accept = row.get("accept", "application/json")
    return Step(
        method,
        path,
        row.get("body"),
        TYPES.get(row.get("type", ""), "application/json"),
        TABLE if accept == "table" else accept,
        row.get("as", ""),
        row.get("differs", ""),
    )


@dataclass
class Side:
    """One of the two servers, by its kubeconfig."""

    kubeconfig: Path
    token: str = ""
    _server: urllib.parse.SplitResult = field(init=False)
    _admin: ssl.SSLContext = field(init=False)
    _plain: ssl.SSLContext = field(init=False)
    _authorization: str = field(init=False, default="")

    def __post_init__(self) -> None:
        config = yaml.safe_load(self.kubeconfig.read_text(encoding="utf-8"))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self._server = urllib.parse.urlsplit(cluster["server"])
        self._admin, self._plain = _trusting(cluster), _trusting(cluster)
        if "client-certificate" in user:
            self._admin.load_cert_chain(user["client-certificate"], user["client-key"])
        else:
            self._authorization = f"Bearer {user['token']}"

    def answer(self, step: Step) -> list[Any]:
        """Status, content type, warnings, body."""
        identity = f"Bearer {self.token}" if step.identity == "token" else step.identity
        context = self._plain if identity else self._admin
        headers = {"Accept": step.accept, "User-Agent": "compare/1"}
        if identity or self._authorization:
            headers["Authorization"] = identity or self._authorization
        content = None
        if step.body is not None:
            headers["Content-Type"] = step.content_type
            content = step.body if isinstance(step.body, str) else json.dumps(step.body)
        host, port = self._server.hostname or "", self._server.port
        connection = http.client.HTTPSConnection(host, port, context=context, timeout=40)
        connection.request(step.method, step.path, content, headers)
        got = connection.getresponse()
        data = got.read()
        connection.close()
        return [got.status, got.getheader("Content-Type"), got.msg.get_all("Warning"), _document(data)]

    def prepare(self) -> None:
        """A fresh namespace, furnished."""
        space = f"/api/v1/namespaces/{NAMESPACE}"
        made = Step("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        wait(lambda: self.answer(made)[0] == 201 or not self.answer(Step("DELETE", space)))
        for path in ("serviceaccounts/default", "configmaps/kube-root-ca.crt"):
            furnished = Step("GET", f"{space}/{path}")
            wait(partial(self.is_there, furnished))

    def is_there(self, step: Step) -> bool:
        return bool(self.answer(step)[0] == 200)

    def take_token(self, account: str) -> None:
        path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{account}/token"
        self.token = self.answer(Step("POST", path, {"spec": {}}))[3]["status"]["token"]


def wait(true: Any) -> None:
    deadline = time.monotonic() + 60
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("the server is not ready for a comparison")
        time.sleep(0.25)


def _trusting(cluster: Mapping[str, str]) -> ssl.SSLContext:
    if "certificate-authority" in cluster:
        return ssl.create_default_context(cafile=cluster["certificate-authority"])
    return ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())


def _document(data: bytes) -> Any:
    text = data.decode(errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return [json.loads(line) for line in text.splitlines()]
    except ValueError:
        return text


def comparable(value: Any, key: str = "") -> Any:
    """An answer without what is each server's own: names that it made up, times, addresses, descriptions of columns."""
    if isinstance(value, dict):
        dropped = {"description"} if "priority" in value and "format" in value else set()
        return {k: comparable(v, k) for k, v in value.items() if k not in dropped}
    if isinstance(value, list):
        return [comparable(v, key) for v in value]
    if key in ONES_OWN | SECRET | {"remainingItemCount"}:
        return f"<{key}>"
    if key == "nodePort" and value >= 30000:
        return "<port>"
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    if _AGE.fullmatch(text):
        return "<age>"
    for pattern, shown in ((_UID, "<uid>"), (_TIME, "<time>"), (_ADDRESS, "<address>"), (_NODE_PORT, "<port>")):
        text = pattern.sub(shown, text)
    return _SUFFIX.sub(r"\1-<suffix>", text)


def differences(real: Side, sandbox: Side, planned: list[Step]) -> Iterator[tuple[Step, str]]:
    """Every call whose answers are not the same, with a diff."""
    for step in planned:
        if step.pause:
            time.sleep(step.pause)
        elif step.token:
            real.take_token(step.token)
            sandbox.take_token(step.token)
        else:
            left, right = (_shown(side.answer(step)) for side in (real, sandbox))
            if left != right:
                yield step, "\n".join(difflib.unified_diff(left, right, "real", "sandbox", lineterm="", n=1))


def _shown(answer: list[Any]) -> list[str]:
    return json.dumps(comparable(answer), indent=1, sort_keys=True).splitlines()
