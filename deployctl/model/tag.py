"""From a version to tags: templates filled in, and checked against OCI's grammar."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter

from deployctl.model.environment import Environment
from deployctl.model.errors import UsageError
from deployctl.model.image import TAG
from deployctl.model.service import Service

REPOSITORY_PLACEHOLDERS = ("service", "environment", "image")
"""`{image}` is the service's `images:` entry."""
TAG_PLACEHOLDERS = ("version", "service", "environment")
EXTRA_TAG_PLACEHOLDERS = (*TAG_PLACEHOLDERS, "git_sha", "git_sha_short")
SHORT = 7
"""Characters of `{git_sha_short}`, as `git log --abbrev` shows them."""


def placeholders(template: str) -> tuple[str, ...]:
    """The names between braces. Raises ValueError when the template cannot be read or asks for more than a name."""
    names: list[str] = []
    for _, name, format_spec, conversion in Formatter().parse(template):
        if name is None:
            continue
        if not name.isidentifier() or format_spec or conversion:
            raise ValueError(f"`{{{name}}}` is not a placeholder")
        names.append(name)
    return tuple(names)


def release_tag(environment: Environment, service: Service, version: str) -> str:
    """The tag of a version in an environment. Raises UsageError when no registry would take it."""
    return _fill(environment.tag_template, _values(environment, service, version))


def extra_tags(environment: Environment, service: Service, version: str, git_sha: str) -> tuple[str, ...]:
    """The other tags that a release moves, in the file's order and each once; `git_sha` is the full commit.

    Raises UsageError when a template asks for the commit and there is none, or for a bad tag.
    """
    commit = {"git_sha": git_sha, "git_sha_short": git_sha[:SHORT]}
    for template in environment.extra_tag_templates:
        if not git_sha and any(name in commit for name in placeholders(template)):
            raise UsageError(
                f"the extra tag `{template}` needs the git commit, and this is no git repository with one",
                where=f"environments.{environment.name}.extra_tags",
                action="release from a clone, or take the extra tag out of the configuration",
            )
    values = {**_values(environment, service, version), **commit}
    return tuple(dict.fromkeys(_fill(template, values) for template in environment.extra_tag_templates))


def _values(environment: Environment, service: Service, version: str) -> dict[str, str]:
    return {"version": version, "service": service.name, "environment": environment.name}


def _fill(template: str, values: Mapping[str, str]) -> str:
    tag = template.format(**values)
    if not TAG.fullmatch(tag):
        raise UsageError(f"`{tag}` cannot be an image tag", evidence=(_reason(tag),), action=_advice(tag, values))
    return tag


def _reason(tag: str) -> str:
    if len(tag) > 128:
        return f"it has {len(tag)} characters, and OCI allows 128"
    first_bad = next((c for c in tag if not TAG.fullmatch(f"x{c}")), "")
    if first_bad:
        return f"OCI allows letters, digits, `_`, `.` and `-`, and it holds `{first_bad}`"
    return "OCI wants a letter, a digit or `_` first" if tag else "it is empty"


def _advice(tag: str, values: Mapping[str, str]) -> str:
    version = values["version"]
    public, plus, local = version.partition("+")
    if plus:
        return (
            f"`+{local}` is a local version (PEP 440), or build metadata (SemVer), which a tag cannot carry: "
            f"release `--version {public}`, or write the version as {public}-{local.replace('+', '-')}"
        )
    if "/" in tag:
        return "put what stands before `/` into the environment's `repository` template"
    return "correct the version, or the environment's `tag` and `extra_tags` templates"
