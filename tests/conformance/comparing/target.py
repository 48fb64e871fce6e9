"""A cluster that answers: kubectl, plain HTTP and skopeo, with the administrator's or another's credentials."""

from __future__ import annotations

import base64
import http.client
import json
import os
import shlex
import ssl
import subprocess
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

LONGEST = 240
"""Seconds that a command may take."""


@dataclass(frozen=True)
class Raw:
    """What came back, as it came. `code` is an exit code or an HTTP status."""

    code: int
    out: str
    err: str = ""
    body: Any = None
    """The parsed answer of an HTTP request."""


@dataclass
class Target:
    """`open` and `private` are where skopeo reaches the registries that manifests call by the same names everywhere."""

    name: str
    kubeconfig: Path
    folder: Path
    open: str
    private: str
    _config: dict[str, Any] = field(default_factory=dict)
    _environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    """As it was once: pytest changes its own while other threads read it."""

    def __post_init__(self) -> None:
        self._config = yaml.safe_load(self.kubeconfig.read_text(encoding="utf-8"))
        self.folder.mkdir(parents=True, exist_ok=True)

    def kubectl(self, command: str, stdin: str = "", token: str = "", editor: str = "") -> Raw:
        environment = {
            **self._environment,
            "KUBECONFIG": str(self._kubeconfig(token)),
            "KUBECACHEDIR": str(self.folder / "cache"),
            "KUBE_EDITOR": editor,
            "LC_ALL": "C",
        }
        argv = ["kubectl", *shlex.split(command)]
        try:
            done = subprocess.run(
                argv, input=stdin, capture_output=True, text=True, env=environment, timeout=LONGEST, check=False
            )
        except subprocess.TimeoutExpired:
            return Raw(-1, "", f"no end within {LONGEST} s")
        return Raw(done.returncode, done.stdout, done.stderr)

    def _kubeconfig(self, token: str) -> Path:
        """With a token: a file of the same cluster, without the administrator's credentials."""
        if not token:
            return self.kubeconfig
        file = self.folder / f"{abs(hash(token)):x}.kubeconfig"
        if not file.exists():
            user = [{"name": "limited", "user": {"token": token}}]
            context = {"cluster": self._config["clusters"][0]["name"], "user": "limited"}
            contexts = [{"name": "limited", "context": context}]
            config = {**self._config, "users": user, "contexts": contexts, "current-context": "limited"}
            file.touch(mode=0o600)
            file.write_text(json.dumps(config), encoding="utf-8")
        return file

    def connection(self, token: str = "", timeout: float = 30) -> tuple[http.client.HTTPSConnection, dict[str, str]]:
        cluster, user = self._config["clusters"][0]["cluster"], self._config["users"][0]["user"]
        authority = cluster.get("certificate-authority")
        data = base64.b64decode(cluster.get("certificate-authority-data", "")).decode() or None
        context = ssl.create_default_context(cafile=authority, cadata=data)
        headers = {"User-Agent": "conformance/1"}
        if token or "token" in user:
            headers["Authorization"] = f"Bearer {token or user['token']}"
        else:
            context.load_cert_chain(user["client-certificate"], user["client-key"])
        server = urllib.parse.urlsplit(cluster["server"])
        return http.client.HTTPSConnection(
            server.hostname or "", server.port, context=context, timeout=timeout
        ), headers

    def call(self, method: str, path: str, body: Any = None, type: str = "", accept: str = "", token: str = "") -> Raw:
        connection, headers = self.connection(token)
        headers["Accept"] = accept or "application/json"
        if body is not None:
            headers["Content-Type"] = type or "application/json"
        sent = body if body is None or isinstance(body, str) else json.dumps(body)
        try:
            connection.request(method, path, sent, headers)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
            notes = [f"Content-Type: {response.getheader('Content-Type')}"]
            notes += [f"Warning: {w}" for w in response.msg.get_all("Warning") or ()]
            return Raw(response.status, text, "\n".join(notes), _parsed(text))
        except OSError as error:
            return Raw(-1, "", str(error))
        finally:
            connection.close()

    def skopeo(self, command: str) -> Raw:
        words = shlex.split(command)
        done = subprocess.run(
            ["skopeo", "--insecure-policy", *words], capture_output=True, text=True, timeout=60, check=False
        )
        return Raw(done.returncode, done.stdout, done.stderr)


def _parsed(text: str) -> Any:
    """An object as JSON or YAML, or a watch's events; None for any other text."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        pass
    if text.startswith("apiVersion:"):
        return yaml.safe_load(text)
    lines = [line for line in text.splitlines() if line]
    try:
        return [json.loads(line) for line in lines] if lines and lines[0].startswith("{") else None
    except json.JSONDecodeError:
        return None
