"""The namespace's registry credentials, for the registry adapter alone: their values never leave the adapters."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from deployctl.adapters.kubernetes import paths
from deployctl.adapters.kubernetes.connection import Connection, Request
from deployctl.model.json import items, text

KEYS = {"kubernetes.io/dockerconfigjson": ".dockerconfigjson", "kubernetes.io/dockercfg": ".dockercfg"}
"""Type of Secret -> the key that holds the login file."""


def read_pull_secrets(connection: Connection, namespace: str) -> Mapping[str, bytes]:
    """Name -> the login file of every registry Secret in the namespace; empty when they may not be read.

    Raises Unavailable.
    """
    found: dict[str, bytes] = {}
    for kind, key in KEYS.items():
        query = (("fieldSelector", f"type={kind}"),)
        answer = connection.send(Request("GET", paths.collection(paths.SECRETS, namespace), query))
        for body in items(answer.json(), "items") if answer.ok else ():
            try:
                found[text(body, "metadata", "name")] = base64.b64decode(text(body, "data", key))
            except binascii.Error:
                continue  # the API server takes any base64; what is none of ours to read counts as absent
    return found
