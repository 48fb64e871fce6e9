"""Issuing Certificates: the secret, the conditions, and why it fails. Challenges fail by faults of kind `acme`."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from functools import partial
from typing import ClassVar

from deployctl.sandbox.contracts import Change, Object
from deployctl.sandbox.controllers.certificates.shim import CERTIFICATES, IngressShim
from deployctl.sandbox.controllers.kit.controller import Controller
from deployctl.sandbox.controllers.kit.meta import (
    Key,
    annotations_of,
    condition_of,
    key_of,
    name_of,
    namespace_of,
    parse_time,
    timestamp,
    uid_of,
)
from deployctl.sandbox.controllers.kit.world import World

Issue = Callable[[tuple[str, ...], datetime], tuple[bytes, bytes]]
"""DNS names and end -> certificate and key, PEM."""
INGRESSES = "ingresses.networking.k8s.io"
ISSUERS = {"ClusterIssuer": "clusterissuers.cert-manager.io", "Issuer": "issuers.cert-manager.io"}
LIFETIME, RENEW_BEFORE = timedelta(days=90), timedelta(days=30)
ISSUE_SECONDS = 5.0
RETRY_SECONDS = 3600.0
REGISTERED = "The ACME account was registered with the ACME server"


class CertificateController(Controller):
    """Keys are Certificates. Without cert-manager's kinds in the cluster there is nothing to do."""

    name: ClassVar[str] = "cert-manager-certificates-issuing"
    manager: ClassVar[str] = "cert-manager-certificates-issuing"

    def __init__(self, world: World, issue: Issue) -> None:
        self._shim, self._sign = IngressShim(world), issue
        super().__init__(world)

    def watch(self) -> None:
        self.world.subscribe(CERTIFICATES, self.enqueue)
        self.world.subscribe(INGRESSES, self._ingress_changed)
        self.world.subscribe("secrets", self._secret_changed)
        for resource in ISSUERS.values():
            self.world.subscribe(resource, partial(self._issuer_changed, resource))

    def _ingress_changed(self, change: Change) -> None:
        if change.type != "DELETED":
            self._shim.look_at(change.object)

    def _secret_changed(self, change: Change) -> None:
        """A deleted secret is issued again: the documented way to renew."""
        name = annotations_of(change.object).get("cert-manager.io/certificate-name")
        if change.type == "DELETED" and name:
            self.queue.add((namespace_of(change.object), name))

    def _issuer_changed(self, resource: str, change: Change) -> None:
        if change.type == "DELETED":
            return
        issuer = change.object
        if condition_of(issuer.get("status") or {}, "Ready") is None:
            ready = self._condition("Ready", "True", "ACMEAccountRegistered", REGISTERED, issuer)
            status = {**(issuer.get("status") or {}), "conditions": [ready]}
            self.world.update_status(resource, issuer, status, "cert-manager-clusterissuers")
        for certificate in self.world.all(CERTIFICATES):
            self.queue.add(key_of(certificate))

    def sync(self, key: Key) -> None:
        certificate = self.world.get(CERTIFICATES, *key)
        if certificate is None:
            return
        secret = self.world.get("secrets", key[0], certificate["spec"]["secretName"])
        renewal = parse_time((certificate.get("status") or {}).get("renewalTime"))
        now = self.clock.now()
        if secret is not None and renewal is not None and now < renewal:
            self.queue.add(key, (renewal - now).total_seconds())
            self._ready(certificate)
            return
        if secret is not None and renewal is None and "tls.crt" in (secret.get("data") or {}):
            self._adopt(certificate)
            return
        self._issue(certificate, exists=secret is not None)

    def _issue(self, certificate: Object, *, exists: bool) -> None:
        """One issuance: begun, waited for, and then done or refused."""
        issuing = condition_of(certificate.get("status") or {}, "Issuing")
        if issuing is None or issuing["status"] != "True":
            last = parse_time((certificate.get("status") or {}).get("lastFailureTime"))
            if (
                last is not None
                and (self.clock.now() - last).total_seconds() < RETRY_SECONDS
                and self._failure(certificate)
            ):
                return
            self._begin(certificate, exists=exists)
            return
        began = parse_time(issuing["lastTransitionTime"]) or self.clock.now()
        left = (began + timedelta(seconds=ISSUE_SECONDS) - self.clock.now()).total_seconds()
        if left > 0:
            self.queue.add(key_of(certificate), left)
            return
        reason = self._missing_issuer(certificate)
        if reason:
            return  # the request stays pending until the issuer comes
        failure = self._failure(certificate)
        if failure:
            self._fail(certificate, failure)
        else:
            self._complete(certificate)

    def _begin(self, certificate: Object, *, exists: bool) -> None:
        words = (
            ("Renewing", "Renewing certificate as renewal was scheduled")
            if exists
            else ("DoesNotExist", "Issuing certificate as Secret does not exist")
        )
        self.events.normal(certificate, "Issuing", words[1])
        conditions = [self._condition("Issuing", "True", *words, certificate)]
        if not exists:
            conditions.append(self._condition("Ready", "False", *words, certificate))
        self._set(certificate, conditions, {"nextPrivateKeySecretName": f"{name_of(certificate)}-sbx"})
        self.events.normal(certificate, "Generated", "Stored new private key in temporary Secret resource")
        request = f"{name_of(certificate)}-{self._revision(certificate) + 1}"
        self.events.normal(certificate, "Requested", f'Created new CertificateRequest resource "{request}"')
        self.queue.add(key_of(certificate), ISSUE_SECONDS)

    def _revision(self, certificate: Object) -> int:
        return int((certificate.get("status") or {}).get("revision") or 0)

    def _missing_issuer(self, certificate: Object) -> str:
        reference = certificate["spec"]["issuerRef"]
        kind = reference.get("kind") or "Issuer"
        namespace = None if kind == "ClusterIssuer" else namespace_of(certificate)
        if self.world.get(ISSUERS.get(kind, ISSUERS["Issuer"]), namespace, reference["name"]) is not None:
            return ""
        resource = f"{kind.lower()}.cert-manager.io"
        message = f'Referenced "{kind}" not found: {resource} "{reference["name"]}" not found'
        self.events.warning(certificate, "IssuerNotFound", message)
        return message

    def _failure(self, certificate: Object) -> str:
        """Why the challenge fails; "" when it does not."""
        facts = {"namespace": namespace_of(certificate), "name": name_of(certificate)}
        hosts = certificate["spec"].get("dnsNames") or [""]
        for fault in self.world.faults.active("acme"):
            fits = all(fnmatchcase(value, str(fault[n])) for n, value in facts.items() if n in fault)
            if fits and any(fnmatchcase(host, str(fault.get("host", "*"))) for host in hosts):
                return str(fault.get("message") or _UNREACHABLE.format(hosts[0]))
        return ""

    def _fail(self, certificate: Object, failure: str) -> None:
        request = f"{name_of(certificate)}-{self._revision(certificate) + 1}"
        message = (
            f"The certificate request has failed to complete and will be retried: Failed to wait for order resource "
            f'"{request}-1" to become ready: order is in "invalid" state: {failure}'
        )
        self.events.warning(certificate, "Failed", message)
        conditions = [self._condition("Issuing", "False", "Failed", message, certificate)]
        attempts = int((certificate.get("status") or {}).get("failedIssuanceAttempts") or 0) + 1
        now = timestamp(self.clock.now())
        self._set(certificate, conditions, {"lastFailureTime": now, "failedIssuanceAttempts": attempts})
        self.queue.add(key_of(certificate), RETRY_SECONDS)

    def _complete(self, certificate: Object) -> None:
        now = self.clock.now()
        names = tuple(certificate["spec"].get("dnsNames") or [certificate["spec"].get("commonName") or "localhost"])
        self._write_secret(certificate, *self._sign(names, now.astimezone(UTC) + LIFETIME))
        self.events.normal(certificate, "Issuing", "The certificate has been successfully issued")
        ready = self._condition("Ready", "True", "Ready", UP_TO_DATE, certificate)
        dates = {
            "notBefore": timestamp(now),
            "notAfter": timestamp(now + LIFETIME),
            "renewalTime": timestamp(now + LIFETIME - RENEW_BEFORE),
            "revision": self._revision(certificate) + 1,
        }
        gone = ("Issuing",)
        dropped = ("nextPrivateKeySecretName", "lastFailureTime", "failedIssuanceAttempts")
        self._set(certificate, [ready], dates, without=gone, drop=dropped)

    def _adopt(self, certificate: Object) -> None:
        """A secret that was there before: its certificate is taken as it is."""
        now = self.clock.now()
        dates = {
            "notAfter": timestamp(now + LIFETIME),
            "renewalTime": timestamp(now + LIFETIME - RENEW_BEFORE),
        }
        ready = self._condition("Ready", "True", "Ready", UP_TO_DATE, certificate)
        self._set(certificate, [ready], dates)

    def _ready(self, certificate: Object) -> None:
        if condition_of(certificate.get("status") or {}, "Ready") is None:
            self._set(certificate, [self._condition("Ready", "True", "Ready", UP_TO_DATE, certificate)], {})

    def _write_secret(self, certificate: Object, pem: bytes, key: bytes) -> None:
        namespace, name = namespace_of(certificate), certificate["spec"]["secretName"]
        data = {"tls.crt": base64.b64encode(pem).decode(), "tls.key": base64.b64encode(key).decode()}
        current = self.world.get("secrets", namespace, name)
        if current is not None:
            self.world.update("secrets", {**current, "data": {**(current.get("data") or {}), **data}}, self.manager)
            return
        annotations = {
            "cert-manager.io/certificate-name": name_of(certificate),
            "cert-manager.io/common-name": (certificate["spec"].get("dnsNames") or [""])[0],
            "cert-manager.io/issuer-kind": certificate["spec"]["issuerRef"].get("kind", "Issuer"),
            "cert-manager.io/issuer-name": certificate["spec"]["issuerRef"]["name"],
        }
        labels = {"controller.cert-manager.io/fao": "true"}
        metadata = {"name": name, "namespace": namespace, "annotations": annotations, "labels": labels}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "kubernetes.io/tls", "data": data}
        self.world.create("secrets", body, self.manager)

    def _condition(self, type_: str, status: str, reason: str, message: str, about: Object) -> Object:
        current = condition_of(about.get("status") or {}, type_)
        since = current["lastTransitionTime"] if current and current["status"] == status else None
        return {
            "type": type_,
            "status": status,
            "reason": reason,
            "message": message,
            "lastTransitionTime": since or timestamp(self.clock.now()),
            "observedGeneration": about["metadata"].get("generation", 1),
        }

    def _set(
        self,
        certificate: Object,
        conditions: list[Object],
        values: Object,
        *,
        without: tuple[str, ...] = (),
        drop: tuple[str, ...] = (),
    ) -> None:
        live = self.world.get(CERTIFICATES, *key_of(certificate))
        if live is None or uid_of(live) != uid_of(certificate):
            return
        before = {k: v for k, v in (live.get("status") or {}).items() if k not in drop}
        replaced = {c["type"] for c in conditions} | set(without)
        kept = [c for c in before.get("conditions") or () if c["type"] not in replaced]
        status = {**before, **values, "conditions": [*kept, *conditions]}
        self.world.update_status(CERTIFICATES, live, status, self.manager)


UP_TO_DATE = "Certificate is up to date and has not expired"
_UNREACHABLE = (
    "Error accepting authorization: acme: authorization error for {0}: 400 urn:ietf:params:acme:error:connection: "
    "Fetching http://{0}/.well-known/acme-challenge/token: Timeout during connect (likely firewall problem)"
)
