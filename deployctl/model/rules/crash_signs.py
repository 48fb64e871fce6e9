"""The fail-fast table's rows about containers that ran and ended."""

from __future__ import annotations

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.json import text
from deployctl.model.pod import Container, Terminated, Waiting
from deployctl.model.rules.case import Case, container_of
from deployctl.model.rules.container_signs import Rule, hook_events

SIGNALS = {134: "SIGABRT", 135: "SIGBUS", 137: "SIGKILL", 139: "SIGSEGV", 143: "SIGTERM"}
OOM = "OOMKilled"


def ended_runs(case: Case, container: Container) -> int:
    """How often the container has ended since the watch began, the present end included."""
    backing_off = isinstance(container.state, Waiting) and container.state.reason == "CrashLoopBackOff"
    # A first back-off shows restartCount 0: the run that ended is in lastState, or in the state that was replaced.
    now_ended = isinstance(container.state, Terminated) or backing_off
    restarts = container.restarts - case.watch.baseline.restarts_of(case.pod.uid, container.name)
    return max(0, restarts) + (1 if now_ended else 0)


def last_end(container: Container) -> Terminated | None:
    return container.state if isinstance(container.state, Terminated) else container.last


def out_of_memory(case: Case, container: Container) -> Diagnosis | None:
    """OOMKilled: the first time a warning, the second time fatal; the limit is named."""
    ends = [end for end in (container.state, container.last) if isinstance(end, Terminated)]
    if not any(end.reason == OOM for end in ends) or _recovered(case, container):
        return None
    limit = _limit(case.spec_of(container.name))
    times = ended_runs(case, container)
    fatal = times >= case.watch.thresholds.restarts
    return case.finding(
        "out-of-memory",
        f"container {container.name} was killed for memory{' again' if fatal else ''}: its limit is {limit or 'none'}"
        + ("" if limit else ", so the node itself ran out"),
        severity="fatal" if fatal else "waiting",
        evidence=tuple(_ended(end) for end in ends),
        action=f"raise resources.limits.memory of container {container.name} above {limit or 'what it uses'}, "
        f"or find what it needs it for: {case.kubectl} top pod {case.pod.name} --containers",
        incident="POD001",
        container=container,
        previous_logs=not isinstance(container.state, Terminated),
        logs=True,
        fails_old_too=_limit_before(case, container, limit),
    )


def _limit(spec: object) -> str:
    return text(spec, "resources", "limits", "memory")


def _limit_before(case: Case, container: Container, limit: str) -> bool | None:
    """A limit that was lowered explains it: the former version had more. Else the image may be at fault."""
    former = container_of(case.watch.baseline.template, container.name)
    return False if former and _limit(former) != limit else None


def crash_loop(case: Case, container: Container) -> Diagnosis | None:
    """Fatal at the second restart, or when it has ended with a code other than 0 twice."""
    end = last_end(container)
    times = ended_runs(case, container)
    if end is None or not times or end.reason == OOM or _is_finished_init(case, container):
        return None
    if (
        _recovered(case, container)
        or end.reason in ("StartError", "ContainerCannotRun")
        or hook_events(case, container)
    ):
        return None
    limit = case.watch.thresholds.restarts
    fatal = _restarts(case, container) >= limit or (times >= limit and end.exit_code != 0)
    ends_well = end.exit_code == 0
    cause = "container-exits" if ends_well else "crash-loop"
    what = "ends by itself with exit code 0" if ends_well else f"crashes with {_exit(end)}"
    init = "init container" if container.init else "container"
    return case.finding(
        cause,
        f"{init} {container.name} {what}" + (f", {times} times" if times > 1 else ""),
        severity="fatal" if fatal else "waiting",
        evidence=(_state(container), _ended(end)),
        action=_logs_command(case, container)
        if not ends_well
        else f"give container {container.name} a command that keeps running; a task that ends belongs in a Job",
        incident="POD001",
        container=container,
        previous_logs=not isinstance(container.state, Terminated),
        logs=True,
    )


def _restarts(case: Case, container: Container) -> int:
    return container.restarts - case.watch.baseline.restarts_of(case.pod.uid, container.name)


def _is_finished_init(case: Case, container: Container) -> bool:
    """An init container, or a Job's container, that ended with 0 did what it should."""
    state = container.state
    done = isinstance(state, Terminated) and state.exit_code == 0
    return done and (container.init or case.family.workload.ref.kind == "Job")


def _recovered(case: Case, container: Container) -> bool:
    """Ready by a probe of its own after a stumble: a dependency was late. Without a probe Ready proves nothing."""
    probe = bool(case.spec_of(container.name).get("readinessProbe"))
    return container.ready and probe


def _logs_command(case: Case, container: Container) -> str:
    previous = "" if isinstance(container.state, Terminated) else " --previous"
    return f"{case.kubectl} logs {case.pod.name} -c {container.name}{previous}"


def _exit(end: Terminated) -> str:
    name = SIGNALS.get(end.exit_code)
    return f"exit code {end.exit_code}" + (f" ({name})" if name else "")


def _ended(end: Terminated) -> str:
    message = f": {end.message}" if end.message else ""
    return f"last run: {end.reason or 'ended'}, {_exit(end)}{message}"


def _state(container: Container) -> str:
    state = container.state
    reason = state.reason if isinstance(state, Waiting | Terminated) else "running"
    return f"container {container.name}: {reason}, {container.restarts} restarts"


CRASHES = ("crash-loop", "container-exits", "out-of-memory")
"""The causes that these rules name."""

CRASHING: tuple[Rule, ...] = (out_of_memory, crash_loop)
