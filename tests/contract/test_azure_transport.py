"""The transport of Azure's clients on the wire: whom it trusts, and how often it reads that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.core.rest import HttpRequest
from scripted_http import Say, in_turn, serving

from deployctl.adapters.azure_transport import azure_transport
from deployctl.sandbox.pki import Authority


def transport(ca_file: Path | None) -> Any:
    return azure_transport(connection_timeout=5, read_timeout=5, ca_file=ca_file)


def certificate(folder: Path) -> tuple[Path, Path]:
    pair = Authority.open(folder).server("127.0.0.1")
    (folder / "server.crt").write_bytes(pair.certificate)
    (folder / "server.key").write_bytes(pair.key)
    return folder / "server.crt", folder / "server.key"


def status(client: Any, address: str) -> int:
    with client:
        return int(client.send(HttpRequest("GET", f"https://{address}/")).status_code)


def test_a_bundle_is_read_once_for_all_connections_of_all_clients(tmp_path: Path) -> None:
    with serving(in_turn(Say()), certificate(tmp_path)) as served:
        assert status(transport(tmp_path / "ca.crt"), served.address) == 200
        (tmp_path / "ca.crt").unlink()
        assert status(transport(tmp_path / "ca.crt"), served.address) == 200


def test_the_variable_of_requests_names_the_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.crt"))
    with serving(in_turn(Say()), certificate(tmp_path)) as served:
        assert status(transport(None), served.address) == 200


@pytest.mark.parametrize("trusted", ["the public authorities", "another authority", "no file", "no bundle"])
def test_a_server_that_is_not_trusted_gets_no_request(trusted: str, tmp_path: Path) -> None:
    Authority.open(tmp_path / "other")
    (tmp_path / "text").write_text("no certificate\n")
    bundle = {
        "another authority": tmp_path / "other" / "ca.crt",
        "no file": tmp_path / "absent.crt",
        "no bundle": tmp_path / "text",
    }
    with serving(in_turn(Say()), certificate(tmp_path)) as served, pytest.raises(ServiceRequestError):
        status(transport(bundle.get(trusted)), served.address)
    assert served.asked == []
