"""The certificates of the sandbox: an authority of its own, servers for any name, clients; may live in a folder."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

YEARS = timedelta(days=3650)
LOOPBACK = ("localhost", "127.0.0.1", "::1")
CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, PEM. The certificate's chain, but for the authority, is in `certificate`."""

    certificate: bytes
    key: bytes = field(repr=False)


class Authority:
    """Issues certificates; elliptic keys, because they are made in a millisecond."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self._certificate = x509.load_pem_x509_certificate(pair.certificate)
        self._key = _private(pair.key)
        self._issued: dict[tuple[str, ...], Pair] = {}

    @classmethod
    def open(cls, folder: Path | None = None) -> Authority:
        """The authority kept in the folder, or a new one, written there when a folder is given."""
        if folder is None:
            return cls(_new_authority())
        certificate, key = folder / "ca.crt", folder / "ca.key"
        if not (certificate.exists() and key.exists()):
            pair = _new_authority()
            folder.mkdir(parents=True, exist_ok=True)
            certificate.write_bytes(pair.certificate)
            key.touch(mode=0o600)
            key.write_bytes(pair.key)
        return cls(Pair(certificate.read_bytes(), key.read_bytes()))

    def server(self, *names: str) -> Pair:
        """For these DNS names (`*.` patterns too) and addresses; the same names give the same pair."""
        key = tuple(dict.fromkeys(names))
        if key not in self._issued:
            self._issued[key] = self.issue(key, [ExtendedKeyUsageOID.SERVER_AUTH])
        return self._issued[key]

    def client(self, user: str, groups: tuple[str, ...] = ()) -> Pair:
        """For a Kubernetes user: common name and organizations."""
        subject = [x509.NameAttribute(NameOID.COMMON_NAME, user)]
        subject += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
        return self._sign(x509.Name(subject), (), [ExtendedKeyUsageOID.CLIENT_AUTH], _now() + YEARS)

    def issue(
        self, names: tuple[str, ...], usages: list[x509.ObjectIdentifier], *, until: datetime | None = None
    ) -> Pair:
        """A certificate for these names, ending at `until` (also in the past, for faults)."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
        return self._sign(subject, names, usages, until or _now() + YEARS)

    def _sign(
        self, subject: x509.Name, names: tuple[str, ...], usages: list[x509.ObjectIdentifier], until: datetime
    ) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        start = min(_now() - CLOCKS_DIFFER, until - timedelta(days=90))
        builder = _builder(subject, self._certificate.subject, key, start, until)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(issuer, critical=False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_name(n) for n in names]), critical=False)
        signed = builder.sign(self._key, hashes.SHA256())
        return Pair(signed.public_bytes(serialization.Encoding.PEM), _pem(key))


def server_context(pair: Pair, folder: Path) -> ssl.SSLContext:
    """A TLS context for a server. `folder` takes the files for a moment: OpenSSL loads keys from files only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load(context, pair, folder)
    return context


def load(context: ssl.SSLContext, pair: Pair, folder: Path) -> None:
    """Give the pair to the context. Raises ssl.SSLError when key and certificate do not belong together."""
    file = folder / "loading.pem"
    file.touch(mode=0o600)
    try:
        file.write_bytes(pair.certificate + pair.key)
        context.load_cert_chain(file)
    finally:
        file.unlink(missing_ok=True)


def self_signed(*names: str) -> Pair:
    """What NGINX serves when no secret fits."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Kubernetes Ingress Controller Fake Certificate")])
    builder = _builder(subject, subject, key, _now() - CLOCKS_DIFFER, _now() + timedelta(days=365))
    builder = builder.add_extension(x509.SubjectAlternativeName([_name(n) for n in names]), critical=False)
    return Pair(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), _pem(key))


def _new_authority() -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "deployctl sandbox")])
    builder = _builder(subject, subject, key, _now() - CLOCKS_DIFFER, _now() + YEARS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    builder = builder.add_extension(_signing_usage(), critical=True)
    return Pair(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), _pem(key))


def _signing_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, start: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(until)
    )


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    encryption = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def _private(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the sandbox's authority has an elliptic key")
    return key


def _now() -> datetime:
    return datetime.now(UTC)
