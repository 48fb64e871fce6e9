"""From a version to tags."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.model.environment import Environment, RegistryConfig
from deployctl.model.errors import Problem, UsageError
from deployctl.model.image import TAG
from deployctl.model.service import Service
from deployctl.model.tag import extra_tags, placeholders, release_tag

PROD = Environment(
    name="prod",
    namespace="shop",
    overlay=Path("/shop/overlays/prod"),
    registry=RegistryConfig("shop.azurecr.io", "acr"),
    tag_template="prod-v{version}",
    extra_tag_templates=("prod-{git_sha}", "prod-{git_sha_short}", "{environment}-{service}-latest"),
)
API = Service("api", "shop/api", ())
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def refused(version: str, template: str = "v{version}") -> Problem:
    with pytest.raises(UsageError) as caught:
        release_tag(replace(PROD, tag_template=template), API, version)
    return caught.value.problem


def test_a_tag_is_made_by_the_environment_s_template() -> None:
    assert release_tag(PROD, API, "0.8.8") == "prod-v0.8.8"


def test_extra_tags_know_the_commit() -> None:
    assert extra_tags(PROD, API, "0.8.8", COMMIT) == (f"prod-{COMMIT}", "prod-0123456", "prod-api-latest")


def test_an_extra_tag_that_two_templates_make_is_moved_once() -> None:
    twice = replace(PROD, extra_tag_templates=("latest", "{version}", "latest"))
    assert extra_tags(twice, API, "latest", "") == ("latest",)


def test_without_a_commit_an_extra_tag_that_needs_it_is_refused() -> None:
    with pytest.raises(UsageError, match="needs the git commit"):
        extra_tags(PROD, API, "0.8.8", "")


def test_a_local_version_cannot_be_a_tag_and_says_what_to_do() -> None:
    problem = refused("1.2.3+ubuntu.1")
    assert problem.what == "`v1.2.3+ubuntu.1` cannot be an image tag"
    assert problem.evidence == ("OCI allows letters, digits, `_`, `.` and `-`, and it holds `+`",)
    assert "release `--version 1.2.3`, or write the version as 1.2.3-ubuntu.1" in problem.action


@pytest.mark.parametrize(
    ("version", "template", "reason"),
    [
        ("1" * 128, "v{version}", "it has 129 characters, and OCI allows 128"),
        ("1", ".{version}", "OCI wants a letter, a digit or `_` first"),
        ("1", "-{version}", "OCI wants a letter, a digit or `_` first"),
        ("1", "team/{version}", "OCI allows letters, digits, `_`, `.` and `-`, and it holds `/`"),
        ("1:2", "v{version}", "OCI allows letters, digits, `_`, `.` and `-`, and it holds `:`"),
        ("é", "v{version}", "OCI allows letters, digits, `_`, `.` and `-`, and it holds `é`"),
    ],
)
def test_what_is_wrong_with_a_tag_is_said(version: str, template: str, reason: str) -> None:
    assert refused(version, template).evidence == (reason,)


@given(st.text(max_size=140))
def test_a_tag_is_good_by_oci_or_refused_with_a_reason(version: str) -> None:
    if TAG.fullmatch(f"prod-v{version}"):
        assert release_tag(PROD, API, version) == f"prod-v{version}"
    else:
        problem = refused(version, PROD.tag_template)
        assert problem.evidence
        assert problem.action


@pytest.mark.parametrize(
    "template", ["{", "}", "{version", "{}", "{0}", "{version.real}", "{version!r}", "{version:>9}"]
)
def test_a_template_is_only_text_and_names(template: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        placeholders(template)


def test_doubled_braces_are_text() -> None:
    assert placeholders("{{x}}-{version}") == ("version",)
