"""The token protocol, redirects, and answers that no registry should give; each answer written by the test."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qs

import pytest
from hurried_clock import HurriedClock
from registry_images import MANIFEST, Layout
from scripted_registry import Asked, Said, Scripted, scripted_registry

from deployctl.adapters.registry.chain import RegistryChain
from deployctl.adapters.registry.factory import make_registry
from deployctl.model.environment import RegistryConfig
from deployctl.model.errors import Unavailable
from deployctl.model.image import Image

USER, PASSWORD = "somebody", "pass:word"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
LAYOUT = Layout()
TOP = LAYOUT.image("scripted")
UNKNOWN = Said(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}', {"Content-Type": "application/json"})


def content(asked: Asked) -> Said:
    """A registry without any guard: `a/b:v1`."""
    name = asked.path.rpartition("/")[2]
    found = TOP["digest"] if name == "v1" else name
    if asked.path == "/v2/":
        return Said(200, b"{}")
    if found not in LAYOUT.blobs:
        return UNKNOWN
    kind = MANIFEST if "/manifests/" in asked.path else "application/octet-stream"
    return Said(200, LAYOUT.blobs[found], {"Content-Type": kind, "Docker-Content-Digest": found})


@dataclass
class Guard:
    """Bearer tokens before the content. `token` answers at /token."""

    token: Callable[[Asked], Said]
    accepted: str = "t1"
    realm: str = ""

    def __call__(self, asked: Asked) -> Said:
        if asked.path == "/token":
            return self.token(asked)
        if asked.authorization == f"Bearer {self.accepted}":
            return content(asked)
        challenge = f'Bearer realm="{self.realm}",service="the registry",scope="repository:a/b:pull"'
        body = b'{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}'
        return Said(401, body, {"WWW-Authenticate": challenge})


@pytest.fixture
def served() -> Iterator[Scripted]:
    with scripted_registry(content) as registry:
        yield registry


def guard(served: Scripted, token: Callable[[Asked], Said]) -> Guard:
    served.script = made = Guard(token, realm=f"http://{served.host}/token")
    return made


def chain(served: Scripted, clock: HurriedClock | None = None, **config: str) -> RegistryChain:
    environ = {"DEPLOYCTL_REGISTRY_USERNAME": USER, "DEPLOYCTL_REGISTRY_PASSWORD": PASSWORD}
    settings = RegistryConfig(login_server=served.host, kind="oci", credentials="environment")
    settings = replace(settings, **config)  # type: ignore[arg-type] # test shorthand
    return make_registry(settings, environ=environ, clock=clock or HurriedClock(), timeout=5)


def image(served: Scripted, tag: str = "v1") -> Image:
    return Image(served.host, "a/b", tag)


def ok(name: str = "token", **more: object) -> Callable[[Asked], Said]:
    return lambda _: Said(200, json.dumps({name: "t1", **more}).encode())


# ------------------------------------------------------------------ tokens


@pytest.mark.parametrize("name", ["token", "access_token"])
def test_a_password_is_shown_to_the_token_server_alone_and_once_for_a_scope(served: Scripted, name: str) -> None:
    guard(served, ok(name, expires_in=300))
    registry = chain(served)
    assert registry.resolve(image(served)) is not None
    assert registry.resolve(image(served, "absent")) is None
    with_password = [one for one in served.asked if one.authorization == BASIC]
    assert [(one.path, one.query["scope"], one.query["service"]) for one in with_password] == [
        ("/token", ["repository:a/b:pull"], ["the registry"])
    ]


def test_a_token_is_fetched_anew_when_its_time_is_over(served: Scripted) -> None:
    guard(served, ok(expires_in=60))
    clock = HurriedClock()
    registry = chain(served, clock)
    registry.resolve(image(served))
    clock.sleep(55)
    registry.resolve(image(served, "absent"))
    assert served.paths("GET").count("GET /token") == 2


def test_a_token_that_is_refused_early_is_fetched_anew(served: Scripted) -> None:
    values = iter(["t1", "t2"])
    now = guard(served, lambda _: Said(200, json.dumps({"token": next(values), "expires_in": 900}).encode()))
    registry = chain(served)
    registry.resolve(image(served))
    now.accepted = "t2"
    assert registry.resolve(image(served, "absent")) is None
    assert served.paths().count("GET /token") == 2


def test_a_refresh_token_is_posted_as_a_form(served: Scripted, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("docker")
    (folder / "config.json").write_text(json.dumps({"auths": {served.host: {"identitytoken": "refresh/me=="}}}))
    guard(served, ok("access_token"))
    settings = RegistryConfig(login_server=served.host, kind="oci", credentials="docker")
    registry = make_registry(settings, environ={"DOCKER_CONFIG": str(folder)}, clock=HurriedClock())
    assert registry.resolve(image(served)) is not None
    (post,) = [one for one in served.asked if one.method == "POST"]
    assert parse_qs(post.body.decode()) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["refresh/me=="],
        "client_id": ["deployctl"],
        "service": ["the registry"],
        "scope": ["repository:a/b:pull"],
    }


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Said(200, b"<html>"), "not JSON"),
        (Said(200, b"[]"), "not an object"),
        (Said(200, b"{}"), "without a token"),
        (Said(404, b"{}"), "token server answered HTTP 404"),
    ],
    ids=["html", "list", "empty", "404"],
)
def test_a_token_server_that_makes_no_sense_is_an_error(served: Scripted, answer: Said, words: str) -> None:
    guard(served, lambda _: answer)
    with pytest.raises(Unavailable, match=words):
        chain(served).resolve(image(served))


@pytest.mark.parametrize("realm", ["http://tokens.example.com/token", "ftp://127.0.0.1/", "", "file:///etc/passwd"])
def test_a_password_is_not_sent_where_the_challenge_is_not_https(served: Scripted, realm: str) -> None:
    guard(served, ok()).realm = realm
    with pytest.raises(Unavailable, match="is not https"):
        chain(served).resolve(image(served))
    assert not [one for one in served.asked if one.authorization]


def test_the_registrys_words_are_passed_on(served: Scripted) -> None:
    words = b'{"errors":[{"code":"DENIED","message":"this account is suspended\\nuntil it pays"}]}'
    guard(served, lambda _: Said(403, words))
    with pytest.raises(Unavailable) as caught:
        chain(served).resolve(image(served))
    assert "HTTP 403 (DENIED: this account is suspended until it pays)" in caught.value.problem.evidence[0]
    assert PASSWORD not in f"{caught.value!r} {caught.value.problem}"


def test_an_unknown_scheme_is_said(served: Scripted) -> None:
    served.script = lambda _: Said(401, b"", {"WWW-Authenticate": 'Negotiate, Digest realm="x", nonce="y"'})
    with pytest.raises(Unavailable) as caught:
        chain(served).resolve(image(served))
    assert "no way to authenticate that deployctl knows" in caught.value.problem.evidence[0]


# ------------------------------------------------------------------ redirects


def moving_blobs(served: Scripted, target: str) -> None:
    plain = guard(served, ok())

    def script(asked: Asked) -> Said:
        if "/blobs/" in asked.path and asked.path.startswith("/v2/"):
            return Said(307, b"", {"Location": target + asked.path.rpartition("/")[2]})
        return content(asked) if asked.path.startswith("/moved/") else plain(asked)

    served.script = script


def test_a_blob_elsewhere_is_fetched_without_our_authorization(served: Scripted) -> None:
    with scripted_registry(content) as store:
        moving_blobs(served, f"http://{store.host}/moved/")
        facts = chain(served).resolve(image(served))
    assert facts is not None
    assert facts.created is not None
    assert [one.authorization for one in store.asked] == [""]


def test_a_blob_on_the_same_host_is_fetched_with_it(served: Scripted) -> None:
    moving_blobs(served, "/moved/")
    assert chain(served).resolve(image(served)) is not None
    assert [one.authorization for one in served.asked if one.path.startswith("/moved/")] == ["Bearer t1"]


def test_a_redirect_to_plain_http_elsewhere_is_not_followed(served: Scripted) -> None:
    moving_blobs(served, "http://blobs.example.com/")
    with pytest.raises(Unavailable, match="which is not https"):
        chain(served).resolve(image(served))


def test_redirects_in_a_circle_end(served: Scripted) -> None:
    served.script = lambda asked: Said(307, b"", {"Location": "/v2/a/b/manifests/again"})
    with pytest.raises(Unavailable, match="more than 5 redirects"):
        chain(served).resolve(image(served))


# ------------------------------------------------------------------ answers that no registry should give


def test_a_404_that_is_not_a_registrys_is_no_absence(served: Scripted) -> None:
    served.script = lambda _: Said(404, b"<html>nginx</html>", {"Content-Type": "text/html"})
    with pytest.raises(Unavailable, match="HTTP 404, but not as a registry says it"):
        chain(served).resolve(image(served))


@pytest.mark.parametrize(
    "answer",
    [
        Said(200, b"<html>log in to the Wi-Fi</html>", {"Content-Type": "text/html"}),
        Said(200, b"{}", {"Content-Type": "application/json"}),
        Said(
            200, b'{"schemaVersion":1}', {"Content-Type": "application/vnd.docker.distribution.manifest.v1+prettyjws"}
        ),
        Said(418, b"{}"),
        Said(200, b"x" * 5_000_000, {"Content-Type": MANIFEST}),
    ],
    ids=["html", "empty", "schema-1", "418", "huge"],
)
def test_nonsense_is_an_error_and_no_image(served: Scripted, answer: Said) -> None:
    served.script = lambda _: answer
    with pytest.raises(Unavailable):
        chain(served).resolve(image(served))


def test_a_registry_that_names_no_digest_is_asked_for_the_content(served: Scripted) -> None:
    def nameless(asked: Asked) -> Said:
        said = content(asked)
        return replace(said, headers={k: v for k, v in said.headers.items() if k != "Docker-Content-Digest"})

    served.script = nameless
    facts = chain(served).resolve(image(served))
    assert facts is not None
    assert facts.digest == TOP["digest"]


def test_changed_bytes_are_noticed(served: Scripted) -> None:
    served.script = lambda asked: replace(content(asked), body=content(asked).body + b" ")
    with pytest.raises(Unavailable, match="is not what its digest says"):
        chain(served).resolve(image(served))


@pytest.mark.parametrize(("header", "least"), [("3", 3.0), ("Thu, 01 Jan 2099 00:00:00 GMT", None), ("soon", 0.5)])
def test_retry_after_is_heeded_within_reason(served: Scripted, header: str, least: float | None) -> None:
    answers = iter([Said(429, b"", {"Retry-After": header})])
    served.script = lambda asked: next(answers, None) or content(asked)
    clock = HurriedClock()
    if least is None:
        with pytest.raises(Unavailable, match="HTTP 429"):
            chain(served, clock).resolve(image(served))
        return
    assert chain(served, clock).resolve(image(served)) is not None
    assert clock.sleeps[0] >= least


def test_a_locked_tag_is_said_to_be_locked(served: Scripted) -> None:
    served.script = lambda asked: Said(405, b"{}") if asked.method == "PUT" else content(asked)
    with pytest.raises(Unavailable, match="is locked in the registry"):
        chain(served).tag(image(served), TOP["digest"], ("v2",))


def test_pushing_asks_for_the_right_to_push(served: Scripted) -> None:
    guard(served, ok())
    put: list[Asked] = []
    inner = served.script

    def script(asked: Asked) -> Said:
        if asked.method == "PUT" and asked.authorization:
            put.append(asked)
            return Said(201, b"", {"Docker-Content-Digest": TOP["digest"]})
        return inner(asked)

    served.script = script
    chain(served).tag(image(served), TOP["digest"], ("v2",))
    assert [one.query["scope"] for one in served.asked if one.path == "/token"] == [
        ["repository:a/b:pull"],
        ["repository:a/b:pull,push"],
    ]
    assert [(one.path, one.body) for one in put] == [("/v2/a/b/manifests/v2", LAYOUT.blobs[TOP["digest"]])]
