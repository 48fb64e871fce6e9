"""What a kubeconfig may say of its cluster and user besides files and plugins: data, names, proxies, passwords."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from connected import GET, GOOD, connected, failure
from scripted_http import in_turn, serving

from deployctl.model.errors import UsageError
from deployctl.sandbox.pki import Authority


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def certificate(folder: Path, *names: str) -> tuple[Path, Path]:
    pair = Authority.open(folder / "ca").server(*names)
    (folder / "server.crt").write_bytes(pair.certificate)
    (folder / "server.key").write_bytes(pair.key)
    return folder / "server.crt", folder / "server.key"


def test_authority_and_client_certificate_may_be_data(tmp_path: Path) -> None:
    authority = Authority.open(tmp_path / "ca")
    pair = authority.client("li")
    cluster = {"certificate-authority-data": encoded(authority.pair.certificate)}
    user = {"client-certificate-data": encoded(pair.certificate), "client-key-data": encoded(pair.key)}
    with serving(in_turn(GOOD), certificate(tmp_path, "127.0.0.1")) as served:
        assert connected(tmp_path, f"https://{served.address}", user=user, cluster=cluster).send(GET).status == 200


def test_the_name_in_the_certificate_may_be_another_one(tmp_path: Path) -> None:
    authority = Authority.open(tmp_path / "ca")
    cluster = {"certificate-authority-data": encoded(authority.pair.certificate)}
    with serving(in_turn(GOOD), certificate(tmp_path, "kubernetes.default")) as served:
        address = f"https://{served.address}"
        named = {**cluster, "tls-server-name": "kubernetes.default"}
        assert connected(tmp_path / "named", address, cluster=named).send(GET).status == 200
        refused = failure(tmp_path / "unnamed", address, cluster=cluster).problem
    assert refused.what == "the API server's certificate is not accepted"


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_verification_may_be_switched_off(tmp_path: Path) -> None:
    with serving(in_turn(GOOD), certificate(tmp_path, "other.example")) as served:
        cluster = {"insecure-skip-tls-verify": True}
        assert connected(tmp_path, f"https://{served.address}", cluster=cluster).send(GET).status == 200


def test_name_and_password_are_sent_where_there_is_no_token(tmp_path: Path) -> None:
    with serving(in_turn(GOOD)) as served:
        connected(tmp_path, f"http://{served.address}", user={"username": "li", "password": "hunter2"}).send(GET)
    assert served.asked[0].headers["Authorization"] == "Basic " + encoded(b"li:hunter2")


@pytest.mark.parametrize(
    ("environ", "asked"),
    [
        ({}, (0, 1)),
        ({"HTTP_PROXY": "http://127.0.0.1:1"}, (0, 1)),
        ({"NO_PROXY": "127.0.0.1"}, (1, 0)),
        ({"no_proxy": "10.0.0.0/8,127.0.0.0/8"}, (1, 0)),
    ],
)
def test_the_clusters_own_proxy_is_used_unless_the_host_is_excepted(
    tmp_path: Path, environ: dict[str, str], asked: tuple[int, int]
) -> None:
    with serving(in_turn(GOOD)) as server, serving(in_turn(GOOD)) as proxy:
        cluster = {"proxy-url": f"http://{proxy.address}"}
        connected(tmp_path, f"http://{server.address}", cluster=cluster, environ=environ).send(GET)
    assert (len(server.asked), len(proxy.asked)) == asked


def token(claims: dict[str, Any]) -> str:
    parts = ({"alg": "RS256"}, claims, {"signature": ""})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


def test_a_provider_gives_its_token_and_goes_before_others(tmp_path: Path) -> None:
    given = token({"exp": 4_000_000_000, "pad": "x"})
    user = {"token": "other", "auth-provider": {"name": "oidc", "config": {"id-token": given}}}
    with serving(in_turn(GOOD)) as served:
        connected(tmp_path, f"http://{served.address}", user=user).send(GET)
    assert served.asked[0].headers["Authorization"] == f"Bearer {given}"


def test_a_provider_that_gives_nothing_is_named(tmp_path: Path) -> None:
    with serving(in_turn(GOOD)) as served:
        problem = failure(tmp_path, f"http://{served.address}", user={"auth-provider": {"name": "azure"}}).problem
    assert problem.what == "the auth provider 'azure' of the kubeconfig gave no credential"
    assert served.asked == []


@pytest.mark.parametrize(
    ("cluster", "user"),
    [
        ({"certificate-authority": "absent.crt"}, {}),
        ({"certificate-authority-data": "no base64"}, {}),
        ({"certificate-authority-data": encoded(b"no certificate")}, {}),
        ({}, {"client-certificate": "absent.crt", "client-key": "absent.key"}),
        ({}, {"client-certificate-data": encoded(b"no certificate"), "client-key-data": encoded(b"no key")}),
        ({}, {"tokenFile": "absent"}),
        ({"proxy-url": "socks5://127.0.0.1:1"}, {}),
    ],
)
def test_what_cannot_be_read_is_a_usage_error(tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        connected(tmp_path, "https://cluster.example", user=user, cluster=cluster).send(GET)
    assert caught.value.problem.what == "the kubeconfig's credentials cannot be used"
