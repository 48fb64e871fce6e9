"""The words in which a kubelet reports a failed pull: containerd's, wrapped as the container runtime interface does.

`anonymous`, `oauth` and `basic` are what containerd says of the three ways in which a registry refuses.
They differ a little between containerd's versions: these are of 1.7 and 2.x, but for a registry with a Basic challenge,
where 1.6's wording names the status without the method.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote_plus

from deployctl.sandbox.contracts import PullError
from deployctl.sandbox.registry.reference import Reference

ADDRESS = "20.205.69.80:443"
DOCKER_HUB = "registry-1.docker.io"


def _api_host(reference: Reference) -> str:
    return DOCKER_HUB if reference.host == "docker.io" else reference.host


def _resolve(reference: Reference, cause: str, code: str = "Unknown") -> PullError:
    """`code` other than Unknown shows as gRPC's prefix, as kubelets print it."""
    prefix = "" if code == "Unknown" else f"rpc error: code = {code} desc = "
    text = f'failed to pull and unpack image "{reference}": failed to resolve reference "{reference}": {cause}'
    return PullError(prefix + text)


def _manifest_url(reference: Reference) -> str:
    return f"https://{_api_host(reference)}/v2/{reference.repository}/manifests/{reference.wanted}"


def _token_url(reference: Reference, host: str) -> str:
    scope = quote_plus(f"repository:{reference.repository}:pull")
    return f"https://{host}/oauth2/token?scope={scope}&service={host}"


def not_found(reference: Reference) -> PullError:
    """The tag, digest or repository is not there."""
    return _resolve(reference, f"{reference}: not found", "NotFound")


def no_platform(reference: Reference, digest: str = f"sha256:{'0' * 64}") -> PullError:
    """An index, of that digest, without the node's architecture."""
    text = f'failed to pull and unpack image "{reference}": no match for platform in manifest {digest}: not found'
    return PullError(f"rpc error: code = NotFound desc = {text}")


def anonymous(reference: Reference, host: str) -> PullError:
    """A token registry, and no credential for its host."""
    cause = "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to "
    return _resolve(reference, f"{cause}{_token_url(reference, host)}: 401 Unauthorized")


def oauth(reference: Reference, host: str) -> PullError:
    """A token registry that refuses the credential."""
    cause = "failed to authorize: failed to fetch oauth token: unexpected status from GET request to "
    return _resolve(reference, f"{cause}{_token_url(reference, host)}: 401 Unauthorized")


def basic(reference: Reference) -> PullError:
    """A registry with a Basic challenge: the same words without and with a wrong credential."""
    cause = (
        f"pulling from host {reference.host} failed with status code [manifests {reference.wanted}]: 401 Unauthorized"
    )
    return _resolve(reference, cause)


def insufficient_scope(reference: Reference) -> PullError:
    """The credential is right, and not for this repository."""
    cause = (
        "pull access denied, repository does not exist or may require authorization: "
        "server message: insufficient_scope: authorization failed"
    )
    return _resolve(reference, cause)


def status(reference: Reference, code: int, phrase: str) -> PullError:
    """Any other answer: 429 Too Many Requests, 500 Internal Server Error."""
    return _resolve(reference, f"unexpected status from HEAD request to {_manifest_url(reference)}: {code} {phrase}")


def network(reference: Reference, cause: str) -> PullError:
    """The request never got an answer."""
    return _resolve(reference, f'failed to do request: Head "{_manifest_url(reference)}": {cause}')


NETWORK = {
    "timeout": f"dial tcp {ADDRESS}: i/o timeout",
    "refused": f"dial tcp {ADDRESS}: connect: connection refused",
    "no-such-host": "dial tcp: lookup {host} on 10.96.0.10:53: no such host",
    "reset": f"read tcp 10.0.0.4:51624->{ADDRESS}: read: connection reset by peer",
    "tls": "x509: certificate signed by unknown authority",
    "tls-handshake": "net/http: TLS handshake timeout",
    "eof": "EOF",
}


ANSWERS: dict[str, Callable[[Reference], PullError]] = {
    "not-found": not_found,
    "no-platform": no_platform,
    "anonymous": lambda reference: anonymous(reference, reference.host),
    "oauth": lambda reference: oauth(reference, reference.host),
    "basic": basic,
    "insufficient-scope": insufficient_scope,
    "throttled": lambda reference: status(reference, 429, "Too Many Requests"),
    "server-error": lambda reference: status(reference, 503, "Service Unavailable"),
    "forbidden": lambda reference: status(reference, 403, "Forbidden"),
}


def named(reference: Reference, error: str) -> PullError:
    """The failure of that name (an `image-pull` fault's `error`). Raises ValueError for an unknown name."""
    if error in NETWORK:
        return network(reference, NETWORK[error].format(host=_api_host(reference)))
    if error not in ANSWERS:
        raise ValueError(f"unknown pull error {error!r}; there are {', '.join(sorted({*NETWORK, *ANSWERS}))}")
    return ANSWERS[error](reference)
