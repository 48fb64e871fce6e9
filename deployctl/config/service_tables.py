"""The tables of a service."""

from __future__ import annotations

from deployctl.config.schema import Key, Sub, Table
from deployctl.config.shapes import BuildValue, Choice, File, Folder, Number, Template, Text, Wanted, WorkloadName
from deployctl.model.tag import REPOSITORY_PLACEHOLDERS

HEALTH = Table(
    "services.NAME.health",
    "What a healthy service answers to GET `url` + `path`, through the real ingress and past any proxy.",
    (
        Key(
            "path",
            Text("a path that starts with /", r"/\S*"),
            "Appended to the environment's `url`.",
            "/api/health",
            required=True,
        ),
        Key(
            "format",
            Choice(("json", "html")),
            "What kind of document it must be. A page that answers HTML for everything is no JSON.",
            "json",
            "json",
        ),
        Key("status", Number(100, 599, "HTTP status", whole=True), "Its HTTP status.", 200, 200),
        Key(
            "expect",
            Wanted(),
            "For json: fields and the values that they must have. Dotted paths in quotes; * is every key or element.",
            {"status": "ok", "dependencies.*.connected": True},
            {},
            many="table",
        ),
        Key("contains", Text(), "For html: text that the page must hold.", "<title>Shop</title>", "", apart=True),
        Key(
            "version_field",
            Text("a dotted path, such as build.version", r"[^.\s]+(\.[^.\s]+)*|"),
            "For json: a field that must equal the released version. Empty: not compared; the digest is the proof.",
            "version",
            "",
        ),
    ),
)

SERVICE = Table(
    "services.NAME",
    "A part of the product that can be released by itself.",
    (
        Key(
            "image",
            Text("the `name:` of an entry under `images:`", r"\S+"),
            "The `name:` of its entry under `images:` in the overlays.",
            "shop/api",
            required=True,
        ),
        Key(
            "workloads",
            WorkloadName(),
            "What runs its image, as KIND/NAME: deployment, statefulset, daemonset, cronjob or job.",
            ["deployment/api", "cronjob/nightly"],
            required=True,
            many="array",
        ),
        Key(
            "version_file",
            File(),
            "A pyproject.toml, a package.json or a file that holds only the version. Without one, --version is needed.",
            "api/pyproject.toml",
        ),
        Key(
            "context",
            Folder(),
            "The build context. Without it, this project does not build the service, and its images must exist.",
            "api",
        ),
        Key("dockerfile", File(), "Computed: Dockerfile in the build context.", "api/Dockerfile"),
        Key(
            "target",
            Text(r"the name of a build stage", r"[A-Za-z0-9][A-Za-z0-9._-]*|"),
            "The Dockerfile's stage to build. Empty: the last one.",
            "production",
            "",
        ),
        Key(
            "platform",
            Text("OS/ARCHITECTURE, such as linux/amd64", r"[a-z]+/[a-z0-9]+(/v[0-9]+)?"),
            "What to build for.",
            "linux/amd64",
            "linux/amd64",
        ),
        Key(
            "build_args",
            BuildValue(),
            'Build arguments. { env = "NAME" } takes the value from an environment variable and never shows it.',
            {"NODE_ENV": "production", "NPM_TOKEN": {"env": "NPM_TOKEN"}},
            {},
            many="table",
        ),
        Key(
            "repository",
            Template(REPOSITORY_PLACEHOLDERS, "repository", "shop/api"),
            "Template of its repository, where it differs from what the environments' `repository` makes.",
            "shop/{service}",
        ),
    ),
    (Sub("health", HEALTH),),
)
