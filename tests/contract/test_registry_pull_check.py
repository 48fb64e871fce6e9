"""The pods' own pull secrets, tried as a node would: against a real docker-registry, and against tokens by script."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from docker_registry import PASSWORD, USER, docker_registry, push
from hurried_clock import HurriedClock
from registry_images import Layout
from scripted_registry import Asked, Said, scripted_registry

from deployctl.adapters.registry.expiry import ends
from deployctl.adapters.registry.factory import make_pull_check
from deployctl.model.environment import RegistryConfig
from deployctl.model.errors import Unavailable
from deployctl.model.image import Image
from deployctl.model.manifest import Manifest, manifest
from deployctl.model.pull_access import PullAccess
from deployctl.model.service import WorkloadRef

BACKEND = WorkloadRef("Deployment", "backend")
NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def login(host: str, password: str = PASSWORD, user: str = USER) -> bytes:
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    return json.dumps({"auths": {host: {"auth": auth}}}).encode()


@dataclass(frozen=True)
class Namespace:
    """A registry's host, and the pull secrets of a namespace."""

    host: str
    secrets: Mapping[str, bytes]

    def check(self, *names: str, tag: str = "v1", brought: tuple[Manifest, ...] = ()) -> PullAccess:
        config = RegistryConfig(login_server=self.host, kind="oci")
        check = make_pull_check(config, lambda: self.secrets, environ={}, clock=HurriedClock())
        return check.check(Image(self.host, "shop/backend", tag), BACKEND, names, brought)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("closed")
    with docker_registry(folder, htpasswd=True) as address:
        layout = Layout()
        push(layout.write(folder / "layout", layout.image("private")), f"{address}/shop/backend:v1", login=True)
        yield address


def test_a_good_pull_secret_opens_whether_or_not_the_tag_is_there_yet(host: str) -> None:
    there = Namespace(host, {"good": login(host)})
    assert [there.check("good", tag=tag).answer for tag in ("v1", "absent")] == ["opens", "opens"]


def test_a_good_one_among_bad_ones_opens_for_a_node_tries_them_all(host: str) -> None:
    there = Namespace(host, {"bad": login(host, "old"), "good": login(host)})
    assert there.check("bad", "good").answer == "opens"


def test_each_useless_pull_secret_has_its_own_answer_and_evidence_without_a_password(host: str) -> None:
    there = Namespace(
        host, {"wrong": login(host, "hunter2"), "other": login("elsewhere.example.com"), "good": login(host)}
    )
    answers = {names: there.check(*names) for names in [("wrong",), ("other",), ("gone",), ()]}
    assert [a.answer for a in answers.values()] == ["wrong", "other-host", "missing", "not-referenced"]
    assert "elsewhere.example.com" in " ".join(answers[("other",)].evidence)
    assert f"Secret/good has a login for {host}, and is not named" in answers[()].evidence
    assert "hunter2" not in repr(answers)


def test_a_pull_secret_that_the_overlay_brings_counts(host: str) -> None:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "mine"}}
    data = {".dockerconfigjson": base64.b64encode(login(host)).decode()}
    assert Namespace(host, {}).check("mine", brought=(manifest({**body, "data": data}),)).answer == "opens"


def test_an_open_registry_needs_no_pull_secret(tmp_path: Path) -> None:
    with docker_registry(tmp_path, htpasswd=False) as address:
        assert Namespace(address, {}).check("gone").answer == "anonymous"


def test_secrets_that_cannot_be_read_and_a_registry_that_does_not_answer_are_unknown(host: str) -> None:
    def unreadable() -> Mapping[str, bytes]:
        raise Unavailable("we may not list secrets")

    config = RegistryConfig(login_server=host, kind="oci")
    check = make_pull_check(config, unreadable, environ={}, clock=HurriedClock())
    image = Image(host, "shop/backend", "v1")
    assert check.check(image, BACKEND, ("good",), ()).answer == "unknown"
    assert Namespace("127.0.0.1:1", {"good": login("127.0.0.1:1")}).check("good").answer == "unknown"


def token(end: datetime) -> str:
    """A JWT, unsigned."""
    parts: tuple[dict[str, object], ...] = ({"alg": "none"}, {"exp": int(end.timestamp())}, {})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


@pytest.mark.parametrize(("days", "answer"), [(-1, "expired"), (30000, "wrong")])
def test_a_token_as_a_password_tells_that_it_has_ended(host: str, days: int, answer: str) -> None:
    secret = login(host, token(NOW + timedelta(days=days)), "00000000-0000-0000-0000-000000000000")
    assert Namespace(host, {"acr": secret}).check("acr").answer == answer


def test_ecrs_password_names_its_end_and_an_ordinary_one_none() -> None:
    ecr = base64.b64encode(json.dumps({"payload": "x", "expiration": int(NOW.timestamp())}).encode()).decode()
    assert (ends(ecr), ends("correct horse"), ends("a.b.c"), ends("")) == (NOW, None, None, None)


def test_a_user_whom_the_registry_knows_but_does_not_let_in_is_forbidden() -> None:
    """A registry with a token server: the user may log in, the repository stays closed."""

    def script(asked: Asked) -> Said:
        if asked.path == "/token":
            scoped = "scope" in asked.query
            return Said(401 if scoped else 200, json.dumps({"token": "t"}).encode())
        realm = f'Bearer realm="http://{served.host}/token",service="it"'
        return Said(401, b'{"errors": [{"code": "UNAUTHORIZED"}]}', {"WWW-Authenticate": realm})

    with scripted_registry(script) as served:
        there = Namespace(served.host, {"good": login(served.host)})
        assert there.check("good").answer == "forbidden"
