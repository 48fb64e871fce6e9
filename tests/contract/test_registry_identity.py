"""Who we are in Azure: every kind of identity against the sandbox's Entra, and what is said when there is none."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure_world import AzureWorld, azure_world
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from hurried_clock import HurriedClock
from scripted_registry import Asked, Said, scripted_registry

from deployctl.adapters.identity.candidates import ORDER, Candidate, candidates, chosen_kinds
from deployctl.adapters.identity.chain import AzureIdentity, make_identity
from deployctl.adapters.identity.errors import IdentityUnavailable
from deployctl.adapters.transport import Transport
from deployctl.model.errors import UsageError

SCOPE = "https://management.azure.com/.default"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[AzureWorld]:
    with azure_world(tmp_path) as opened:
        yield opened


def identity(world: AzureWorld, environ: Mapping[str, str], choice: str = "") -> AzureIdentity:
    transport = Transport(HurriedClock(), ca_file=world.config.ca_file, timeout=5, environ={})
    return make_identity(
        authority=world.config.authority,
        ca_file=world.config.ca_file,
        transport=transport,
        environ=environ,
        choice=choice,
    )


def somebody(world: AzureWorld, **more: str) -> dict[str, str]:
    return {"AZURE_TENANT_ID": "tenant-1", "AZURE_CLIENT_ID": "builder-id", **more}


def a_jwt(seconds: int = 300) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part({'exp': time.time() + seconds})}.signature"


def holder_of(world: AzureWorld, token: str) -> str:
    found = world.azure.subscription.tenant.principal_of(token)
    assert found is not None
    return found[0].client_id


def test_a_service_principal_with_a_secret(world: AzureWorld) -> None:
    who = identity(world, somebody(world, AZURE_CLIENT_SECRET="builder-secret"))
    assert holder_of(world, who.get_token(SCOPE).token) == "builder-id"
    assert who.name == "service principal with a secret"


def test_a_service_principal_with_a_certificate(world: AzureWorld, tmp_path: Path) -> None:
    who = identity(world, somebody(world, AZURE_CLIENT_CERTIFICATE_PATH=str(certificate(tmp_path))))
    assert holder_of(world, who.get_token(SCOPE).token) == "builder-id"
    assert who.name == "service principal with a certificate"


def test_a_workload_identity_by_its_token_file(world: AzureWorld, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(a_jwt())
    who = identity(world, somebody(world, AZURE_FEDERATED_TOKEN_FILE=str(tmp_path / "token")))
    assert holder_of(world, who.get_token(SCOPE).token) == "builder-id"
    assert who.name == "workload identity"


def test_github_actions_without_az(world: AzureWorld) -> None:
    def runner(asked: Asked) -> Said:
        fine = asked.authorization == "Bearer runner-token" and asked.query["audience"] == [
            "api://AzureADTokenExchange"
        ]
        return Said(200, json.dumps({"value": a_jwt()}).encode()) if fine else Said(401)

    with scripted_registry(runner) as github:
        url = f"http://{github.host}/token?api-version=2.0"
        github_says = {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "runner-token"}
        who = identity(world, somebody(world, **github_says))
        assert holder_of(world, who.get_token(SCOPE).token) == "builder-id"
        assert who.name == "GitHub OIDC"


def test_github_actions_without_permission_says_which_is_missing(world: AzureWorld) -> None:
    with scripted_registry(lambda _: Said(403)) as github:
        url = f"http://{github.host}/token?x=y"
        github_says = {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "runner-token"}
        with pytest.raises(IdentityUnavailable) as caught:
            identity(world, somebody(world, **github_says)).get_token(SCOPE)
    assert caught.value.problem.action == "permissions: id-token: write"
    assert "runner-token" not in f"{caught.value!r} {caught.value.problem}"


def test_az_login_of_this_machine(world: AzureWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"accessToken": "from-az", "expires_on": int(time.time()) + 3600, "tokenType": "Bearer"}
    az(tmp_path, f"echo '{json.dumps(answer)}'")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")  # azure-identity looks at the process's own
    who = identity(world, {"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert who.get_token(SCOPE).token == "from-az"
    assert who.name == "az login"


def test_az_without_a_login_is_named_among_the_tried(
    world: AzureWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    az(tmp_path, "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(IdentityUnavailable) as caught:
        identity(world, {"PATH": f"{tmp_path}:/usr/bin:/bin", "AZURE_TENANT_ID": "t"}).get_token(SCOPE)
    problem = caught.value.problem
    assert problem.what == "there is no Azure identity to use"
    assert problem.evidence[:5] == (
        "service principal with a secret: AZURE_CLIENT_ID, AZURE_CLIENT_SECRET not set",
        "service principal with a certificate: AZURE_CLIENT_ID, AZURE_CLIENT_CERTIFICATE_PATH not set",
        "workload identity: AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE not set",
        "GitHub OIDC: AZURE_CLIENT_ID, ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN not set",
        "managed identity: IDENTITY_ENDPOINT and MSI_ENDPOINT not set",
    )
    assert problem.evidence[5].startswith("az login: ")
    assert problem.evidence[6].startswith("managed identity of this machine: ")
    assert problem.action.startswith("az login; in CI set AZURE_TENANT_ID")


def test_a_configured_identity_that_is_refused_lets_no_other_one_in(world: AzureWorld, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(a_jwt())
    environ = somebody(
        world, AZURE_CLIENT_SECRET="last-years-secret", AZURE_FEDERATED_TOKEN_FILE=str(tmp_path / "token")
    )
    with pytest.raises(IdentityUnavailable) as caught:
        identity(world, environ).get_token(SCOPE)
    problem = caught.value.problem
    assert problem.what == "Azure refused the service principal with a secret"
    assert len(problem.evidence) == 1
    assert "AADSTS7000215" in problem.evidence[0]
    assert "last-years-secret" not in f"{caught.value!r} {problem}"


def test_a_choice_leaves_all_others_out(world: AzureWorld, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(a_jwt())
    environ = somebody(world, AZURE_CLIENT_SECRET="wrong", AZURE_FEDERATED_TOKEN_FILE=str(tmp_path / "token"))
    assert holder_of(world, identity(world, environ, "workload").get_token(SCOPE).token) == "builder-id"
    named = {**environ, "AZURE_TOKEN_CREDENTIALS": "WorkloadIdentityCredential"}
    assert holder_of(world, identity(world, named).get_token(SCOPE).token) == "builder-id"


def test_an_unknown_choice_is_a_usage_error_that_names_the_known_ones(world: AzureWorld) -> None:
    with pytest.raises(UsageError) as caught:
        identity(world, {}, "browser").get_token(SCOPE)
    assert caught.value.problem.action == (
        "choose one of: secret, certificate, workload, github, managed, cli, dev, prod"
    )


def test_tokens_are_kept_for_each_scope(world: AzureWorld) -> None:
    who = identity(world, somebody(world, AZURE_CLIENT_SECRET="builder-secret"))
    tokens = [who.get_token(SCOPE).token, who.get_token(SCOPE).token, who.get_token("https://other/.default").token]
    assert tokens[0] == tokens[1] != tokens[2]
    assert world.count("POST", "/oauth2/v2.0/token") == 2


def test_a_certificate_that_is_none_is_said(world: AzureWorld, tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("no certificate")
    with pytest.raises(IdentityUnavailable, match="the service principal with a certificate cannot be used"):
        identity(world, somebody(world, AZURE_CLIENT_CERTIFICATE_PATH=str(tmp_path / "cert.pem"))).get_token(SCOPE)


def test_the_order_is_on_purpose_first_this_machine_last() -> None:
    found = candidates({"AZURE_TENANT_ID": "t"}, chosen_kinds(""), lambda program: program == "az")
    assert tuple(one.kind for one in found) == ORDER
    assert [one.kind for one in found if not one.lacks] == ["cli", "managed-imds"]
    assert [one.kind for one in found if one.on_purpose] == ["secret", "certificate", "workload", "github"]
    assert Candidate("cli", "az is not installed") in candidates({}, ("cli",), lambda _: False)


def az(folder: Path, body: str) -> None:
    path = folder / "az"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def certificate(folder: Path) -> Path:
    """A self-signed certificate with its key, as `az ad sp create-for-rbac --create-cert` leaves one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "deployctl-test")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    signed = builder.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1)).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "principal.pem"
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path
