"""Credentials: docker's file and helpers, pull secrets, and host names as docker and the kubelet match them."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest

from deployctl.adapters.proxy import proxy_for
from deployctl.adapters.registry.challenge import Challenge, choose, parse_challenges
from deployctl.adapters.registry.credential import Credential, Found, Lacking, Login, RefreshToken
from deployctl.adapters.registry.hosts import docker_key_fits, kubelet_key_fits
from deployctl.adapters.registry.pull_secrets import find_pull_logins
from deployctl.adapters.registry.sources import DockerSource, PullSecretSource
from deployctl.model.errors import Unavailable
from deployctl.model.image import Image

HOST = "shop.azurecr.io"
IMAGE = Image(HOST, "klinecubic/backend", "v1")


def auth(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def docker(folder: Path, config: object, image: Image = IMAGE, timeout: float = 5.0) -> Found | Lacking:
    text = config if isinstance(config, str) else json.dumps(config)
    (folder / "config.json").write_text(text)
    environ = {"DOCKER_CONFIG": str(folder), "PATH": f"{folder}:/usr/bin:/bin"}
    (found,) = DockerSource(environ, helper_timeout=timeout).find(image)
    return found


def helper(folder: Path, body: str, name: str = "test") -> None:
    path = folder / f"docker-credential-{name}"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def credential(found: Found | Lacking) -> Credential:
    assert isinstance(found, Found), found
    return found.credential


# ------------------------------------------------------------------ docker's file


@pytest.mark.parametrize(
    ("key", "entry", "expected"),
    [
        (HOST, {"auth": auth("u", "p:with:colons")}, Login("u", "p:with:colons")),
        (f"https://{HOST}", {"auth": auth("u", "p")}, Login("u", "p")),
        (f"https://{HOST}/v1/", {"auth": auth("u", "p")}, Login("u", "p")),
        (HOST.upper(), {"auth": auth("u", "p")}, Login("u", "p")),
        (HOST, {"username": "u", "password": "p"}, Login("u", "p")),
        (HOST, {"auth": auth("0000", ""), "identitytoken": "t"}, RefreshToken("t")),
        (HOST, {"auth": auth("u", "p\0\0")}, Login("u", "p")),
    ],
)
def test_an_entry_of_dockers_file_is_read(tmp_path: Path, key: str, entry: object, expected: Credential) -> None:
    assert credential(docker(tmp_path, {"auths": {"other.io": {"auth": auth("x", "y")}, key: entry}})) == expected


def test_docker_hub_is_known_by_its_old_address(tmp_path: Path) -> None:
    config = {"auths": {"https://index.docker.io/v1/": {"auth": auth("u", "p")}}}
    assert credential(docker(tmp_path, config, Image("docker.io", "library/redis", "7"))) == Login("u", "p")


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({}, f"it has no entry for {HOST}"),
        ({"auths": {HOST: {}}}, f"it has no entry for {HOST}"),
        ({"auths": {HOST: {"auth": "%%%"}}}, f"it has no entry for {HOST}"),
        ({"auths": {f"{HOST}:5000": {"auth": auth("u", "p")}}}, f"it has no entry for {HOST}"),
        ({"auths": ["no", "table"]}, f"it has no entry for {HOST}"),
        ([], f"it has no entry for {HOST}"),
        ("{", "cannot be read (JSONDecodeError)"),
    ],
)
def test_what_dockers_file_lacks_is_said(tmp_path: Path, config: object, why: str) -> None:
    found = docker(tmp_path, config)
    assert isinstance(found, Lacking)
    assert why in found.why


def test_no_file_is_no_error(tmp_path: Path) -> None:
    (found,) = DockerSource({"HOME": str(tmp_path)}).find(IMAGE)
    assert found == Lacking("docker", f"{tmp_path / '.docker' / 'config.json'} does not exist")


# ------------------------------------------------------------------ helpers


def test_a_helper_is_asked_by_stdin_under_the_name_that_docker_kept(tmp_path: Path) -> None:
    helper(tmp_path, 'read server\nprintf \'{"Username":"u","Secret":"for %s, asked to %s"}\' "$server" "$1"')
    config: dict[str, Any] = {"credsStore": "test", "auths": {f"https://{HOST}": {}}}
    assert credential(docker(tmp_path, config)) == Login("u", f"for https://{HOST}, asked to get")
    config = {"credHelpers": {HOST: "test"}}
    assert credential(docker(tmp_path, config)) == Login("u", f"for {HOST}, asked to get")


def test_a_hosts_own_helper_goes_before_the_store(tmp_path: Path) -> None:
    helper(tmp_path, 'echo \'{"Username":"own","Secret":"s"}\'', "own")
    helper(tmp_path, 'echo \'{"Username":"store","Secret":"s"}\'', "store")
    config = {"credsStore": "store", "credHelpers": {HOST: "own", "other.io": "store"}}
    assert credential(docker(tmp_path, config)) == Login("own", "s")


def test_a_helpers_token_is_a_refresh_token(tmp_path: Path) -> None:
    helper(tmp_path, 'echo \'{"Username":"<token>","Secret":"refresh"}\'')
    assert credential(docker(tmp_path, {"credsStore": "test"})) == RefreshToken("refresh")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("echo credentials not found in native keychain; exit 1", f"it has nothing for {HOST} (exit 1)"),
        ("echo no json with a s3cret", "its answer is not JSON"),
        ("echo '{}'", f"it has nothing for {HOST}"),
    ],
)
def test_a_helper_without_an_answer_says_why_without_its_words(tmp_path: Path, body: str, why: str) -> None:
    helper(tmp_path, body)
    assert docker(tmp_path, {"credsStore": "test"}) == Lacking("docker-credential-test", why)


def test_a_helper_that_fails_leaves_the_file_itself(tmp_path: Path) -> None:
    helper(tmp_path, "exit 1")
    config = {"credsStore": "test", "auths": {HOST: {"auth": auth("u", "p")}}}
    assert credential(docker(tmp_path, config)) == Login("u", "p")


def test_a_helper_that_is_not_installed_is_named(tmp_path: Path) -> None:
    found = docker(tmp_path, {"credsStore": "desktop"})
    assert found == Lacking("docker-credential-desktop", "the credential helper is not on PATH")


def test_a_helpers_name_cannot_lead_elsewhere(tmp_path: Path) -> None:
    assert docker(tmp_path, {"credsStore": "../../bin/evil"}) == Lacking(
        "docker", "the configured credential helper has no usable name"
    )


def test_a_helper_that_hangs_is_ended_with_what_it_started(tmp_path: Path) -> None:
    helper(tmp_path, "sleep 30 & sleep 30")
    began = time.monotonic()
    found = docker(tmp_path, {"credsStore": "test"}, timeout=0.3)
    assert found == Lacking("docker-credential-test", "it did not answer within 0.3 s")
    assert time.monotonic() - began < 25


# ------------------------------------------------------------------ pull secrets


def secret(*keys: str, form: str = "auths") -> bytes:
    entries = {key: {"auth": auth(key, "p")} for key in keys}
    return json.dumps({"auths": entries} if form == "auths" else entries).encode()


def test_both_kinds_of_pull_secret_are_read() -> None:
    secrets = {"new": secret(HOST), "old": secret(HOST, form="dockercfg")}
    assert find_pull_logins(secrets, IMAGE) == (
        Found("Secret/new", Login(HOST, "p")),
        Found("Secret/old", Login(HOST, "p")),
    )


def test_the_longer_path_and_the_exact_name_are_tried_first() -> None:
    secrets = {"all": secret("*.azurecr.io", HOST, f"{HOST}/klinecubic", f"{HOST}/other")}
    assert [found.credential for found in find_pull_logins(secrets, IMAGE) if isinstance(found, Found)] == [
        Login(f"{HOST}/klinecubic", "p"),
        Login(HOST, "p"),
        Login("*.azurecr.io", "p"),
    ]


def test_a_pull_secret_for_another_registry_says_for_which() -> None:
    found = find_pull_logins({"acr-secret": secret("old.azurecr.io")}, IMAGE)
    assert found == (Lacking("Secret/acr-secret", f"it has no usable entry for {HOST} (its entries: old.azurecr.io)"),)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b'{"auths": 3}', b'{"auths": {"shop.azurecr.io": 3}}'])
def test_a_broken_pull_secret_is_no_crash(body: bytes) -> None:
    (found,) = find_pull_logins({"broken": body}, IMAGE)
    assert isinstance(found, Lacking)


def test_a_configured_pull_secret_is_the_only_one() -> None:
    secrets = {"wanted": secret(HOST), "other": secret(HOST)}
    assert PullSecretSource(lambda: secrets, "wanted").find(IMAGE) == (Found("Secret/wanted", Login(HOST, "p")),)
    assert PullSecretSource(lambda: secrets, "gone").find(IMAGE) == (
        Lacking("Secret/gone", "there is no such pull secret in the namespace"),
    )


def test_a_cluster_that_cannot_be_read_is_one_source_less() -> None:
    def read() -> dict[str, bytes]:
        raise Unavailable("the API server does not answer", where="https://cluster")

    (found,) = PullSecretSource(read).find(IMAGE)
    assert found == Lacking(
        "pull secret", "the cluster's secrets cannot be read: https://cluster: the API server does not answer"
    )


def test_no_credential_shows_its_value() -> None:
    shown = repr([Login("u", "hunter2"), RefreshToken("hunter2"), Found("s", Login("u", "hunter2"))])
    assert "hunter2" not in shown


# ------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("key", "host", "fits"),
    [
        ("registry.io", "registry.io", True),
        ("registry.io:5000", "registry.io:5000", True),
        ("registry.io", "registry.io:5000", False),
        ("http://registry.io/", "registry.io", True),
        ("https://registry.io/v2/", "registry.io", True),
        ("*.io", "registry.io", False),
        ("docker.io", "docker.io", True),
        ("index.docker.io", "docker.io", True),
        ("registry.io", "docker.io", False),
        ("registry.io.evil.com", "registry.io", False),
        ("evil.com/registry.io", "registry.io", False),
    ],
)
def test_docker_matches_the_host_and_nothing_else(key: str, host: str, fits: bool) -> None:
    assert docker_key_fits(key, host) is fits


@pytest.mark.parametrize(
    ("key", "host", "repository", "fits"),
    [
        ("registry.io", "registry.io", "a/b", True),
        ("https://registry.io/v1/", "registry.io", "a/b", True),
        ("registry.io/a", "registry.io", "a/b", True),
        ("registry.io/a/b", "registry.io", "a/b", True),
        ("registry.io/c", "registry.io", "a/b", False),
        ("*.registry.io", "eu.registry.io", "a", True),
        ("*.registry.io", "registry.io", "a", False),
        ("*.registry.io", "a.b.registry.io", "a", False),
        ("*.*.registry.io", "a.b.registry.io", "a", True),
        ("prefix*.registry.io", "prefix-1.registry.io", "a", True),
        ("?u.registry.io", "eu.registry.io", "a", True),
        ("[a-z]u.registry.io", "eu.registry.io", "a", True),
        ("*.registry.io:5000", "eu.registry.io:5000", "a", True),
        ("*.registry.io:5000", "eu.registry.io", "a", False),
        ("registry.io", "registry.io:5000", "a", False),
        ("https://index.docker.io/v1/", "docker.io", "library/redis", True),
    ],
)
def test_the_kubelet_matches_globs_ports_and_paths(key: str, host: str, repository: str, fits: bool) -> None:
    assert kubelet_key_fits(key, host, repository) is fits


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Basic realm="x"', (Challenge("basic", {"realm": "x"}),)),
        (
            'Bearer realm="https://a/token",service="s",scope="repository:a/b:pull,push"',
            (Challenge("bearer", {"realm": "https://a/token", "service": "s", "scope": "repository:a/b:pull,push"}),),
        ),
        (
            'Basic realm="a, b", Bearer realm="https://t", service=plain',
            (Challenge("basic", {"realm": "a, b"}), Challenge("bearer", {"realm": "https://t", "service": "plain"})),
        ),
        ('bearer Realm = "q\\"uoted"', (Challenge("bearer", {"realm": 'q"uoted'}),)),
        ("Negotiate", (Challenge("negotiate", {}),)),
        ("Negotiate, Basic realm=x", (Challenge("negotiate", {}), Challenge("basic", {"realm": "x"}))),
        ("", ()),
        (",,,", ()),
        ('"', ()),
    ],
)
def test_challenges_are_read_one_and_all(header: str, expected: tuple[Challenge, ...]) -> None:
    assert parse_challenges(header) == expected


def test_a_token_is_preferred_to_a_password() -> None:
    chosen = choose(parse_challenges('Basic realm="x", Bearer realm="https://t"'))
    assert chosen is not None
    assert chosen.scheme == "bearer"


@pytest.mark.parametrize(
    ("url", "environ", "expected"),
    [
        ("https://r.io/v2/", {}, ""),
        ("https://r.io/v2/", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("https://r.io/v2/", {"HTTPS_PROXY": "http://p:1", "https_proxy": "http://q:2"}, "http://q:2"),
        ("https://r.io/v2/", {"HTTP_PROXY": "http://p:1"}, ""),
        ("https://r.io/v2/", {"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ("https://r.io/v2/", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "x.y, r.io"}, ""),
        ("https://eu.r.io/v2/", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".r.io"}, ""),
        ("https://eu.r.io/v2/", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "r.io"}, ""),
        ("https://other.io/v2/", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "r.io"}, "http://p:1"),
        ("https://r.io:5000/v2/", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "r.io:5000"}, ""),
        ("https://r.io/v2/", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, ""),
        ("https://localhost:5000/v2/", {"HTTPS_PROXY": "http://p:1"}, ""),
        ("http://127.0.0.1:5000/v2/", {"HTTP_PROXY": "http://p:1"}, ""),
    ],
)
def test_the_proxy_is_the_environments_but_never_for_this_machine(
    url: str, environ: dict[str, str], expected: str
) -> None:
    assert proxy_for(url, environ) == expected
