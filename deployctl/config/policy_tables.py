"""The tables of the policies."""

from __future__ import annotations

from deployctl.config.schema import Key, Sub, Table
from deployctl.config.shapes import Choice, Number

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
        Key("request", SECONDS, "One API request.", 30, 30.0),
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
    ),
    (Sub("deadlines", DEADLINES),),
)
