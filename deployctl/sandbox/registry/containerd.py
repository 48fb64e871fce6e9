"""The words in which a kubelet reports a failed pull: containerd's, wrapped as the container runtime interface does.

Those of 1.6 were read off real kubelets that pulled from this package's registries; 2 is how newer ones put the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote_plus

from deployctl.sandbox.contracts import PullError
from deployctl.sandbox.registry.reference import Reference

Version = Literal["1.6", "2"]
ADDRESS = "20.205.69.80:443"
DOCKER_HUB = "registry-1.docker.io"
LOOPBACK = ("localhost", "127.0.0.1")
NETWORK = {
    "timeout": f"dial tcp {ADDRESS}: i/o timeout",
    "refused": f"dial tcp {ADDRESS}: connect: connection refused",
    "no-such-host": "dial tcp: lookup {host} on 10.96.0.10:53: no such host",
    "reset": f"read tcp 10.0.0.4:51624->{ADDRESS}: read: connection reset by peer",
    "tls": "x509: certificate signed by unknown authority",
    "tls-expired": "x509: certificate has expired or is not yet valid: current time {now} is after {end}",
    "tls-handshake": "net/http: TLS handshake timeout",
    "eof": "EOF",
}
STATUS = {
    "throttled": "429 Too Many Requests",
    "server-error": "503 Service Unavailable",
    "forbidden": "403 Forbidden",
    "internal-error": "500 Internal Server Error",
}


@dataclass(frozen=True)
class Refusals:
    """The failures of one reference. Each method gives the error as the kubelet's status shows it."""

    reference: Reference
    version: Version = "1.6"

    def not_found(self) -> PullError:
        """The tag, digest or repository is not there."""
        return self._resolving(f"{self.reference}: not found", "NotFound")

    def no_platform(self, digest: str = f"sha256:{'0' * 64}") -> PullError:
        """An index, of that digest, without the node's architecture."""
        which = "" if self.version == "1.6" else f" {digest}"
        text = (
            f'failed to pull and unpack image "{self.reference}": no match for platform in manifest{which}: not found'
        )
        return PullError(f"rpc error: code = NotFound desc = {text}")

    def anonymous(self) -> PullError:
        """A registry with tokens, and no credential for its host."""
        return self._resolving(f"failed to authorize: failed to fetch anonymous token: {self._token_refused()}")

    def oauth(self) -> PullError:
        """A registry with tokens that refuses the credential."""
        return self._resolving(f"failed to authorize: failed to fetch oauth token: {self._token_refused()}")

    def basic(self) -> PullError:
        """A registry with a Basic challenge: the same words without and with a wrong credential."""
        return self.status("401 Unauthorized")

    def insufficient_scope(self) -> PullError:
        """The credential is right, and not for this repository."""
        denied = "pull access denied, repository does not exist or may require authorization: server message: "
        return self._resolving(f"{denied}insufficient_scope: authorization failed")

    def status(self, status: str) -> PullError:
        """Any other answer, as `429 Too Many Requests`."""
        if self.version == "1.6":
            where = f"[manifests {self.reference.wanted}]"
            return self._resolving(f"pulling from host {self._host} failed with status code {where}: {status}")
        return self._resolving(f"unexpected status from HEAD request to {self._url}: {status}")

    def network(self, cause: str) -> PullError:
        """The request never got an answer."""
        return self._resolving(f'failed to do request: Head "{self._url}": {cause}')

    def named(self, error: str) -> PullError:
        """The failure of that name (an `image-pull` fault's `error`). Raises ValueError for an unknown name."""
        answers: dict[str, Callable[[], PullError]] = {
            "not-found": self.not_found,
            "no-platform": self.no_platform,
            "anonymous": self.anonymous,
            "oauth": self.oauth,
            "basic": self.basic,
            "insufficient-scope": self.insufficient_scope,
        }
        if error in NETWORK:
            times = {"now": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"}
            return self.network(NETWORK[error].format(host=self._host, **times))
        if error in STATUS:
            return self.status(STATUS[error])
        if error not in answers:
            known = ", ".join(sorted({*NETWORK, *STATUS, *answers}))
            raise ValueError(f"unknown pull error {error!r}; there are {known}")
        return answers[error]()

    @property
    def _host(self) -> str:
        return DOCKER_HUB if self.reference.host == "docker.io" else self.reference.host

    @property
    def _url(self) -> str:
        """containerd speaks http to the loopback."""
        scheme = "http" if self._host.partition(":")[0] in LOOPBACK else "https"
        return f"{scheme}://{self._host}/v2/{self.reference.repository}/manifests/{self.reference.wanted}"

    def _token_refused(self) -> str:
        if self.version == "1.6":
            return "unexpected status: 401 Unauthorized"
        scope = quote_plus(f"repository:{self.reference.repository}:pull")
        url = f"https://{self._host}/oauth2/token?scope={scope}&service={self._host}"
        return f"unexpected status from GET request to {url}: 401 Unauthorized"

    def _resolving(self, cause: str, code: str = "Unknown") -> PullError:
        """`code` other than Unknown shows as gRPC's prefix."""
        prefix = "" if code == "Unknown" else f"rpc error: code = {code} desc = "
        text = f'failed to pull and unpack image "{self.reference}": failed to resolve reference "{self.reference}"'
        return PullError(f"{prefix}{text}: {cause}")


ERRORS = frozenset({*NETWORK, *STATUS, "not-found", "no-platform", "anonymous", "oauth", "basic", "insufficient-scope"})
