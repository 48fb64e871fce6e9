"""The fail-fast table's rows about one container that cannot start."""

from __future__ import annotations

import re
from collections.abc import Callable

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.json import Json, items, mapping, text
from deployctl.model.pod import Container, Event, Terminated, Waiting
from deployctl.model.rules.case import Case, container_of, event_line
from deployctl.model.rules.pull_errors import classify_pull_error

Rule = Callable[[Case, Container], Diagnosis | None]

PULLS = ("ErrImagePull", "ImagePullBackOff", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed")
MISSING = re.compile(r"couldn't find key (?P<key>\S+) in (?P<in>Secret|ConfigMap) (?P<ref>\S+)")
ABSENT = re.compile(r"(?P<kind>secret|configmap)s? \"(?P<name>[^\"]+)\" not found")
BARE_BACK_OFF = re.compile(r'Back-off pulling image "[^"]*"\s*')
CACHE = "failed to sync"


def _waits(container: Container, *reasons: str) -> Waiting | None:
    state = container.state
    return state if isinstance(state, Waiting) and state.reason in reasons else None


def bad_image_name(case: Case, container: Container) -> Diagnosis | None:
    """InvalidImageName, ErrImageNeverPull: fatal now."""
    if state := _waits(container, "InvalidImageName"):
        return case.finding(
            "image-name-invalid",
            f"{container.image!r} is not an image reference",
            evidence=(f"{state.reason}: {state.message}",),
            action="correct the image's newName and newTag in the overlay",
            container=container,
            fails_old_too=False,
        )
    if state := _waits(container, "ErrImageNeverPull"):
        return case.finding(
            "image-never-pulled",
            f"{container.image} is not on the node, and imagePullPolicy Never forbids to pull it",
            evidence=(f"{state.reason}: {state.message}",),
            action="set imagePullPolicy: IfNotPresent",
            container=container,
        )
    return None


def pull_failed(case: Case, container: Container) -> Diagnosis | None:
    """ErrImagePull, ImagePullBackOff: by what the text means; fatal on the second try, or after the network's time."""
    state = _waits(container, *PULLS)
    if state is None:
        return None
    failures = tuple(e for e in case.reasons("Failed") if _about(e.field, container) and "pull" in e.message.lower())
    message = state.message
    if not message or BARE_BACK_OFF.fullmatch(message):  # an older kubelet: the error is in its event only
        message = next((e.message for e in reversed(failures) if "Failed to pull image" in e.message), message)
    meant = classify_pull_error(message, container.image)
    limits = case.watch.thresholds
    again = sum(e.count for e in failures if "Failed to pull image" in e.message) >= 2
    patience = limits.pull_network if meant.patience == "network" else (0.0 if again else limits.pull_repeat)
    secrets = mapping(case.family.workload.template, "spec").get("imagePullSecrets") or []
    named = ", ".join(text(s, "name") for s in secrets if isinstance(s, dict))
    about_secret = f"the template's imagePullSecrets: {named or 'none'}" if meant.incident == "ARCH001" else ""
    return case.finding(
        meant.cause,
        meant.summary,
        evidence=(f"{state.reason}: {message}", about_secret),
        action=meant.action.replace("kubectl ", f"{case.kubectl} ") if meant.incident == "ARCH001" else meant.action,
        incident=meant.incident,
        patience=patience,
        container=container,
        fails_old_too=meant.fails_old_too,
    )


def _about(field: str, container: Container) -> bool:
    return not field or field.endswith(f"{{{container.name}}}")


def config_missing(case: Case, container: Container) -> Diagnosis | None:
    """CreateContainerConfigError: a Secret, a ConfigMap or a key is missing; a cache that lags passes by itself."""
    state = _waits(container, "CreateContainerConfigError")
    if state is None:
        return None
    evidence = (f"{state.reason}: {state.message}",)
    if CACHE in state.message:
        return case.finding(
            "config-cache-late",
            "the node has not read the pod's Secrets and ConfigMaps yet",
            severity="waiting",
            evidence=evidence,
            container=container,
        )
    return _missing_reference(case, container, state.message, evidence) or case.finding(
        "container-config",
        f"container {container.name} cannot be configured: {state.message}",
        evidence=evidence,
        action=f"{case.kubectl} describe pod {case.pod.name}",
        patience=case.watch.thresholds.create_error,
        container=container,
    )


def _missing_reference(case: Case, container: Container, message: str, evidence: tuple[str, ...]) -> Diagnosis | None:
    patience = case.watch.thresholds.config_missing
    if found := MISSING.search(message):
        kind, name, key = found["in"], found["ref"].rpartition("/")[2], found["key"]
        return case.finding(
            f"{kind.lower()}-key-missing",
            f"{kind} {name} has no key {key}, which container {container.name} needs",
            evidence=evidence,
            action=_add_key(case, kind.lower(), name, key),
            incident="SECRET001",
            patience=patience,
            container=container,
            fails_old_too=former_names(case, container, name, key),
        )
    if found := ABSENT.search(message):
        kind, name = found["kind"], found["name"]
        return case.finding(
            f"{kind}-missing",
            f"{kind} {name} does not exist, and container {container.name} needs it",
            evidence=evidence,
            action=create_command(case, kind, name),
            incident="SECRET001",
            patience=patience,
            container=container,
            fails_old_too=former_names(case, container, name, ""),
        )
    return None


def create_command(case: Case, kind: str, name: str) -> str:
    sort = "secret generic" if kind.lower() == "secret" else "configmap"
    return f"{case.kubectl} create {sort} {name} --from-literal=KEY=VALUE"


def _add_key(case: Case, kind: str, name: str, key: str) -> str:
    field = "stringData" if kind == "secret" else "data"
    return f'{case.kubectl} patch {kind} {name} -p \'{{"{field}":{{"{key}":"VALUE"}}}}\''


def former_names(case: Case, container: Container, name: str, key: str) -> bool | None:
    """Whether the former template's container names the same object (and key): then it would fail as well."""
    if not case.watch.baseline.template:
        return None
    former = container_of(case.watch.baseline.template, container.name)
    return any(_names(entry, name, key) for entry in (*items(former, "env"), *items(former, "envFrom")))


def _names(entry: Json, name: str, key: str) -> bool:
    sources = (
        mapping(entry, "valueFrom", "secretKeyRef"),
        mapping(entry, "valueFrom", "configMapKeyRef"),
        mapping(entry, "secretRef"),
        mapping(entry, "configMapRef"),
    )
    return any(s.get("name") == name and (not key or s.get("key", key) == key) for s in sources)


def cannot_start(case: Case, container: Container) -> Diagnosis | None:
    """CreateContainerError, RunContainerError, StartError: the runtime cannot make or start the container."""
    state = _waits(container, *NOT_STARTED)
    ended = container.state if isinstance(container.state, Terminated) else container.last
    failed_start = ended if ended and ended.reason in ("StartError", "ContainerCannotRun") else None
    if state is None and failed_start is None:
        return None
    seen = state or failed_start
    assert seen is not None
    command = case.spec_of(container.name).get("command") or case.spec_of(container.name).get("args")
    hint = f"the template's command: {command}" if command else ""
    return case.finding(
        "container-cannot-start",
        f"container {container.name} cannot be started",
        evidence=(f"{seen.reason}: {seen.message}", hint),
        action=f"correct command, args and workingDir of container {container.name}, or its image's entrypoint",
        patience=case.watch.thresholds.create_error,
        container=container,
        incident="POD001",
    )


def hook_failed(case: Case, container: Container) -> Diagnosis | None:
    """A postStart hook that fails: the kubelet kills the container each time, which then looks like a crash loop."""
    failed = hook_events(case, container)
    if not failed and not _waits(container, "PostStartHookError"):
        return None
    state = container.state
    told = f"{state.reason}: {state.message}" if isinstance(state, Waiting) else ""
    return case.finding(
        "post-start-hook",
        f"the postStart hook of container {container.name} fails, so the container is killed",
        evidence=(told, *(event_line(e) for e in failed[-1:])),
        action=f"correct lifecycle.postStart of container {container.name}",
        patience=case.watch.thresholds.create_error,
        container=container,
        incident="POD001",
    )


def hook_events(case: Case, container: Container) -> tuple[Event, ...]:
    """What the kubelet said of the container's postStart hook, while the container is not Ready."""
    if container.ready:
        return ()
    return tuple(e for e in case.reasons("FailedPostStartHook") if _about(e.field, container))


def unknown_wait(case: Case, container: Container) -> Diagnosis | None:
    """Any other `…Error` that a container waits with: said, and fatal when it lasts as long as a failing start."""
    state = container.state
    if not isinstance(state, Waiting) or not state.reason.endswith(("Error", "Err")) or state.reason in _KNOWN:
        return None
    return case.finding(
        "container-waits",
        f"container {container.name} waits with {state.reason}",
        evidence=(f"{state.reason}: {state.message}", *(event_line(e) for e in case.reasons("Failed")[-1:])),
        action=f"{case.kubectl} describe pod {case.pod.name}",
        patience=case.watch.thresholds.create_error,
        container=container,
    )


NOT_STARTED = ("CreateContainerError", "RunContainerError", "PreCreateHookError", "PreStartHookError")
_KNOWN = frozenset(
    (*PULLS, *NOT_STARTED, "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError", "PostStartHookError")
)

STARTING: tuple[Rule, ...] = (bad_image_name, pull_failed, config_missing, cannot_start, hook_failed, unknown_wait)
