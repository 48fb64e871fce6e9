"""Gets a container its image: presence, policy, credentials, transfer and back-off, with a kubelet's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deployctl.sandbox.contracts import DockerAuth, ImageConfig, Object, PullError
from deployctl.sandbox.controllers.kit.meta import namespace_of
from deployctl.sandbox.nodes.backoff import Backoff, go_duration
from deployctl.sandbox.nodes.containers import ContainerRecord
from deployctl.sandbox.nodes.faults import about_pod
from deployctl.sandbox.nodes.images import InvalidReference, Reference, StoredImage, parse_reference
from deployctl.sandbox.nodes.machine import Machine
from deployctl.sandbox.nodes.pull_secrets import auths_for

_UNBOUNDED = float("inf")


class NotYet(Exception):
    """The container cannot be started in this sync; reason and message are those of its waiting state."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason, self.message = reason, message


@dataclass
class _Failure:
    """The last failed pull of an image."""

    backoff: Backoff
    at: float = 0.0
    text: str = ""


class Puller:
    """One pod's pulls; the back-off is kept per image, as a kubelet keeps it."""

    def __init__(self, machine: Machine, pod: Callable[[], Object]) -> None:
        self._machine, self._pod = machine, pod
        self._failures: dict[str, _Failure] = {}

    async def ensure(self, record: ContainerRecord) -> StoredImage:
        """One attempt, as in one sync of the pod. Raises NotYet with what the container waits for."""
        image = record.spec["image"]
        try:
            reference = parse_reference(image)
        except InvalidReference as error:
            text = f'couldn\'t parse image name "{image}": {error}'
            message = f'Failed to apply default image tag "{image}": {text}'
            self._warn(record, "InspectFailed", message)
            raise self._not_yet(record, "InvalidImageName", message) from error
        present = self._machine.store.find(reference)
        policy = record.spec.get("imagePullPolicy") or _default_policy(reference)
        if present is not None and policy != "Always":
            self._say(record, "Pulled", _PRESENT.format(image))
            return present
        if policy == "Never":
            message = f'Container image "{image}" is not present with pull policy of Never'
            self._warn(record, "ErrImageNeverPull", message)
            raise self._not_yet(record, "ErrImageNeverPull", message)
        return await self._attempt(record, reference)

    def _not_yet(self, record: ContainerRecord, reason: str, message: str) -> NotYet:
        self._warn(record, "Failed", f"Error: {reason}")
        return NotYet(reason, message)

    async def _attempt(self, record: ContainerRecord, reference: Reference) -> StoredImage:
        """Pull, unless an earlier failure forbids it for now."""
        image, clock = record.spec["image"], self._machine.clock
        failed = self._failures.setdefault(str(reference), _Failure(Backoff(*self._machine.timings.pull_backoff)))
        if failed.backoff.left(failed.at, clock.monotonic()) > 0:
            message = f'Back-off pulling image "{image}"'
            self._say(record, "BackOff", message)
            raise self._not_yet(record, "ImagePullBackOff", f"{message}: ErrImagePull: {failed.text}")
        self._say(record, "Pulling", f'Pulling image "{image}"')
        began = clock.monotonic()
        try:
            config = await self._pull(record, reference)
        except PullError as error:
            failed.text, failed.at = str(error), clock.monotonic()
            failed.backoff.next(failed.at)
            self._warn(record, "Failed", f'Failed to pull image "{image}": {error}')
            raise self._not_yet(record, "ErrImagePull", str(error)) from error
        took = go_duration(clock.monotonic() - began)
        words = f'Successfully pulled image "{image}" in {took} ({took} including waiting). '
        self._say(record, "Pulled", f"{words}Image size: {config.size} bytes.")
        stored = self._machine.store.put(reference, config)
        self._machine.on_images()
        return stored

    async def _pull(self, record: ContainerRecord, reference: Reference) -> ImageConfig:
        """Raises PullError."""
        machine, text = self._machine, str(reference)
        subject = about_pod(self._pod(), record.spec)
        await machine.clock.sleep(machine.timings.registry)
        missing = machine.strike("image-missing", subject)
        if missing is not None:
            raise PullError(_NOT_FOUND.format(text, missing.get("message") or f"{text}: not found"))
        broken = machine.strike("pull-error", subject)
        if broken is not None:
            raise PullError(str(broken.get("message") or _unreachable(reference)))
        self._check_reachable(reference)
        config = await machine.images.resolve(text, self._auths(reference), machine.spec.architecture)
        if not machine.store.has_digest(config.digest):
            slow = machine.concerning("slow-pull", subject)
            await machine.link.transfer(config.size, lambda: _cap(slow))
            await machine.clock.sleep(config.size / machine.timings.unpack_bytes_per_second + _extra(slow))
        return config

    def _check_reachable(self, reference: Reference) -> None:
        hosts = self._machine.spec.pull_registries
        if hosts is not None and reference.host not in hosts:
            raise PullError(_unreachable(reference))

    def _auths(self, reference: Reference) -> tuple[DockerAuth, ...]:
        pod = self._pod()
        secrets = []
        missing = []
        for name in pull_secret_names(pod, self._machine.read):
            secret = self._machine.read("secrets", namespace_of(pod), name)
            if secret is None:
                missing.append(name)
            else:
                secrets.append(secret)
        if missing:
            self._machine.events.warning(
                pod, "FailedToRetrieveImagePullSecret", _SOME_MISSING.format(", ".join(missing))
            )
        return auths_for(reference, secrets)

    def _say(self, record: ContainerRecord, reason: str, message: str) -> None:
        self._machine.events.normal(self._pod(), reason, message, record.field_path)

    def _warn(self, record: ContainerRecord, reason: str, message: str) -> None:
        self._machine.events.warning(self._pod(), reason, message, record.field_path)


_PRESENT = 'Container image "{}" already present on machine and can be accessed by the pod'
_SOME_MISSING = "Unable to retrieve some image pull secrets ({}); attempting to pull the image may not succeed."
_NOT_FOUND = (
    'rpc error: code = NotFound desc = failed to pull and unpack image "{0}": failed to resolve reference "{0}": {1}'
)
_UNREACHABLE = (
    'failed to pull and unpack image "{0}": failed to resolve reference "{0}": failed to do request: '
    'Head "https://{1}/v2/{2}/manifests/{3}": dial tcp: i/o timeout'
)


def _unreachable(reference: Reference) -> str:
    what = reference.digest or reference.tag
    return _UNREACHABLE.format(str(reference), reference.host, reference.path, what)


def pull_secret_names(pod: Object, read: Callable[[str, str, str], Object | None]) -> list[str]:
    """The pod's own list, or that of its service account when it has none (admission copies it at creation)."""
    listed = pod["spec"].get("imagePullSecrets")
    if not listed:
        account = read("serviceaccounts", namespace_of(pod), pod["spec"].get("serviceAccountName") or "default")
        listed = (account or {}).get("imagePullSecrets")
    return [entry["name"] for entry in listed or () if entry.get("name")]


def _default_policy(reference: Reference) -> str:
    return "Always" if reference.tag == "latest" and not reference.digest else "IfNotPresent"


def _cap(faults: list[Mapping[str, Any]]) -> float:
    return min((float(f["bytes_per_second"]) for f in faults if "bytes_per_second" in f), default=_UNBOUNDED)


def _extra(faults: list[Mapping[str, Any]]) -> float:
    return sum(float(f.get("seconds", 0)) for f in faults)
