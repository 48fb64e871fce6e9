"""Who we are to the API server: certificates, tokens, plugins, and the words for each way they fail."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from connected import DENIED, GET, GOOD, TRUSTED, connected, failure
from cryptography.x509.oid import ExtendedKeyUsageOID
from fake_clock import FakeClock
from kubeconfigs import kubeconfig, program
from scripted_http import Say, in_turn, serving

from deployctl.adapters.kubernetes.connection import Connection
from deployctl.adapters.kubernetes.exec_plugin import run_plugin
from deployctl.adapters.kubernetes.kubeconfig import ClusterSettings
from deployctl.model.errors import Unavailable
from deployctl.sandbox.pki import Authority, Pair


def files(folder: Path, pair: Pair, name: str = "server") -> tuple[Path, Path]:
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    certificate.write_bytes(pair.certificate)
    key.write_bytes(pair.key)
    return certificate, key


def test_the_clusters_own_authority_is_trusted(tmp_path: Path) -> None:
    authority = Authority.open(tmp_path / "ca")
    with serving(in_turn(GOOD), files(tmp_path, authority.server("127.0.0.1"))) as served:
        # A relative path starts at the kubeconfig's folder.
        connection = connected(tmp_path, f"https://{served.address}", cluster=TRUSTED)
        assert connection.send(GET).json() == {"gitVersion": "v1.37.2"}


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("127.0.0.1",), "self-signed certificate|unable to get local issuer"),
        (("other.example",), "self-signed|issuer"),
    ],
)
def test_a_certificate_of_an_unknown_authority_is_named(tmp_path: Path, names: tuple[str, ...], words: str) -> None:
    with serving(in_turn(GOOD), files(tmp_path, Authority.open().server(*names))) as served:
        problem = failure(tmp_path, f"https://{served.address}").problem

    assert problem.what == "the API server's certificate is not accepted"
    assert problem.evidence[0].startswith("certificate not accepted: ")


def test_an_expired_server_certificate_is_named(tmp_path: Path) -> None:
    authority = Authority.open(tmp_path / "ca")
    ended = authority.issue(
        ("127.0.0.1",), [ExtendedKeyUsageOID.SERVER_AUTH], until=datetime.now(UTC) - timedelta(days=1)
    )
    with serving(in_turn(GOOD), files(tmp_path, ended)) as served:
        problem = failure(tmp_path, f"https://{served.address}", cluster=TRUSTED).problem

    assert problem.evidence == ("certificate not accepted: certificate has expired",)


def test_credentials_that_are_not_accepted_are_named(tmp_path: Path) -> None:
    with serving(in_turn(DENIED)) as served:
        problem = failure(tmp_path, f"http://{served.address}").problem

    assert (problem.what, problem.evidence) == (
        "the API server does not accept the kubeconfig's credentials",
        ("HTTP 401: Unauthorized",),
    )


def test_an_expired_client_certificate_is_named(tmp_path: Path) -> None:
    authority = Authority.open(tmp_path / "ca")
    ended = authority.issue(("li",), [ExtendedKeyUsageOID.CLIENT_AUTH], until=datetime(2026, 1, 2, 3, 4, tzinfo=UTC))
    certificate, key = files(tmp_path, ended, "client")
    user = {"client-certificate": str(certificate), "client-key": str(key)}
    with serving(in_turn(DENIED), files(tmp_path, authority.server("127.0.0.1"))) as served:
        problem = failure(tmp_path, f"https://{served.address}", user=user, cluster=TRUSTED).problem

    assert problem.what == "the kubeconfig's client certificate has expired"
    assert problem.evidence == ("HTTP 401: it was valid until 2026-01-02 03:04 UTC",)


def test_a_token_file_that_was_rotated_is_read_again(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old")

    def script(asked: Any) -> Say:
        if asked.headers["Authorization"] == "Bearer new":
            return GOOD
        token.write_text("new")
        return DENIED

    with serving(script) as served:
        assert connected(tmp_path, f"http://{served.address}", user={"tokenFile": "token"}).send(GET).status == 200
    assert len(served.asked) == 2


def credential(token: str, expires: str = "") -> str:
    status = {"token": token} | ({"expirationTimestamp": expires} if expires else {})
    body = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    return f"echo run >> runs; echo '{json.dumps(body)}'"


def plugin(command: str, **more: Any) -> dict[str, Any]:
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": command, **more}}


def test_a_plugin_gives_the_token_and_runs_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program(tmp_path / "login", credential("from-plugin"))
    with serving(in_turn(GOOD)) as served:
        connection = connected(tmp_path, f"http://{served.address}", user=plugin("./login"))
        for _ in range(3):
            connection.send(GET)

    assert {asked.headers["Authorization"] for asked in served.asked} == {"Bearer from-plugin"}
    assert (tmp_path / "runs").read_text() == "run\n"


def test_a_plugins_token_that_ran_out_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program(tmp_path / "login", credential("from-plugin", "2026-01-02T03:05:00Z"))
    path = kubeconfig(tmp_path / "config", "http://unused", user=plugin("./login"))
    clock = FakeClock()
    with serving(in_turn(GOOD)) as served:
        kubeconfig(path, f"http://{served.address}", user=plugin("./login"))
        connection = Connection(ClusterSettings(kubeconfig=path), clock, {"PATH": "/usr/bin:/bin"})
        connection.send(GET)
        clock.sleep(60)
        connection.send(GET)

    assert (tmp_path / "runs").read_text() == "run\nrun\n"


def test_a_plugins_token_that_is_refused_is_fetched_again_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program(tmp_path / "login", credential("from-plugin"))
    with serving(in_turn(DENIED)) as served:
        failure(tmp_path, f"http://{served.address}", user=plugin("./login"))

    assert (tmp_path / "runs").read_text() == "run\nrun\n"


@pytest.mark.parametrize(
    ("script", "what", "said"),
    [
        ("echo 'please log in' >&2; exit 3", "exit status 3", ("please log in",)),
        ("echo nonsense; echo 'hm' >&2", "its output is not JSON", ("hm",)),
        (
            "echo '{\"status\": {}}'; echo 'no token' >&2",
            "it gave neither a token nor a client certificate",
            ("no token",),
        ),
    ],
)
def test_a_plugin_that_fails_is_named_with_its_own_words(
    tmp_path: Path, script: str, what: str, said: tuple[str, ...]
) -> None:
    program(tmp_path / "login", script)
    user = plugin("./login", args=["--profile", "prod eu"])
    with serving(in_turn(GOOD)) as served:
        problem = failure(tmp_path, f"http://{served.address}", user=user).problem

    assert problem.what == f"the kubeconfig's credential plugin failed: {what}"
    assert (problem.where, problem.evidence) == ("./login --profile 'prod eu'", said)
    assert served.asked == []


def test_a_plugin_that_is_not_installed_is_named_with_its_hint(tmp_path: Path) -> None:
    user = plugin("no-such-plugin", installHint="brew install no-such-plugin")

    problem = failure(tmp_path, "http://127.0.0.1:1", user=user).problem

    assert (problem.where, problem.evidence) == ("no-such-plugin", ("brew install no-such-plugin",))


def test_a_plugin_is_told_what_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program(tmp_path / "login", f'echo "$KUBERNETES_EXEC_INFO $REGION" > info; {credential("t")}')
    user = plugin("./login", env=[{"name": "REGION", "value": "cn-shanghai"}], provideClusterInfo=True)
    with serving(in_turn(GOOD)) as served:
        connected(tmp_path, f"http://{served.address}", user=user).send(GET)

    info = (tmp_path / "info").read_text()
    assert f'"server": "http://{served.address}"' in info
    assert info.endswith("cn-shanghai\n")


def test_a_plugin_that_hangs_is_stopped_and_named_with_what_it_said(tmp_path: Path) -> None:
    program(tmp_path / "login", "echo 'open https://login.example and enter ABCD' >&2; exec sleep 30")

    with pytest.raises(Unavailable) as caught:
        run_plugin({"command": "./login"}, tmp_path, {}, {"PATH": "/usr/bin:/bin"}, timeout=0.3)

    problem = caught.value.problem
    assert (problem.what, problem.evidence) == (
        "the kubeconfig's credential plugin failed: no answer in 0.3 s",
        ("open https://login.example and enter ABCD",),
    )


def test_a_plugins_secret_arguments_are_not_shown(tmp_path: Path) -> None:
    program(tmp_path / "login", "exit 1")
    arguments = [
        "get-token",
        "--client-id",
        "abc",
        "--client-secret",
        "hunter2",
        "--password=hunter2",
        "--server-id",
        "x",
    ]

    with pytest.raises(Unavailable) as caught:
        run_plugin({"command": "./login", "args": arguments}, tmp_path, {}, {"PATH": "/usr/bin:/bin"})

    assert "hunter2" not in f"{caught.value} {caught.value.problem}"
    assert "--client-id abc" in caught.value.problem.where


def test_a_plugin_may_give_a_client_certificate(tmp_path: Path) -> None:
    pair = Authority.open(tmp_path / "ca").client("li")
    status = {"clientCertificateData": pair.certificate.decode(), "clientKeyData": pair.key.decode()}
    (tmp_path / "answer").write_text(json.dumps({"status": status}))
    program(tmp_path / "login", f"cat {tmp_path}/answer")

    server = Authority.open(tmp_path / "ca").server("127.0.0.1")
    with serving(in_turn(GOOD), files(tmp_path, server)) as served:
        connection = connected(tmp_path, f"https://{served.address}", user=plugin("./login"), cluster=TRUSTED)
        assert connection.send(GET).status == 200
    assert "Authorization" not in served.asked[0].headers
