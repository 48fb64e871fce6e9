"""What a person reads, whole."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from textwrap import dedent

from rich.text import Text
from worlds import NEW, NOW, OLD, OTHER, Case, read

from deployctl.model.change import FieldChange, FileEdit, ObjectChange
from deployctl.model.diagnosis import Diagnosis
from deployctl.model.errors import Problem
from deployctl.model.event import (
    DowntimeMeasured,
    HistoryRead,
    LogLine,
    Outcome,
    Planned,
    RunEvent,
    StepFinished,
    StepProgress,
    StepStarted,
    Waiting,
)
from deployctl.model.manifest import ObjectRef, manifest
from deployctl.model.plan import Plan
from deployctl.model.release import Release, ReleasedImage
from deployctl.model.request import ReleaseRequest
from deployctl.model.rollout import RolloutReport
from deployctl.model.service import WorkloadRef
from deployctl.model.verify import Check
from deployctl.planning import plan_release
from deployctl.ui.event_view import Verbosity, event_lines
from deployctl.ui.history_view import history_lines
from deployctl.ui.plan_view import plan_lines
from deployctl.ui.printer import JsonPrinter, PlainPrinter
from deployctl.ui.problem_view import problem_lines
from deployctl.ui.rollout_view import rollout_line, waiting_lines
from deployctl.ui.verify_view import verify_lines

EDIT = FileEdit(
    "overlay/kustomization.yaml",
    "newTag: prod-v0.8.7\n",
    "newTag: prod-v0.8.8\n",
    12,
    "newTag: prod-v0.8.7 -> prod-v0.8.8",
)


def plan(case: Case) -> Plan:
    return plan_release(ReleaseRequest(("backend",)), case.snapshot())


def shown(lines: tuple[Text, ...]) -> str:
    return "\n".join(line.plain for line in lines) + "\n"


def test_a_plan_says_image_overlay_objects_steps_and_cost() -> None:
    assert (
        shown(plan_lines(plan(Case(edits=(EDIT,)))))
        == dedent("""\
        Release backend 0.8.8 to prod (prod at https://cluster.example.com)
          image    registry.example.com/klinecubic/backend:prod-v0.8.8  in the registry, sha256:888888888888
          now      registry.example.com/klinecubic/backend:prod-v0.8.7
          running  sha256:777777777777
          overlay  overlay/kustomization.yaml:12  newTag: prod-v0.8.7 -> prod-v0.8.8
          ~ deployment/backend  Recreate: the old pods stop before the new ones start
              spec.template.spec.containers[backend].image
                - registry.example.com/klinecubic/backend:prod-v0.8.7
                + registry.example.com/klinecubic/backend:prod-v0.8.8
          proved   klinecubic/backend:prod-v0.8.8 exists · the API server takes 1 object
        warning: deployment/backend has no readiness probe: restarts are watched for 15 s after its start
          where  deployment/backend
        warning: could not prove that the new pods fit: nodes may not be read
          where  deployment/backend
          next   a ClusterRole for it is in docs/operations.md
          see    docs/troubleshooting.md#NODE001
        warning: images are not brought to the nodes beforehand: nodes may not be read
          where  deployment/backend
          next   docs/operations.md has a Role for it; or set prefetch = "off" in [policies]
           1. write overlay/kustomization.yaml (newTag: prod-v0.8.7 -> prod-v0.8.8)
           2. apply the overlay, 1 of its objects change
           3. wait for deployment/backend
           4. check https://example.com/health
           5. verify what runs: backend
           6. record backend 0.8.8
          downtime unknown: no earlier release was measured
          sealed   %s
        """)
        % plan(Case(edits=(EDIT,))).fingerprint[:12]
    )


def test_a_refused_plan_begins_with_the_reason_and_names_no_steps() -> None:
    other = manifest(read(OTHER, tag="7"))
    case = Case(others_live=(other,), others_rendered=(manifest(read(OTHER, tag="dead")),), url="")
    assert shown(plan_lines(plan(case))).splitlines()[:5] == [
        "refused: applying the overlay changes workloads that were not named: deployment/redis",
        "  seen   deployment/redis spec.template.spec.containers[redis].image: redis:7 -> redis:dead",
        "  next   look at the changes; bring Git and cluster together, or accept them with --accept-collateral",
        "  see    docs/troubleshooting.md#K8S-002",
        "",
    ]
    assert "1." not in shown(plan_lines(plan(case)))


def test_a_plan_with_nothing_to_do_says_so() -> None:
    text = shown(plan_lines(plan(Case(running_tag="prod-v0.8.8", running_digest=NEW))))
    assert text.splitlines()[-1] == "  Nothing to do: production already is what the overlay says."


def test_many_changed_fields_are_cut_and_counted_unless_all_are_asked_for() -> None:
    fields = tuple(FieldChange(f"data.key{i}", None, "x") for i in range(20))
    change = ObjectChange(ObjectRef("v1", "ConfigMap", "prod", "settings"), "change", fields)
    wide = replace(plan(Case()), changes=(change,))
    assert "      and 8 more fields (-v shows all)" in shown(plan_lines(wide)).splitlines()
    assert "key19" in shown(plan_lines(wide, verbose=True))


def test_a_problem_reads_what_where_seen_next_see() -> None:
    problem = Problem("it broke", "deployment/backend", ("event: no",), "kubectl describe …", "POD001")
    assert shown(problem_lines("failed", problem)) == dedent("""\
        failed: it broke
          where  deployment/backend
          seen   event: no
          next   kubectl describe …
          see    docs/troubleshooting.md#POD001
        """)


def test_a_verification_shows_what_differs_and_counts_what_agrees() -> None:
    checks = (
        Check("backend", "registry", "a digest", OLD, good=True),
        Check("deployment/backend", "running digest", NEW, OLD, good=False, action="restart it"),
    )
    assert shown(verify_lines(checks, verbose=False)) == dedent(f"""\
        ✗ deployment/backend  running digest
            wanted {NEW}
            found  {OLD}
            next   restart it
        1 fact agree
        """)
    assert shown(verify_lines(checks, verbose=True)).splitlines()[0] == (f"✓ backend             registry        {OLD}")


def test_history_shows_failed_releases_with_their_reason() -> None:
    image = ReleasedImage("backend", "0.8.8", "r/backend:prod-v0.8.8", NEW)
    failed = Release(
        7, "release", "prod", (image,), NOW, NOW, "failed", "me@laptop", "c" * 40, git_dirty=True, fingerprint="",
        downtime=12.0, problem=Problem("backend crashes"),
    )  # fmt: skip
    assert shown(history_lines((failed,))) == dedent("""\
        #7   2026-01-05 12:00 failed       release backend 0.8.8 sha256:888888888888
             by me@laptop, took 0.0 s, down 12 s, commit ccccccccc (dirty)
             backend crashes
        """)


def test_a_rollout_is_one_line() -> None:
    report = RolloutReport(
        WorkloadRef("Deployment", "backend"), "gap", "pod backend-1 pulls its image", 0, 1, 1, remaining=61.4
    )
    assert rollout_line(report).plain == (
        "deployment/backend  gap  0/1 ready, 1 old  pod backend-1 pulls its image  (1 min 01 s left)"
    )


EVENTS: tuple[RunEvent, ...] = (
    StepStarted("apply", "apply 1 changed object"),
    StepProgress("apply", "deployment/backend changed", 1, 20),
    StepFinished("apply", "apply 1 changed object", 0.42, "1 of 20 objects changed"),
    Waiting((RolloutReport(WorkloadRef("Deployment", "backend"), "done", "", 1, 1, 0),), 3.0),
    DowntimeMeasured("backend", 3.5, 40, 7),
    LogLine("backend", "Step 1/8 : FROM [red]python[/red]"),
    Outcome("done", 0, "prod runs backend 0.8.8, verified"),
)


def printed(verbosity: Verbosity) -> str:
    out = StringIO()
    with PlainPrinter(out, verbosity, now=lambda: NOW) as printer:
        for event in EVENTS:
            printer.show(event)
    return out.getvalue()


def test_what_is_watched_and_not_fatal_yet_is_said_below_its_rollout() -> None:
    evicted = Diagnosis("evicted", "waiting", "pod backend-1 was taken off its node node1", "pod/backend-1")
    slow = Diagnosis(
        "not-ready", "waiting", "container backend of pod backend-2 runs and is not Ready", "pod/backend-2"
    )
    ref = WorkloadRef("Deployment", "backend")
    report = RolloutReport(ref, "startup", "runs backend", 0, 1, 0, (evicted, slow))
    assert [text.plain for text in waiting_lines((report,))] == [
        "deployment/backend  startup  0/1 ready  runs backend",
        "  evicted: pod backend-1 was taken off its node node1",
    ]
    assert len(waiting_lines((replace(report, phase="failed"),))) == 1


def test_a_pipe_gets_plain_stamped_lines_and_no_content_is_taken_for_markup() -> None:
    assert printed(Verbosity.NORMAL) == dedent("""\
        12:00:00Z … apply 1 changed object
        12:00:00Z     deployment/backend changed (1/20)
        12:00:00Z ✓ apply 1 changed object  0.4 s  1 of 20 objects changed
        12:00:00Z deployment/backend  done  1/1 ready
        12:00:00Z   backend was down for 3.5 s (7 of 40 requests failed)
        12:00:00Z     backend | Step 1/8 : FROM [red]python[/red]
        12:00:00Z done: prod runs backend 0.8.8, verified
        """)


def test_quiet_prints_the_outcome_alone() -> None:
    assert printed(Verbosity.QUIET) == "12:00:00Z done: prod runs backend 0.8.8, verified\n"


def test_json_prints_one_object_a_line_and_the_outcome_last() -> None:
    out = StringIO()
    with JsonPrinter(out, now=lambda: NOW) as printer:
        for event in EVENTS:
            printer.show(event)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert lines[0] == {
        "event": "step-started",
        "at": "2026-01-05T12:00:00+00:00",
        "step": "apply",
        "title": "apply 1 changed object",
    }
    assert lines[-1] == {
        "event": "outcome",
        "at": "2026-01-05T12:00:00+00:00",
        "outcome": "done",
        "exit_code": 0,
        "summary": "prod runs backend 0.8.8, verified",
        "problem": None,
    }


def test_no_whole_object_and_no_file_text_leaves_through_json() -> None:
    out = StringIO()
    secret = manifest(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"key": "the-secret-value"}}
    )
    with JsonPrinter(out, now=lambda: NOW) as printer:
        printer.show(Planned(plan(Case(edits=(EDIT,), others_rendered=(secret,)))))
        release = Release(
            1, "release", "prod", (), NOW, None, "running", "me", "", git_dirty=False, fingerprint="", downtime=None,
            manifests=(secret,),
        )  # fmt: skip
        printer.show(HistoryRead((release,)))
    assert "the-secret-value" not in out.getvalue()
    planned = json.loads(out.getvalue().splitlines()[0])["plan"]
    assert planned["edits"] == [{"path": EDIT.path, "line": 12, "summary": EDIT.summary}]
    assert "manifests" not in planned
    assert [step["type"] for step in planned["steps"]][:2] == ["bump-step", "apply-step"]


def test_every_event_has_lines_or_is_meant_to_have_none() -> None:
    assert all(event_lines(event, Verbosity.NORMAL) for event in EVENTS)


def test_a_logs_colours_show_on_terminals_alone_and_of_a_rewritten_line_its_last_state() -> None:
    event = LogLine("backend", "10 %\r\x1b[32m100 %\x1b[0m\r")
    (line,) = event_lines(event, Verbosity.NORMAL)
    assert line.plain == "    backend | 100 %"
    assert "color(2)" in {str(span.style) for span in line.spans}
