"""Messages of Azure, docker and registries that are known, and what helps. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Hint:
    """What a message means and what helps."""

    pattern: re.Pattern[str]
    action: str


def _hint(pattern: str, action: str) -> Hint:
    return Hint(re.compile(pattern, re.IGNORECASE), action)


HINTS = (
    _hint(
        r"TasksOperationsNotAllowed|ACR Tasks requests for the registry .* are not permitted",
        "ACR Tasks is not open to this subscription (free and trial ones): use a paid one, ask Azure support, or"
        " build elsewhere, push, and release with --skip-build",
    ),
    _hint(
        r"toomanyrequests|pull rate limit",
        "Docker Hub limits anonymous pulls: copy the base image into the registry (az acr import) and name it in FROM",
    ),
    _hint(
        r"client with IP .* is not allowed|denied by IP|public network access .*disabled"
        r"|(firewall|network) rules? .*registry|registry.* (firewall|network) rules?",
        "the registry's firewall keeps the agent out: use an agent pool in its network, or let trusted services in",
    ),
    _hint(
        r"AuthorizationFailed|does not have authorization to perform action",
        "ask for the role `Container Registry Tasks Contributor` on the registry; a new role takes some minutes",
    ),
    _hint(
        r"pull access denied for|manifest unknown|manifest for .* not found",
        "the base image does not exist there, or may not be read: check its name and tag in FROM",
    ),
    _hint(
        r"insufficient_scope|unauthorized: authentication required|denied: requested access",
        "the build may not read its base image or push: check the names, and the permissions of the identity",
    ),
    _hint(
        r"QuotaExceeded|(exceed\w*|over|reached) .*\bquota\b|\bquota\b.* (exceeded|reached)|limit .*(exceeded|reached)",
        "a limit of the subscription is reached: free something, or have it raised",
    ),
    _hint(
        r"no space left on device", "the agent's disk is full: leave more out by .dockerignore, or use an agent pool"
    ),
    _hint(
        r"(COPY|ADD) failed|forbidden path outside the build context|failed to compute cache key",
        "the file is not in the build context: check its path, and that .dockerignore does not leave it out",
    ),
    _hint(
        r"requires BuildKit|unknown flag: (mount|link)",
        "ACR Tasks builds without BuildKit: write this step without its syntax",
    ),
    _hint(
        r"exec format error",
        "an image of another architecture: check `platform` of the service, and that of its base image",
    ),
    _hint(
        r"exit code: 137|non-zero code: 137|signal: killed|out of memory",
        "the step ran out of memory: use an agent pool with larger agents",
    ),
    _hint(
        r"no such host|i/o timeout|connection timed out|temporary failure|ETIMEDOUT|EAI_AGAIN|could not resolve host",
        "the agent did not reach a server: try again",
    ),
)


def hint(*texts: str) -> str:
    """The action for the first known message in the texts; empty when none is known."""
    for one in HINTS:
        if any(one.pattern.search(text) for text in texts):
            return one.action
    return ""
