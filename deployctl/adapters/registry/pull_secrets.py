"""Pull secrets as the kubelet reads them: `kubernetes.io/dockerconfigjson`, and the older `dockercfg`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from deployctl.adapters.registry.credential import Found, Lacking, RefreshToken
from deployctl.adapters.registry.docker_config import parse_entry
from deployctl.adapters.registry.hosts import kubelet_key_fits, kubelet_key_weight
from deployctl.model.image import Image
from deployctl.model.json import Json, mapping


def find_pull_logins(secrets: Mapping[str, bytes], image: Image) -> tuple[Found | Lacking, ...]:
    """Every login that a node would try for the image, in its order; else what each secret lacks.

    A secret's body is the value of `.dockerconfigjson` or `.dockercfg`.
    """
    if not secrets:
        return (Lacking("pull secret", "the namespace has no pull secret"),)
    found: list[Found] = []
    lacking: list[Lacking] = []
    for name, body in sorted(secrets.items()):
        logins = tuple(_logins(f"Secret/{name}", _auths(body), image))
        found.extend(logins)
        if not logins:
            lacking.append(Lacking(f"Secret/{name}", _why(_auths(body), image.host)))
    return tuple(found) or tuple(lacking)


def _auths(body: bytes) -> Json | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    if not isinstance(document, dict):
        return None
    return mapping(document, "auths") if "auths" in document else document


def _logins(source: str, auths: Json | None, image: Image) -> Iterator[Found]:
    fitting = (key for key in auths or {} if kubelet_key_fits(key, image.host, image.repository))
    for key in sorted(fitting, key=kubelet_key_weight):
        credential = parse_entry((auths or {})[key])
        # The kubelet has no use for identity tokens: a node could not pull with one.
        if credential and not isinstance(credential, RefreshToken):
            yield Found(source, credential)


def _why(auths: Json | None, host: str) -> str:
    if auths is None:
        return "its content is not a docker config"
    hosts = ", ".join(sorted(auths)) or "none"
    return f"it has no usable entry for {host} (its entries: {hosts})"
