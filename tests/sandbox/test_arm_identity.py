"""azure-identity, unmodified, gets its tokens from the sandbox's tenant."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientAssertionCredential, ClientSecretCredential
from served_azure import BUILDER, AzureClient, R, served_azure

SCOPE = "https://management.azure.com/.default"


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AzureClient]:
    with served_azure(tmp_path) as found:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(found.ca_file))
        yield found


def common(azure: AzureClient) -> dict[str, Any]:
    return {"authority": azure.url, "disable_instance_discovery": True, "retry_total": 0}


def status_with(azure: AzureClient, token: str) -> int:
    answer = azure.http.request("GET", azure.url + R, headers={"Authorization": f"Bearer {token}"})
    return int(answer.status)


def unsigned_jwt(**claims: Any) -> str:
    parts = ({"alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts) + ".sig"


def test_a_client_secret_opens_the_management_calls(azure: AzureClient) -> None:
    credential = ClientSecretCredential("tenant-1", BUILDER.client_id, BUILDER.secret, **common(azure))
    assert status_with(azure, credential.get_token(SCOPE).token) == 200


def test_a_federated_assertion_does_too(azure: AzureClient) -> None:
    credential = ClientAssertionCredential(
        "tenant-1", BUILDER.client_id, lambda: unsigned_jwt(sub="repo:x", exp=time.time() + 300), **common(azure)
    )
    assert status_with(azure, credential.get_token(SCOPE).token) == 200


@pytest.mark.parametrize(
    ("tenant", "client", "secret", "code"),
    [
        ("tenant-1", BUILDER.client_id, "wrong", "AADSTS7000215"),
        ("tenant-1", "nobody", "x", "AADSTS700016"),
        ("tenant-2", BUILDER.client_id, BUILDER.secret, "AADSTS90002"),
    ],
)
def test_refusals_carry_entras_code_and_no_secret(
    azure: AzureClient, tenant: str, client: str, secret: str, code: str
) -> None:
    with pytest.raises(ClientAuthenticationError) as refused:
        ClientSecretCredential(tenant, client, secret, **common(azure)).get_token(SCOPE)
    assert code in str(refused.value)
    assert BUILDER.secret not in str(refused.value)


def test_an_expired_assertion_is_refused(azure: AzureClient) -> None:
    credential = ClientAssertionCredential(
        "tenant-1", BUILDER.client_id, lambda: unsigned_jwt(exp=time.time() - 1), **common(azure)
    )
    with pytest.raises(ClientAuthenticationError, match="AADSTS700024"):
        credential.get_token(SCOPE)


def test_a_fault_takes_entra_down(azure: AzureClient) -> None:
    azure.registry.faults.add("aad-error", {"status": 503, "description": "Service is unavailable", "client_id": "b*"})
    with pytest.raises(ClientAuthenticationError, match="HTTP Error: 503"):
        ClientSecretCredential("tenant-1", BUILDER.client_id, BUILDER.secret, **common(azure)).get_token(SCOPE)


def test_no_token_a_strange_token_and_one_for_another_audience(azure: AzureClient) -> None:
    data_plane = azure.azure.subscription.tenant.issue(BUILDER, "https://containerregistry.azure.net")
    found = []
    for headers in ({}, {"Authorization": "Bearer a.b.c"}, {"Authorization": f"Bearer {data_plane}"}):
        answer = azure.http.request("GET", azure.url + R, headers=headers)
        found.append((answer.status, json.loads(answer.data)["error"]["code"]))
    assert found == [
        (401, "AuthenticationFailed"),
        (401, "InvalidAuthenticationToken"),
        (401, "InvalidAuthenticationTokenAudience"),
    ]
