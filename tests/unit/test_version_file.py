"""Where a version comes from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.model.errors import Problem, UsageError
from deployctl.model.version import chosen_version, read_version

VERSIONS = st.from_regex(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(-rc\.[0-9]|\+local)?", fullmatch=True)


def refused(text: str, path: str) -> Problem:
    with pytest.raises(UsageError) as caught:
        read_version(text, path)
    return caught.value.problem


@pytest.mark.parametrize(
    ("path", "text", "version"),
    [
        ("backend/pyproject.toml", '[project]\nname = "x"\nversion = "0.8.8"\n', "0.8.8"),
        ("pyproject.toml", '[tool.poetry]\nversion = "1.2.3"\n', "1.2.3"),
        ("pyproject.toml", '[project]\nversion = "2"\n[tool.poetry]\nversion = "1"\n', "2"),
        ("pyproject.toml", '[project]\ndynamic = ["readme"]\nversion = "2"\r\n', "2"),
        ("pyproject.toml", '\ufeff[project]\nversion = "2"\n', "2"),
        ("frontend/package.json", '{"version": "0.11.4"}', "0.11.4"),
        ("package.json", '\ufeff{"version": "0.11.4"}', "0.11.4"),
        ("VERSION", "1.4.0\n", "1.4.0"),
        ("VERSION", "\ufeff1.4.0\r\n", "1.4.0"),
        ("version.txt", "# kept by hand\n\n  1.4.0", "1.4.0"),
    ],
)
def test_the_version_is_read(path: str, text: str, version: str) -> None:
    assert read_version(text, path) == version


def test_a_dynamic_version_says_how_to_give_one() -> None:
    problem = refused('[project]\nname = "x"\ndynamic = ["version"]\n', "api/pyproject.toml")
    assert problem.where == "api/pyproject.toml: project.dynamic"
    assert problem.what == "the version is dynamic: a build backend computes it, and deployctl runs none"
    assert "--version" in problem.action


def test_poetry_s_dynamic_version_is_not_taken_for_the_one_in_the_file() -> None:
    text = '[tool.poetry]\nversion = "0.0.0"\n[tool.poetry-dynamic-versioning]\nenable = true\n'
    assert refused(text, "pyproject.toml").action == 'give it: --version "$(poetry version --short)"'


@pytest.mark.parametrize(
    ("path", "text", "where", "what"),
    [
        ("pyproject.toml", "[project]\nversion = 1.2.3\n", "pyproject.toml:2", "this is not valid TOML"),
        ("pyproject.toml", "[project]\nversion = 1.2\n", "pyproject.toml", "the version is not text: 1.2"),
        ("pyproject.toml", "[build-system]\n", "pyproject.toml", "there is no version"),
        ("pyproject.toml", 'project = "x"\n', "pyproject.toml", "there is no version"),
        ("package.json", '{\n  "version": "1",\n}', "package.json:3", "this is not valid JSON"),
        ("package.json", "{}", "package.json", "there is no version"),
        ("package.json", "[1]", "package.json", "there is no version"),
        ("package.json", '{"version": 2}', "package.json", "the version is not text: 2"),
        ("package.json", '{"version": ""}', "package.json", "this is not a version: ''"),
        ("package.json", "[" * 200_000, "package.json", "this JSON is nested too deeply"),
        ("VERSION", "\n", "VERSION", "this file is empty"),
        ("VERSION", "1.0\n2.0\n", "VERSION", "this file holds 2 lines, and should hold only a version"),
        ("VERSION", "version 1.0\n", "VERSION", "this is not a version: 'version 1.0'"),
    ],
)
def test_what_is_wrong_is_located(path: str, text: str, where: str, what: str) -> None:
    problem = refused(text, path)
    assert (problem.where, problem.what) == (where, what)
    assert problem.action


def test_a_version_on_the_command_line_beats_the_file() -> None:
    assert chosen_version("9.9", "not even JSON", "package.json") == "9.9"
    assert chosen_version("", '{"version": "1"}', "package.json") == "1"


def test_a_version_on_the_command_line_is_one_word() -> None:
    with pytest.raises(UsageError) as caught:
        chosen_version("1.0 beta", "", "VERSION")
    assert caught.value.problem.where == "--version"


@given(VERSIONS)
def test_all_three_kinds_of_file_say_the_same(version: str) -> None:
    assert read_version(f'[project]\nversion = "{version}"\n', "pyproject.toml") == version
    assert read_version(f'{{"version": "{version}"}}', "package.json") == version
    assert read_version(f"{version}\n", "VERSION") == version
