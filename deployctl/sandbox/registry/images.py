"""The registries as nodes reach them, without HTTP: the same content, credentials and faults."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from deployctl.sandbox.contracts import DockerAuth, ImageConfig, PullError
from deployctl.sandbox.faults import FaultBoard
from deployctl.sandbox.registry.access import ANONYMOUS, Account, Scope
from deployctl.sandbox.registry.containerd import Refusals, Version
from deployctl.sandbox.registry.errors import RegistryError
from deployctl.sandbox.registry.records import Manifest
from deployctl.sandbox.registry.reference import Reference, parse_reference
from deployctl.sandbox.registry.registry import Registry


@dataclass
class SandboxImages:
    """Implements `contracts.Images`. `registries` by every host that a reference may name; others are unreachable."""

    registries: dict[str, Registry]
    faults: FaultBoard
    unreachable: Mapping[str, str] = field(default_factory=dict)
    """Host pattern → a name in `containerd.NETWORK`. A host that nothing matches does not exist in DNS."""
    containerd: Version = "1.6"

    def name(self, registry: Registry, *hosts: str) -> None:
        """References may name the registry by these hosts too."""
        self.registries.update(dict.fromkeys(hosts, registry))

    async def resolve(self, reference: str, auths: tuple[DockerAuth, ...], architecture: str) -> ImageConfig:
        """As contracts.Images says; tries each matching credential, as a kubelet does. Raises PullError."""
        parsed = parse_reference(reference)
        if parsed is None:
            raise PullError(f'failed to pull and unpack image "{reference}": invalid reference format')
        self._fault(parsed, reference)
        registry = self.registries.get(parsed.host)
        if registry is None:
            raise self._refusals(parsed).named(self._failure(parsed.host))
        self._authorize(registry, parsed, auths)
        return self._config(registry, parsed, architecture)

    def inspect(self, reference: str, architecture: str) -> ImageConfig:
        """What a pull would give, without credentials, network or faults. Raises PullError."""
        parsed = parse_reference(reference)
        registry = self.registries.get(parsed.host) if parsed else None
        if parsed is None or registry is None:
            raise PullError(f"{reference}: no registry of this sandbox has it")
        return self._config(registry, parsed, architecture)

    def _fault(self, reference: Reference, text: str) -> None:
        fault = self.faults.take("image-pull", host=reference.host, image=text)
        if fault is None:
            return
        if "message" in fault:
            raise PullError(str(fault["message"]))
        raise self._refusals(reference).named(str(fault.get("error", "timeout")))

    def _failure(self, host: str) -> str:
        found = (error for pattern, error in self.unreachable.items() if fnmatchcase(host, pattern))
        return next(found, "no-such-host")

    def _authorize(self, registry: Registry, reference: Reference, auths: tuple[DockerAuth, ...]) -> None:
        if registry.challenge == "none":
            return
        scope = Scope("repository", reference.repository, frozenset({"pull"}))
        failures: list[PullError] = []
        for auth in matching(auths, reference):
            account = registry.login(auth.username, auth.password)
            failure = self._refusal(registry, reference, account, scope)
            if failure is None:
                return
            failures.append(failure)
        if not failures:
            if not registry.anonymous_pull:
                raise self._no_credential(registry, reference)
            return
        raise failures[0] if len(failures) == 1 else _aggregate(failures)

    def _refusal(
        self, registry: Registry, reference: Reference, account: Account | None, scope: Scope
    ) -> PullError | None:
        words = self._refusals(reference)
        if account is None:
            return words.basic() if registry.challenge == "basic" else words.oauth()
        if account.granted([scope]) or (registry.anonymous_pull and ANONYMOUS.granted([scope])):
            return None
        return words.basic() if registry.challenge == "basic" else words.insufficient_scope()

    def _no_credential(self, registry: Registry, reference: Reference) -> PullError:
        words = self._refusals(reference)
        return words.basic() if registry.challenge == "basic" else words.anonymous()

    def _refusals(self, reference: Reference) -> Refusals:
        return Refusals(reference, self.containerd)

    def _config(self, registry: Registry, reference: Reference, architecture: str) -> ImageConfig:
        try:
            repository = registry.storage.repository(reference.repository)
            top = repository.manifest(reference.wanted)
            chosen = self._platform(registry, reference, top, architecture)
            described = chosen.parsed.config
            blob = registry.storage.blob(reference.repository, described.digest if described else "")
            config = json.loads(blob.content())
        except RegistryError as error:
            raise self._refusals(reference).not_found() from error
        except ValueError as error:
            raise self._refusals(reference).no_platform(top.digest) from error
        size = sum(layer.size for layer in chosen.parsed.layers)
        return _image_config(reference, top.digest, size, config)

    def _platform(self, registry: Registry, reference: Reference, top: Manifest, architecture: str) -> Manifest:
        """containerd checks the platform of an index only: a lone manifest is pulled, and its program cannot start."""
        repository = registry.storage.repository(reference.repository)
        if not top.parsed.children:
            return top
        for child in top.parsed.children:
            if (child.os, child.architecture) == ("linux", architecture):
                return repository.manifest(child.digest)
        raise self._refusals(reference).no_platform(top.digest)


def _image_config(reference: Reference, digest: str, size: int, document: Mapping[str, Any]) -> ImageConfig:
    config = document.get("config") or {}
    return ImageConfig(
        repository=f"{reference.host}/{reference.repository}",
        digest=digest,
        size=size,
        os=str(document.get("os", "linux")),
        architecture=str(document.get("architecture", "amd64")),
        env=dict(pair.split("=", 1) for pair in config.get("Env") or () if "=" in pair),
        labels=dict(config.get("Labels") or {}),
        entrypoint=tuple(config.get("Entrypoint") or ()),
        cmd=tuple(config.get("Cmd") or ()),
    )


def matching(auths: tuple[DockerAuth, ...], reference: Reference) -> list[DockerAuth]:
    """The credentials that a kubelet would offer: for this host, scheme and path forms included, longest path first."""
    found = [auth for auth in auths if _covers(auth.host, reference)]
    return sorted(found, key=lambda auth: -len(auth.host))


def _covers(entry: str, reference: Reference) -> bool:
    """A docker config's key against a reference; `*.azurecr.io` patterns and `https://host/v2/` forms count."""
    bare = entry.removeprefix("https://").removeprefix("http://").rstrip("/")
    host, _, path = bare.partition("/")
    if host in {"index.docker.io", "registry-1.docker.io"}:
        host = "docker.io"
    path = "" if path in {"v1", "v2"} else path
    parts, wanted = host.split("."), reference.host.split(".")
    if len(parts) != len(wanted) or not all(map(fnmatchcase, wanted, parts)):
        return False
    return not path or f"{reference.repository}/".startswith(f"{path}/") or reference.repository.startswith(path)


def _aggregate(failures: list[PullError]) -> PullError:
    """Kubernetes' own way to print several errors as one."""
    texts = list(dict.fromkeys(str(failure) for failure in failures))
    return PullError(texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]")
