"""The certificate that a host name gets: its Ingress' secret, else one of the sandbox's authority."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.x509.oid import ExtendedKeyUsageOID

from deployctl.sandbox.contracts import Objects
from deployctl.sandbox.faults import FaultBoard
from deployctl.sandbox.ingress.rules import covers, served, tls_of
from deployctl.sandbox.pki import LOOPBACK, Authority, Pair, load, self_signed


class Certificates:
    """Chooses by server name at each handshake, so that a changed secret counts at once."""

    def __init__(self, objects: Objects, authority: Authority, faults: FaultBoard, folder: Path) -> None:
        self._objects, self._authority, self._faults, self._folder = objects, authority, faults, folder
        self._contexts: dict[Pair, ssl.SSLContext] = {}
        self._wrong: dict[tuple[str, str], Pair] = {}

    def context(self) -> ssl.SSLContext:
        """For the listener."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        load(context, self._authority.server(*LOOPBACK), self._folder)
        context.sni_callback = self._choose
        return context

    def pair(self, host: str) -> Pair:
        """What the host is served with now."""
        fault = self._faults.take("certificate", host=host)
        if fault is not None:
            return self._wrong_pair(host, str(fault["problem"]))
        return self._secret_pair(host) or self._authority.server(host)

    def _choose(self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name is None or name == "localhost":
            return
        pair = self.pair(name)
        if pair not in self._contexts:
            fresh = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            load(fresh, pair, self._folder)
            self._contexts[pair] = fresh
        connection.context = self._contexts[pair]

    def _secret_pair(self, host: str) -> Pair | None:
        classes = self._objects.list("ingressclasses.networking.k8s.io")
        for ingress in served(self._objects.list("ingresses.networking.k8s.io"), classes):
            for entry in tls_of(ingress):
                if any(covers(str(name), host) for name in entry.get("hosts") or []):
                    found = self._read(ingress["metadata"]["namespace"], str(entry.get("secretName", "")))
                    if found is not None:
                        return found
        return None

    def _read(self, namespace: str, name: str) -> Pair | None:
        secret = self._objects.get("secrets", namespace, name) if name else None
        data = (secret or {}).get("data") or {}
        try:
            pair = Pair(base64.b64decode(data["tls.crt"]), base64.b64decode(data["tls.key"]))
            load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), pair, self._folder)
        except (KeyError, ValueError, ssl.SSLError):
            return None
        return pair

    def _wrong_pair(self, host: str, problem: str) -> Pair:
        key = (host, problem)
        if key not in self._wrong:
            self._wrong[key] = self._make_wrong(host, problem)
        return self._wrong[key]

    def _make_wrong(self, host: str, problem: str) -> Pair:
        usages = [ExtendedKeyUsageOID.SERVER_AUTH]
        if problem == "expired":
            return self._authority.issue((host,), usages, until=datetime.now(UTC) - timedelta(days=3))
        if problem == "wrong-host":
            return self._authority.issue(("other.example.com",), usages)
        return self_signed("ingress.local")


def hosts_of(objects: Objects) -> Iterable[str]:
    """Every host that an Ingress names."""
    for ingress in objects.list("ingresses.networking.k8s.io"):
        for rule in (ingress.get("spec") or {}).get("rules") or []:
            if rule.get("host"):
                yield str(rule["host"])
