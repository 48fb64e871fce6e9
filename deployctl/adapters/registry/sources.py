"""Where credentials come from. A source looks when it is asked, not before: nothing is read or run for nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from deployctl.adapters.registry.credential import Anonymous, Found, Lacking, Login
from deployctl.adapters.registry.docker_config import find_login
from deployctl.adapters.registry.pull_secrets import find_pull_logins
from deployctl.model.image import Image

ENVIRONMENT_USERNAME = "DEPLOYCTL_REGISTRY_USERNAME"
ENVIRONMENT_PASSWORD = "DEPLOYCTL_REGISTRY_PASSWORD"  # noqa: S105 - a variable's name, not a password


class Source(Protocol):
    def find(self, image: Image, /) -> tuple[Found | Lacking, ...]:
        """Credentials for an image, best first, or why there is none; never empty, never raises."""


class EnvironmentSource:
    """Two variables, for CI. They are the configured registry's, and sent to no other."""

    def __init__(self, environ: Mapping[str, str], host: str) -> None:
        self._environ = environ
        self._host = host

    def find(self, image: Image) -> tuple[Found | Lacking, ...]:
        if image.host != self._host:
            return (Lacking("environment", f"its credential is for {self._host}"),)
        names = (ENVIRONMENT_USERNAME, ENVIRONMENT_PASSWORD)
        missing = [name for name in names if not self._environ.get(name)]
        if missing:
            return (Lacking("environment", f"{' and '.join(missing)} not set"),)
        login = Login(self._environ[ENVIRONMENT_USERNAME], self._environ[ENVIRONMENT_PASSWORD])
        return (Found(f"environment ({ENVIRONMENT_USERNAME})", login),)


class DockerSource:
    """Docker's own login file, with its credential helpers."""

    def __init__(self, environ: Mapping[str, str], *, helper_timeout: float = 15.0) -> None:
        self._environ = environ
        self._timeout = helper_timeout

    def find(self, image: Image) -> tuple[Found | Lacking, ...]:
        path = config_path(self._environ)
        try:
            config = json.loads(path.read_bytes())
        except FileNotFoundError:
            return (Lacking("docker", f"{path} does not exist"),)
        except (OSError, ValueError) as error:
            return (Lacking("docker", f"{path} cannot be read ({type(error).__name__})"),)
        return (find_login(config, image.host, str(path), environ=self._environ, timeout=self._timeout),)


class PullSecretSource:
    """The cluster's pull secrets: what the nodes themselves will use. `read` maps a Secret's name to its body."""

    def __init__(self, read: Callable[[], Mapping[str, bytes]], name: str = "") -> None:
        self._read = read
        self._name = name

    def find(self, image: Image) -> tuple[Found | Lacking, ...]:
        try:
            secrets = self._read()
        except Exception as error:  # noqa: BLE001 - whatever the cluster's adapter raises, another source may do
            return (Lacking("pull secret", f"the cluster's secrets cannot be read: {first_line(error)}"),)
        if self._name and self._name not in secrets:
            return (Lacking(f"Secret/{self._name}", "there is no such pull secret in the namespace"),)
        chosen = {self._name: secrets[self._name]} if self._name else secrets
        return find_pull_logins(chosen, image)


class AnonymousSource:
    """No credential at all."""

    def find(self, _image: Image) -> tuple[Found | Lacking, ...]:
        return (Found("anonymous", Anonymous()),)


def config_path(environ: Mapping[str, str]) -> Path:
    """Docker's rule: $DOCKER_CONFIG is a folder; else ~/.docker."""
    folder = environ.get("DOCKER_CONFIG")
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    return (Path(folder) if folder else home / ".docker") / "config.json"


def first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
