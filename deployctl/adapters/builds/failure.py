"""Why a build failed, from its log: the step of the Dockerfile, its last lines, and what to do. Pure."""

from __future__ import annotations

import re

from deployctl.adapters.builds.hints import hint
from deployctl.adapters.builds.state import RunState
from deployctl.model.dockerfile import CONTEXT_LABEL
from deployctl.model.errors import ReleaseFailed

STEP = re.compile(r"^Step (\d+/\d+) : (.*)$")
BUILT = re.compile(r"^Successfully tagged ")
AGENT = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ")
"""Lines of the agent itself, not of docker."""
NOISE = re.compile(
    r"^(Run ID: |failed to run step ID|Container failed during run|Removing intermediate container|\s*$"
    rf"| ---> ([0-9a-f]+|Running in [0-9a-f]+|Using cache)$|Step \d+/\d+ : LABEL {re.escape(CONTEXT_LABEL)}=)"
)
"""What says nothing of why a build failed."""
SHOWN = 20
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def failing_step(lines: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The last step that docker began, such as `step 4/9: RUN npm ci`, and what it said after that. The label that
    deployctl adds as the last step cannot fail; what is built can still fail to be pushed."""
    plain = [_settled(line) for line in lines]
    built = next((index for index, line in enumerate(plain) if BUILT.match(line)), len(plain))
    if built < len(plain):
        return "its push, after the last step of the Dockerfile", _telling(plain[built + 1 :])
    for index in range(len(plain) - 1, -1, -1):
        match = STEP.match(plain[index])
        if match and CONTEXT_LABEL not in match[2]:
            return f"step {match[1]}: {match[2].strip()}", _telling(plain[index + 1 :])
    return "", _telling(plain)


def _settled(line: str) -> str:
    """Without colours; of a line that was written over, as progress bars are, its last state."""
    return COLOURS.sub("", line).rstrip("\r").rpartition("\r")[2]


def build_failed(state: RunState, image: str, lines: tuple[str, ...]) -> ReleaseFailed:
    """The error for a run that ended otherwise than Succeeded."""
    step, said = failing_step(lines)
    said = (*said, *([state.error] if state.error and state.error not in said else []))
    whats = {
        "Canceled": f"the build {state.id} was cancelled in Azure",
        "Timeout": f"the build {state.id} took longer than its timeout",
        "Error": f"the build {state.id} failed inside Azure",
    }
    what = whats.get(state.status, f"the build {state.id} failed") + (f" at {step}" if step else "")
    actions = {
        "Canceled": "somebody cancelled it: ask before building again",
        "Timeout": "raise `build_timeout` under [registry], or make the build faster",
        "Error": "try again; when it happens again, look at Azure's status page",
    }
    action = hint(*said) or actions.get(
        state.status, "read the lines above, correct the Dockerfile or the code; then build again"
    )
    return ReleaseFailed(what, where=image, evidence=said[-SHOWN:], action=action)


def _telling(lines: list[str]) -> tuple[str, ...]:
    """Without the agent's own lines and docker's bookkeeping."""
    return tuple(line.rstrip() for line in lines if not AGENT.match(line) and not NOISE.match(line))[-SHOWN:]
