"""A sandbox on a thread of the test's own process."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import urllib3
from azure.containerregistry import ContainerRegistryClient
from azure.identity import ClientSecretCredential

from deployctl.sandbox.process.control_client import ControlClient
from deployctl.sandbox.process.inside import running_sandbox
from deployctl.sandbox.process.options import Options
from deployctl.sandbox.process.ready import is_ready
from deployctl.sandbox.process.sandbox import open_sandbox
from deployctl.sandbox.scenario.parse import ScenarioError


def test_it_leaves_nothing_behind() -> None:
    before = set(threading.enumerate())
    with running_sandbox() as info:
        assert info.kubeconfig.exists()
    assert not info.state.exists()
    assert set(threading.enumerate()) == before
    with pytest.raises(urllib3.exceptions.HTTPError):
        urllib3.PoolManager(cert_reqs="CERT_NONE").request("GET", info.api_url, retries=False)


def test_it_is_handed_over_with_every_node_ready_and_tells_the_work_that_took(tmp_path: Path) -> None:
    """Looked at before the sandbox' own tasks go on. How much work is a figure of scripts/bench."""

    async def handed_over() -> tuple[list[bool], bool]:
        async with open_sandbox(Options(tmp_path / "state", scenario="klinematrix")) as sandbox:
            ready = [is_ready(node) for node in sandbox.world.cluster.list("nodes")]
            return ready, sandbox.world.facts["ready_after_cpu_seconds"] > 0

    assert asyncio.run(handed_over()) == ([True] * 4, True)


def test_two_at_once_know_nothing_of_each_other() -> None:
    with running_sandbox() as one, running_sandbox("klinematrix") as other:
        http = urllib3.PoolManager(ca_certs=str(one.ca_file))
        with pytest.raises(urllib3.exceptions.SSLError):
            http.request("GET", f"{other.api_url}/version", retries=False)
        assert http.request("GET", f"{one.api_url}/version").status == 200


def test_in_fast_motion_every_server_dates_its_answers_by_the_sandboxs_time() -> None:
    with running_sandbox("klinematrix", 600) as info:
        time.sleep(0.2)
        http, control = urllib3.PoolManager(ca_certs=str(info.ca_file)), ControlClient(info)
        for url in (info.api_url, info.registry.url, info.control_url):
            before = datetime.fromisoformat(control.clock()["now"]).replace(microsecond=0)
            date = parsedate_to_datetime(http.request("GET", f"{url}/version").headers["Date"])
            assert before <= date <= datetime.fromisoformat(control.clock()["now"])


def test_a_scenario_that_does_not_exist_raises_at_once() -> None:
    with pytest.raises(ScenarioError), running_sandbox("no-such"):
        pass


def test_azures_clients_work_with_what_the_sandbox_says(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_sandbox("klinematrix") as info:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(info.bundle_file))
        azure = info.azure
        credential = ClientSecretCredential(
            azure.tenant,
            azure.client_id,
            azure.client_secret,
            authority=azure.authority,
            disable_instance_discovery=True,
        )
        audience = "https://containerregistry.azure.net"
        with ContainerRegistryClient(
            info.registry.url, credential, audience=audience, connection_verify=str(info.ca_file)
        ) as client:
            assert [t.name for t in client.list_tag_properties("klinecubic/backend")] == ["prod-v0.8.7"]


def test_the_admin_credential_of_the_registry_works_at_its_loopback_address() -> None:
    with running_sandbox("klinematrix") as info:
        registry = info.registry
        http = urllib3.PoolManager(ca_certs=str(info.ca_file))
        basic = urllib3.make_headers(basic_auth=f"{registry.username}:{registry.password}")
        answer = http.request("GET", f"{registry.url}/v2/klinecubic/backend/tags/list", headers=basic)
        assert json.loads(answer.data)["tags"] == ["prod-v0.8.7"]
        assert registry.host == "financialagent-gxftdbbre4gtegea.azurecr.io"


def test_it_can_be_used_inside_a_running_loop(tmp_path: Path) -> None:
    async def use() -> str:
        with running_sandbox(state=tmp_path) as info:
            return info.scenario

    assert asyncio.run(use()) == "default"
