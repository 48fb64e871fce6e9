"""The files by which clients trust and find a sandbox: kubeconfig and certificate bundles."""

from __future__ import annotations

import base64
import json
import ssl
from pathlib import Path

CONTEXT = "sandbox"


def write_kubeconfig(file: Path, url: str, authority: bytes, token: str, context: str = CONTEXT) -> None:
    """One cluster, one user by token, one context that is the current one. JSON is YAML."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "clusters": [
            {
                "name": context,
                "cluster": {"server": url, "certificate-authority-data": base64.b64encode(authority).decode()},
            }
        ],
        "users": [{"name": context, "user": {"token": token}}],
        "contexts": [{"name": context, "context": {"cluster": context, "user": context, "namespace": "default"}}],
    }
    file.touch(mode=0o600)
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def write_bundle(file: Path, authority: bytes) -> None:
    """The sandbox's authority after those that this machine trusts already."""
    public = b""
    for candidate in (ssl.get_default_verify_paths().cafile, _certifi()):
        if candidate and Path(candidate).is_file():
            public = Path(candidate).read_bytes()
            break
    file.write_bytes(public.rstrip(b"\n") + b"\n" + authority)


def _certifi() -> str | None:
    try:
        import certifi  # noqa: PLC0415  # comes with requests; only a fallback
    except ImportError:
        return None
    return certifi.where()
