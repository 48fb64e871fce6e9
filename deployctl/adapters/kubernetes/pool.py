"""A connection pool to one API server, as its kubeconfig's entry says: whom to trust, what to show, by which proxy."""

from __future__ import annotations

import base64
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import urllib3
from urllib3.util.ssl_ import create_urllib3_context

from deployctl.adapters.kubernetes.kubeconfig import Context
from deployctl.adapters.proxy import bypassed, no_proxy, proxy_for
from deployctl.model.json import Json, text

if TYPE_CHECKING:
    from deployctl.adapters.kubernetes.exec_plugin import ExecCredential

POOL_SIZE = 16
"""Connections kept open; more than are ever used at once."""


@dataclass(frozen=True)
class ClientCertificate:
    """What we show the server; PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


def client_certificate(context: Context, credential: ExecCredential | None) -> ClientCertificate | None:
    """The plugin's, else the user's own. Raises OSError, ValueError when it cannot be read."""
    if credential and credential.certificate:
        return ClientCertificate(credential.certificate.encode(), credential.key.encode())
    certificate = _content(context.user, "client-certificate", context.user_folder)
    key = _content(context.user, "client-key", context.user_folder)
    return ClientCertificate(certificate, key or b"") if certificate else None


def open_pool(
    context: Context, certificate: ClientCertificate | None, environ: Mapping[str, str]
) -> urllib3.PoolManager:
    """Contacts nothing. Raises OSError, ValueError for what the entry names and cannot be used, ImportError for a SOCKS
    proxy without PySocks."""
    tls = _context(context, certificate) if context.server.startswith("https") else None
    name = text(context.cluster, "tls-server-name")
    options: dict[str, Any] = {"ssl_context": tls, "maxsize": POOL_SIZE, **({"server_hostname": name} if name else {})}
    proxy = _proxy(context, environ)
    if urlsplit(proxy).scheme.startswith("socks"):
        from urllib3.contrib.socks import SOCKSProxyManager  # noqa: PLC0415 - needs a package that few have

        return SOCKSProxyManager(proxy, **options)
    return urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)


def _proxy(context: Context, environ: Mapping[str, str]) -> str:
    parts = urlsplit(context.server)
    own = text(context.cluster, "proxy-url")
    if own and not bypassed(parts.hostname or "", parts.netloc, no_proxy(environ)):
        return own
    return proxy_for(context.server, environ)


def _context(context: Context, certificate: ClientCertificate | None) -> ssl.SSLContext:
    tls = create_urllib3_context()
    if context.cluster.get("insecure-skip-tls-verify"):
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    authority = _content(context.cluster, "certificate-authority", context.cluster_folder)
    if authority is not None:
        tls.load_verify_locations(cadata=authority.decode("ascii", "ignore"))
    else:
        tls.load_default_certs()
    if certificate:
        _show(tls, certificate)
    return tls


def _show(tls: ssl.SSLContext, certificate: ClientCertificate) -> None:
    """OpenSSL loads keys from files only; this one is there for a moment, and for us alone."""
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(certificate.certificate + b"\n" + certificate.key)
        file.flush()
        tls.load_cert_chain(file.name)


def _content(entry: Json, name: str, folder: Path) -> bytes | None:
    """`NAME-data`, base64, goes before the file that `NAME` names; relative paths start at the kubeconfig's folder."""
    if data := text(entry, f"{name}-data"):
        return base64.b64decode(data)
    path = text(entry, name)
    return (folder / path).read_bytes() if path else None
