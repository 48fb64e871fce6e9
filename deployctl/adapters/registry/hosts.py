"""Hosts as registries' clients compare them: which entry of a login file fits an image."""

from __future__ import annotations

from fnmatch import fnmatchcase

DOCKER_HUB_NAMES = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})
DOCKER_HUB_API = "registry-1.docker.io"
DOCKER_HUB_KEY = "https://index.docker.io/v1/"


def api_host(host: str) -> str:
    """Where the registry of an image reference answers; only Docker Hub's differs from its name."""
    return DOCKER_HUB_API if host in DOCKER_HUB_NAMES else host


def entry_host(key: str) -> str:
    """The host that docker means by a key of `auths`: `https://host/v1/` and `host/v2/` are `host`."""
    rest = key.split("://", 1)[-1]
    return rest.split("/", 1)[0].lower()


def docker_key_fits(key: str, host: str) -> bool:
    """Docker's rule: the host with its port, whatever scheme and path the key was written with."""
    named = entry_host(key)
    if host in DOCKER_HUB_NAMES:
        return named in DOCKER_HUB_NAMES
    return named == host.lower()


def kubelet_key_fits(key: str, host: str, repository: str) -> bool:
    """The kubelet's rule: globs per part of the host name, equal ports, and the key's path a prefix of the image's.

    Source: kubernetes.io "Images", "Interpretation of config.json". `/v1` and `/v2` are docker's, not paths.
    """
    rest = key.split("://", 1)[-1]
    named, _, path = rest.partition("/")
    path = path.strip("/")
    if path in ("v1", "v2"):
        path = ""
    if host in DOCKER_HUB_NAMES and named in DOCKER_HUB_NAMES:
        return _path_fits(path, repository)
    return _host_fits(named.lower(), host.lower()) and _path_fits(path, repository)


def kubelet_key_weight(key: str) -> tuple[int, int, str]:
    """Sorts fitting entries as the kubelet tries them: the longer path first, exact before globs."""
    rest = key.split("://", 1)[-1].rstrip("/")
    named, _, path = rest.partition("/")
    return (-len(path), int("*" in named or "?" in named), rest)


def _host_fits(pattern: str, host: str) -> bool:
    pattern_name, _, pattern_port = pattern.partition(":")
    name, _, port = host.partition(":")
    wanted, parts = pattern_name.split("."), name.split(".")
    return (
        pattern_port == port
        and len(wanted) == len(parts)
        and all(fnmatchcase(part, want) for part, want in zip(parts, wanted, strict=True))
    )


def _path_fits(path: str, repository: str) -> bool:
    return repository.startswith(path)
