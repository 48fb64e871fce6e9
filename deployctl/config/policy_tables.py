"""The tables of the policies."""

from __future__ import annotations

from deployctl.config.schema import Key, Sub, Table
from deployctl.config.shapes import Choice, Number
from deployctl.model.environment import PREFETCH

SECONDS = Number(0.01, 86_400, "seconds")

DEADLINES = Table(
    "policies.deadlines",
    "Seconds that each phase may take; each has its own, so that a slow pull eats no start-up time.",
    (
        Key(
            "teardown",
            SECONDS,
            "From the first old pod's deletion until the last is gone, beyond the pods' own grace periods.",
            90,
            90.0,
        ),
        Key("gap", SECONDS, "From the last old pod's end until a new one is scheduled and has its images.", 300, 300.0),
        Key(
            "startup",
            SECONDS,
            "From the container's start until it is Ready, past what its own probes allow.",
            180,
            180.0,
        ),
        Key("health", SECONDS, "Until the health document is right `repeats` times in a row.", 60, 60.0),
        Key("build", SECONDS, "Until a build is done, queueing included.", 3600, 3600.0),
        Key("prefetch", SECONDS, "Until one node has pulled the new images, while the old pods serve.", 300, 300.0),
        Key("request", SECONDS, "One API request.", 30, 30.0),
        Key(
            "probe",
            SECONDS,
            "One probe of the measured downtime: a slower answer counts as not served, at most 10 s.",
            3,
            3.0,
        ),
    ),
)

WATCHED = Number(0, 86_400, "seconds")
_SIGNS: tuple[tuple[str, float, str], ...] = (
    ("pull_network", 90.0, "The registry cannot be reached, throttles, or answers 5xx."),
    (
        "pull_repeat",
        20.0,
        "A pull that cannot succeed, where the cluster hides its events; else its second try counts.",
    ),
    ("config_missing", 15.0, "A Secret, ConfigMap or key that a container names is not there."),
    ("create_error", 30.0, "The runtime could not create or start the container."),
    ("unschedulable", 60.0, "No node has room."),
    ("unplaceable", 30.0, "No node may run the pod at all: selector, affinity, taint, missing claim."),
    ("mount", 60.0, "Volumes cannot be mounted, or the pod's sandbox (network) cannot be made."),
    ("mount_missing", 20.0, "A volume names a Secret or ConfigMap that is not there."),
    ("quota", 30.0, "The namespace's quota is used up; counted only while no old pod terminates."),
    ("service_account", 15.0, "The pods' service account is not there."),
    ("overdue", 30.0, "An old pod outlives its deletion time, which already includes its grace period."),
    ("node_lost", 60.0, "The pod's node is not Ready, and the pod is bound to it."),
    ("stuck", 30.0, "A StatefulSet's broken pod of a former revision blocks the update."),
    ("unseen", 60.0, "The controller does not take notice of the change."),
    ("job", 1800.0, "How long a Job without activeDeadlineSeconds may run."),
    ("forget", 30.0, "A sign that was gone for so long starts anew when it comes back."),
)

THRESHOLDS = Table(
    "policies.thresholds",
    "Seconds that each bad sign of a rollout must last before it is fatal; see docs/troubleshooting.md.",
    (
        *(Key(name, WATCHED, doc, default, default) for name, default, doc in _SIGNS),
        Key(
            "restarts",
            Number(1, 100, "times", whole=True),
            "Restarts (or failed runs) of a container that are fatal.",
            2,
            2,
        ),
    ),
)

POLICIES = Table(
    "policies",
    "How releases behave; [environments.NAME.policies] overrides any of it for one environment.",
    (
        Key("poll", SECONDS, "Seconds between two looks at the cluster.", 1.0, 1.0),
        Key(
            "repeats",
            Number(1, 100, "times", whole=True),
            "How many times in a row a health document must be right, and every pod Ready.",
            3,
            3,
        ),
        Key("health_interval", SECONDS, "Seconds between two health requests. Mind an API's rate limit.", 1.0, 1.0),
        Key(
            "settle",
            Number(0, 3600, "seconds"),
            "How long a workload without a readiness probe is watched for restarts.",
            15.0,
            15.0,
        ),
        Key("history", Number(1, 100, "records", whole=True), "Release records kept in the cluster.", 10, 10),
        Key(
            "room",
            Choice(("refuse", "warn")),
            "What to do when new pods fit on no node. Choose warn where an autoscaler brings nodes.",
            "refuse",
            "refuse",
        ),
        Key(
            "prefetch",
            Choice(PREFETCH),
            "Which nodes pull new images while the old pods still serve: those that new pods may be placed on now, or "
            "all that their selectors and tolerations allow.",
            "candidates",
            "candidates",
        ),
        Key("prefetch_parallel", Number(1, 100, "nodes", whole=True), "How many nodes pull at once.", 4, 4),
    ),
    (Sub("deadlines", DEADLINES), Sub("thresholds", THRESHOLDS)),
)
