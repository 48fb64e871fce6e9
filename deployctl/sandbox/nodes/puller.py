"""Gets a container its image: presence, policy, credentials, transfer and back-off, with a kubelet's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from deployctl.sandbox.contracts import DockerAuth, ImageConfig, Object, PullError
from deployctl.sandbox.controllers.kit.meta import namespace_of
from deployctl.sandbox.nodes.backoff import Backoff, go_duration
from deployctl.sandbox.nodes.containers import ContainerRecord, Waiting
from deployctl.sandbox.nodes.faults import about_pod
from deployctl.sandbox.nodes.images import InvalidReference, Reference, StoredImage, parse_reference
from deployctl.sandbox.nodes.machine import Machine
from deployctl.sandbox.nodes.pull_secrets import auths_for

_UNBOUNDED = float("inf")


class Puller:
    """One pod's pulls; the back-off is kept per image, as a kubelet keeps it."""

    def __init__(self, machine: Machine, pod: Callable[[], Object], publish: Callable[[], None]) -> None:
        self._machine, self._pod, self._publish = machine, pod, publish
        self._backoffs: dict[str, Backoff] = {}

    async def ensure(self, record: ContainerRecord) -> StoredImage:
        """The image, however long it takes; meanwhile the record says what it waits for."""
        while True:
            try:
                reference = parse_reference(record.spec["image"])
            except InvalidReference as error:
                await self._invalid(record, str(error))
                continue
            image = self._machine.store.find(reference)
            policy = record.spec.get("imagePullPolicy") or _default_policy(reference)
            if image is not None and policy != "Always":
                self._say(record, "Pulled", _PRESENT.format(record.spec["image"]))
                return image
            if policy == "Never":
                await self._never(record)
                continue
            pulled = await self._attempt(record, reference)
            if pulled is not None:
                return pulled

    async def _invalid(self, record: ContainerRecord, why: str) -> None:
        text = f'couldn\'t parse image name "{record.spec["image"]}": {why}'
        message = f'Failed to apply default image tag "{record.spec["image"]}": {text}'
        await self._stuck(record, "InspectFailed", "InvalidImageName", message)

    async def _never(self, record: ContainerRecord) -> None:
        message = f'Container image "{record.spec["image"]}" is not present with pull policy of Never'
        await self._stuck(record, "ErrImageNeverPull", "ErrImageNeverPull", message)

    async def _stuck(self, record: ContainerRecord, event: str, reason: str, message: str) -> None:
        self._warn(record, event, message)
        self._warn(record, "Failed", f"Error: {reason}")
        self._wait_with(record, Waiting(reason, message))
        await self._machine.clock.sleep(self._machine.timings.retry_sync)

    async def _attempt(self, record: ContainerRecord, reference: Reference) -> StoredImage | None:
        """One pull; None after its failure and the pause that follows."""
        image, clock = record.spec["image"], self._machine.clock
        self._say(record, "Pulling", f'Pulling image "{image}"')
        began = clock.monotonic()
        try:
            config = await self._pull(record, reference)
        except PullError as error:
            await self._failed(record, reference, str(error))
            return None
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
        for fault in machine.concerning("image-missing", subject):
            raise PullError(_NOT_FOUND.format(text, fault.get("message") or f"{text}: not found"))
        for fault in machine.concerning("pull-error", subject):
            raise PullError(str(fault.get("message") or _UNREACHABLE.format(text, reference.host, reference.path)))
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
            raise PullError(_UNREACHABLE.format(str(reference), reference.host, reference.path))

    def _auths(self, reference: Reference) -> tuple[DockerAuth, ...]:
        pod = self._pod()
        secrets = []
        for name in pull_secret_names(pod, self._machine.read):
            secret = self._machine.read("secrets", namespace_of(pod), name)
            if secret is not None:
                secrets.append(secret)
        return auths_for(reference, secrets)

    async def _failed(self, record: ContainerRecord, reference: Reference, text: str) -> None:
        """ErrImagePull, then ImagePullBackOff until the next attempt is due."""
        clock, timings, image = self._machine.clock, self._machine.timings, record.spec["image"]
        self._warn(record, "Failed", f'Failed to pull image "{image}": {text}')
        self._warn(record, "Failed", "Error: ErrImagePull")
        self._wait_with(record, Waiting("ErrImagePull", text))
        backoff = self._backoffs.setdefault(str(reference), Backoff(*timings.pull_backoff))
        now = clock.monotonic()
        backoff.next(now)
        await clock.sleep(timings.next_sync)
        message = f'Back-off pulling image "{image}"'
        while (left := backoff.left(now, clock.monotonic())) > 0:
            self._say(record, "BackOff", message)
            self._warn(record, "Failed", "Error: ImagePullBackOff")
            self._wait_with(record, Waiting("ImagePullBackOff", f"{message}: ErrImagePull: {text}"))
            await clock.sleep(min(left, timings.retry_sync))

    def _wait_with(self, record: ContainerRecord, state: Waiting) -> None:
        record.state = state
        self._publish()

    def _say(self, record: ContainerRecord, reason: str, message: str) -> None:
        self._machine.events.normal(self._pod(), reason, message, record.field_path)

    def _warn(self, record: ContainerRecord, reason: str, message: str) -> None:
        self._machine.events.warning(self._pod(), reason, message, record.field_path)


_PRESENT = 'Container image "{}" already present on machine and can be accessed by the pod'
_NOT_FOUND = (
    'rpc error: code = NotFound desc = failed to pull and unpack image "{0}": failed to resolve reference "{0}": {1}'
)
_UNREACHABLE = (
    'rpc error: code = Unknown desc = failed to pull and unpack image "{0}": failed to resolve reference "{0}": '
    'failed to do request: Head "https://{1}/v2/{2}/manifests": dial tcp: i/o timeout'
)


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
