"""A step's title: what will be done, in a few words."""

from __future__ import annotations

from typing import assert_never

from deployctl.model.plan import (
    ApplyStep,
    AwaitStep,
    BuildStep,
    BumpStep,
    CommitStep,
    HealthStep,
    LeftoversStep,
    RecordStep,
    RestartStep,
    Step,
    TagStep,
    VerifyStep,
)


def step_title(step: Step) -> str:  # noqa: PLR0911  one return for each kind
    """One line."""
    match step:
        case BuildStep():
            return f"build {step.image}"
        case BumpStep():
            return "write " + ", ".join(f"{e.path} ({e.summary})" for e in step.edits)
        case ApplyStep():
            return f"apply the overlay, {step.objects} of its objects change"
        case LeftoversStep():
            return "remove pods that were left behind: " + ", ".join(pod.name for pod in step.pods)
        case RestartStep():
            return f"restart {step.workload}, once"
        case AwaitStep():
            return "wait for " + ", ".join(str(t.workload) for t in step.transitions)
        case HealthStep():
            return f"check {step.url}"
        case VerifyStep():
            return f"verify what runs: {', '.join(step.services)}"
        case TagStep():
            return f"tag {step.image.name} as {', '.join(step.tags)}"
        case CommitStep():
            return f"commit {', '.join(step.paths)}"
        case RecordStep():
            return f"record {step.release}"
        case _:
            assert_never(step)
