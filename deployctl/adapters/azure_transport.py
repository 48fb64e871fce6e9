"""The HTTP transport of Azure's clients: azure-core's own on requests, with one TLS context for all connections."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path
from typing import Any

import requests
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util import Retry
from urllib3.util.ssl_ import create_urllib3_context


def azure_transport(*, connection_timeout: float, read_timeout: float, ca_file: Path | None = None) -> Any:
    """A transport of its own for one client; times in seconds. `ca_file` stands in for the public authorities."""
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, _SharedTrust(max_retries=Retry(total=False, redirect=False, raise_on_status=False)))
    trust = {"connection_verify": str(ca_file)} if ca_file else {}
    return RequestsTransport(session=session, connection_timeout=connection_timeout, read_timeout=read_timeout, **trust)


class _SharedTrust(HTTPAdapter):
    """requests reads the bundle anew for each connection, 0.04 s of CPU a time; here a process reads each bundle once.

    Which bundle it is stays requests' business: `verify`, REQUESTS_CA_BUNDLE, certifi's.
    """

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        if verify and host["scheme"] == "https":
            pool = {key: value for key, value in pool.items() if key not in ("ca_certs", "ca_cert_dir")}
            pool["ssl_context"] = _trusting(DEFAULT_CA_BUNDLE_PATH if verify is True else verify)
        return host, pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """The context knows whom to trust already; to tell the connection again would read the bundle again."""
        if cert or not verify:
            super().cert_verify(conn, url, verify, cert)


@cache
def _trusting(bundle: str) -> ssl.SSLContext:
    """Raises requests' SSLError for a file that is not there, or is no bundle."""
    context = create_urllib3_context()
    try:
        context.load_verify_locations(**{"capath" if Path(bundle).is_dir() else "cafile": bundle})
    except OSError as error:
        raise requests.exceptions.SSLError(error) from error
    return context
