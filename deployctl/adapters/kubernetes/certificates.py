"""The public half of a TLS Secret."""

from __future__ import annotations

import base64
import binascii

from deployctl.model.json import Json, text
from deployctl.model.survey import Certificate

TLS = "kubernetes.io/tls"


def certificate_of(secret: Json) -> Certificate | None:
    """When a TLS Secret's certificate ends and for whom it is; None for any other Secret, and for one that is not
    readable. The key is not looked at."""
    if text(secret, "type") != TLS:
        return None
    from cryptography import x509  # noqa: PLC0415 - costs 0.1 s, and only namespaces with certificates need it

    try:
        found = x509.load_pem_x509_certificate(base64.b64decode(text(secret, "data", "tls.crt")))
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = tuple(str(name) for name in names.get_values_for_type(x509.DNSName))
    except x509.ExtensionNotFound:
        hosts = ()
    except (ValueError, binascii.Error):
        return None
    return Certificate(found.not_valid_after_utc, hosts)
