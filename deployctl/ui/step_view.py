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
    PrefetchStep,
    RecordStep,
    RestartStep,
    Step,
    TagStep,
    VerifyStep,
)


def step_title(step: Step) -> str:
    """One line."""
    match step:
        case BuildStep() | PrefetchStep() | TagStep():
            return _of_images(step)
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
        case CommitStep():
            return f"commit {', '.join(step.paths)}"
        case RecordStep():
            return f"record {step.release}"
        case _:
            assert_never(step)


def _of_images(step: BuildStep | PrefetchStep | TagStep) -> str:
    match step:
        case BuildStep():
            return f"build {step.image}"
        case PrefetchStep():
            return f"pull {', '.join(step.images)} onto {', '.join(step.nodes)} while the old pods serve"
        case TagStep():
            return f"tag {step.image.name} as {', '.join(step.tags)}"
        case _:
            assert_never(step)
