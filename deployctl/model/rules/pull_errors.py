"""What a failed image pull means, from the runtime's words. The order of the table matters: texts overlap."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from deployctl.model.image import DOCKER_HUB, parse_image


@dataclass(frozen=True)
class PullError:
    """The meaning of a pull's error text."""

    cause: str
    patience: Literal["repeat", "network"]
    """repeat: cannot pass by itself, fatal once tried again. network: may pass."""
    summary: str
    action: str
    incident: str = ""
    fails_old_too: bool | None = None


def _at(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE)


NETWORK = _at(
    r"dial tcp|no such host|connection refused|i/o timeout|tls handshake|connection reset|no route to host"
    r"|network is unreachable|server misbehaving|proxyconnect|context deadline exceeded|request canceled|unexpected eof"
    r"|: eof\b"
)
THROTTLED = _at(r"(?<![\w.:-])429\b|toomanyrequests|pull qps exceeded")
SERVER_ERROR = re.compile(r"(?<![\w.:-])5\d\d (?=[A-Z])|status[^\n]{0,300}: 5\d\d\b")
STATUS_401 = r"(?<![\w.:-])401\b"

RENEW_COMMAND = (
    "kubectl create secret docker-registry NAME --docker-server={host} --docker-username=USER --docker-password=… "
    "--dry-run=client -o yaml | kubectl apply -f -"
)

_TABLE: tuple[tuple[re.Pattern[str], PullError], ...] = (
    (
        _at(r"no match for platform in manifest|no matching manifest for"),
        PullError(
            "pull-wrong-architecture",
            "repeat",
            "the image {image} has no variant for the node's architecture",
            "build it for the node's platform: `kubectl get nodes -L kubernetes.io/arch`",
            fails_old_too=False,
        ),
    ),
    (
        _at(r"x509:|certificate signed by unknown authority|certificate is not trusted"),
        PullError(
            "pull-tls-trust",
            "network",
            "the node does not trust the certificate of {host}",
            "install the registry's CA on the nodes, or use a certificate that they trust",
            fails_old_too=True,
        ),
    ),
    (
        _at("server gave HTTP response to HTTPS client"),
        PullError(
            "pull-plain-http",
            "repeat",
            "{host} speaks plain http, and the node expects https",
            "serve the registry by https, or name it as insecure in the nodes' runtime",
            fails_old_too=True,
        ),
    ),
    (
        NETWORK,
        PullError(
            "registry-unreachable",
            "network",
            "the node cannot reach {host}",
            "check the node's way out: DNS, firewall, proxy; or mirror the image into a registry it can reach",
            fails_old_too=True,
        ),
    ),
    (
        THROTTLED,
        PullError(
            "pull-throttled",
            "network",
            "{host} allows no more pulls for now",
            "wait, pull with credentials, or mirror the image into your own registry",
        ),
    ),
    (
        SERVER_ERROR,
        PullError(
            "registry-error",
            "network",
            "{host} answers with a server error",
            "look at the registry's status page and try again",
        ),
    ),
    (
        _at(r"no space left on device"),
        PullError(
            "node-disk-full",
            "network",
            "the node has no room on its disk for {image}",
            "free the node's disk: `kubectl describe node NODE` (DiskPressure)",
            fails_old_too=None,
        ),
    ),
    (
        _at(rf"failed to fetch anonymous token.*{STATUS_401}"),
        PullError(
            "pull-secret-missing",
            "repeat",
            "no pull secret of the pod matches {host}",
            f"name one in imagePullSecrets whose server is {{host}}: {RENEW_COMMAND}",
            "ARCH001",
            fails_old_too=True,
        ),
    ),
    (
        _at(rf"failed to fetch oauth token.*{STATUS_401}"),
        PullError(
            "pull-credentials-wrong",
            "repeat",
            "{host} refuses the user or password of the pull secret",
            f"renew the pull secret: {RENEW_COMMAND}",
            "ARCH001",
            fails_old_too=True,
        ),
    ),
    (
        _at(STATUS_401 + "|no basic auth credentials"),
        PullError(
            "pull-unauthorized",
            "repeat",
            "{host} wants other credentials than the pod brings: no pull secret matches, or its password is wrong",
            f"check imagePullSecrets and renew the secret: {RENEW_COMMAND}",
            "ARCH001",
            fails_old_too=True,
        ),
    ),
    (
        _at(r"(?<![\w.:-])403\b|insufficient_scope|access denied|denied:|unauthorized"),
        PullError(
            "pull-forbidden",
            "repeat",
            "{host} does not let the pull secret's user read {image}, or there is no such image",
            "give the user the right to pull this repository (AcrPull, or a token's scope map), and check that the "
            "tag exists",
            "ARCH001",
        ),
    ),
    (
        _at(r"not found|manifest unknown|name unknown|manifest_unknown|name_unknown"),
        PullError(
            "image-absent",
            "repeat",
            "{image} does not exist in {host}",
            "push the tag, or correct `newTag` in the overlay: `deployctl build`",
            fails_old_too=False,
        ),
    ),
)

_UNKNOWN = PullError(
    "pull-failed",
    "network",
    "the node cannot pull {image}",
    "read the message above; try `crictl pull` on the node",
)

_HUB = PullError(
    "docker-hub-unreachable",
    "network",
    "the node cannot reach Docker Hub, where {image} lies",
    "copy the image into your own registry and name that one in the overlay: `az acr import`, `skopeo copy`",
    "K8S-001",
    None,
)


def classify_pull_error(message: str, image: str) -> PullError:
    """The meaning of `message` (a container's waiting message, or a Failed event's) for the image reference."""
    host = _host(image)
    found = next((error for pattern, error in _TABLE if pattern.search(message)), _UNKNOWN)
    if found.cause in ("registry-unreachable", "pull-throttled") and host == DOCKER_HUB:
        found = _HUB
    return PullError(
        cause=found.cause,
        patience=found.patience,
        summary=found.summary.replace("{host}", host).replace("{image}", image),
        action=found.action.replace("{host}", host).replace("{image}", image),
        incident=found.incident,
        fails_old_too=found.fails_old_too,
    )


def _host(image: str) -> str:
    try:
        return parse_image(image).host
    except ValueError:
        return image.partition("/")[0]
