"""The credentials that a pod brings for an image: imagePullSecrets of the pod, parsed and matched by host and path."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from deployctl.sandbox.contracts import DockerAuth, Object
from deployctl.sandbox.nodes.images import Reference


def auths_for(reference: Reference, secrets: Iterable[Object]) -> tuple[DockerAuth, ...]:
    """Every entry that matches the image's registry and path, the most specific first."""
    found = [
        (pattern, auth) for secret in secrets for pattern, auth in _entries(secret) if _matches(pattern, reference)
    ]
    return tuple(auth for _, auth in sorted(found, key=lambda item: len(item[0]), reverse=True))


def _entries(secret: Object) -> list[tuple[str, DockerAuth]]:
    data = secret.get("data") or {}
    try:
        if ".dockerconfigjson" in data:
            listed = json.loads(base64.b64decode(data[".dockerconfigjson"])).get("auths") or {}
        elif ".dockercfg" in data:
            listed = json.loads(base64.b64decode(data[".dockercfg"]))
        else:
            return []
        return [(_plain(host), _auth(host, entry)) for host, entry in listed.items()]
    except (ValueError, binascii.Error, AttributeError, TypeError):
        return []  # a kubelet passes over what it cannot read, and the pull goes out anonymous


def _auth(host: str, entry: dict[str, Any]) -> DockerAuth:
    user, password = entry.get("username", ""), entry.get("password", "")
    if entry.get("auth"):
        user, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
    return DockerAuth(_plain(host), user, password)


def _plain(host: str) -> str:
    """`https://index.docker.io/v1/` and its like as host and path."""
    bare = host.removeprefix("https://").removeprefix("http://").rstrip("/")
    for suffix in ("/v1", "/v2"):
        bare = bare.removesuffix(suffix)
    return "docker.io" if bare in ("index.docker.io", "registry-1.docker.io") else bare


def _matches(pattern: str, reference: Reference) -> bool:
    host, _, path = pattern.partition("/")
    if not fnmatchcase(reference.host, host) or host.count(".") != reference.host.count("."):
        return False
    return not path or f"{reference.path}/".startswith(f"{path}/")
