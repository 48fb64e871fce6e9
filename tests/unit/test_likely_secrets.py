"""Files that should not travel, and those that only look like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployctl.adapters.context.contexts import LocalContexts
from deployctl.model.rules.likely_secrets import secret_by_content, secret_by_name
from deployctl.model.service import BuildSource


@pytest.mark.parametrize(
    "path",
    [".env", "app/.env.production", "prod.env", "home/.ssh/id_ed25519", "deploy/kubeconfig", "k/prod.kubeconfig",
     ".npmrc", "a/.netrc", ".kube/config", ".kube/config-prod", ".docker/config.json", ".aws/credentials", "x.pfx",
     "state/terraform.tfstate", "secrets.yaml", ".git/config", "ID_RSA"],
)  # fmt: skip
def test_a_name_is_enough(path: str) -> None:
    assert secret_by_name(path)


@pytest.mark.parametrize(
    "path",
    [".env.example", "id_rsa.pub", "app/environment.py", "docs/env.md", "config.yaml", "keys.py", "x.pem"],
)  # fmt: skip
def test_a_name_is_not(path: str) -> None:
    assert not secret_by_name(path)


KUBECONFIG = b"apiVersion: v1\nkind: Config\nclusters: []\nusers:\n- user: {client-key-data: abc}\n"


def test_the_content_tells_keys_and_kubeconfigs_from_certificates_and_manifests(tmp_path: Path) -> None:
    for name, content in {
        "Dockerfile": b"FROM scratch\n",
        "tls/server.pem": b"-----BEGIN CERTIFICATE-----\nx\n",
        "tls/server.key": b"-----BEGIN EC PRIVATE KEY-----\nx\n",
        "deploy/access.yaml": KUBECONFIG,
        "deploy/app.yaml": b"kind: Deployment\n",
        "bad\x1bname\n.env": b"A=b\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    listing = LocalContexts().listing(BuildSource(tmp_path, tmp_path / "Dockerfile"))
    assert [(one.name, one.why) for one in listing.suspects] == [
        ("bad\\x1bname\\n.env", "environment variables, often passwords"),
        ("deploy/access.yaml", "access to a cluster"),
        ("tls/server.key", "a private key"),
    ]
    assert not secret_by_content(b"kind: Config\nclusters: []\n")
