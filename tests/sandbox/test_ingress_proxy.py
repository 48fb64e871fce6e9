"""The proxy on the wire: ready pods, NGINX's own pages, certificates by host."""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3

from deployctl.sandbox.api.cluster import Cluster
from deployctl.sandbox.clock import ScaledClock
from deployctl.sandbox.contracts import Answer
from deployctl.sandbox.faults import FaultBoard
from deployctl.sandbox.ingress.app import Ingress
from deployctl.sandbox.ingress.tls import Certificates
from deployctl.sandbox.pki import Authority
from deployctl.sandbox.process.listen import listen
from deployctl.sandbox.process.loop_thread import LoopThread

HOST = "app.example.com"
NGINX_503 = (
    b"<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n"
    b"<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n<hr><center>nginx</center>\r\n"
    b"</body>\r\n</html>\r\n"
)


@dataclass
class Pods:
    """A fake of contracts.Applications: answers with the pod's name, or as told."""

    told: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, int, str, str, str]] = field(default_factory=list)

    async def request(
        self, namespace: str, pod: str, port: int, method: str, path: str, headers: Mapping[str, str]
    ) -> Answer:
        self.asked.append((pod, port, method, path, headers["X-Forwarded-Proto"]))
        answer = self.told.get(pod, Answer(200, {"Content-Type": "text/plain"}, pod.encode()))
        if isinstance(answer, Exception):
            raise answer
        found: Answer = answer
        return found


@dataclass
class Door:
    cluster: Cluster
    pods: Pods
    faults: FaultBoard
    http_port: int
    https_port: int
    ca_file: Path
    authority: Authority

    def get(self, path: str, scheme: str = "https", host: str = HOST) -> urllib3.BaseHTTPResponse:
        port = self.https_port if scheme == "https" else self.http_port
        headers = {"Host": f"{host}:{port}"}
        with self._pool(scheme, host, port) as pool:
            return pool.request("GET", path, headers=headers, redirect=False, retries=False)

    def _pool(self, scheme: str, host: str, port: int) -> urllib3.HTTPConnectionPool:
        if scheme == "http":
            return urllib3.HTTPConnectionPool("127.0.0.1", port)
        return urllib3.HTTPSConnectionPool("127.0.0.1", port, ca_certs=str(self.ca_file), server_hostname=host)

    def endpoints(self, **ready: bool) -> None:
        """The Service's pods; True for those that are ready."""
        self.cluster.create(
            "endpointslices.discovery.k8s.io",
            {
                "metadata": {"name": "app-1", "namespace": "n", "labels": {"kubernetes.io/service-name": "app"}},
                "addressType": "IPv4",
                "ports": [{"name": "http", "port": 8000, "protocol": "TCP"}],
                "endpoints": [
                    {
                        "addresses": [f"10.0.0.{number}"],
                        "conditions": {"ready": is_ready},
                        "targetRef": {"kind": "Pod", "namespace": "n", "name": name},
                    }
                    for number, (name, is_ready) in enumerate(ready.items(), 1)
                ],
            },
            manager="test",
        )

    def certificate(self) -> str:
        """The PEM that the host is served with."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with (
            socket.create_connection(("127.0.0.1", self.https_port)) as plain,
            context.wrap_socket(plain, server_hostname=HOST) as wrapped,
        ):
            found = wrapped.getpeercert(binary_form=True)
        assert found is not None
        return ssl.DER_cert_to_PEM_cert(found)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    authority, faults, pods, clock = Authority.open(tmp_path), FaultBoard(), Pods(), ScaledClock()
    with LoopThread() as thread:
        cluster = thread.run(_cluster(clock))
        ingress = Ingress(cluster, pods, faults, clock)
        context = Certificates(cluster, authority, faults, tmp_path).context()
        https = thread.run(listen(ingress.app("https"), context))
        http = thread.run(listen(ingress.app("http")))
        ingress.https_port = https.port
        yield Door(cluster, pods, faults, http.port, https.port, tmp_path / "ca.crt", authority)
        thread.run(http.close())
        thread.run(https.close())


async def _cluster(clock: ScaledClock) -> Cluster:
    cluster = Cluster(clock)
    backend = {"service": {"name": "app", "port": {"number": 80}}}
    rule = {"host": HOST, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    tls = [{"hosts": [HOST], "secretName": "app-tls"}]
    for resource, body in (
        ("namespaces", {"metadata": {"name": "n"}}),
        (
            "ingressclasses.networking.k8s.io",
            {"metadata": {"name": "nginx"}, "spec": {"controller": "k8s.io/ingress-nginx"}},
        ),
        (
            "services",
            {
                "metadata": {"name": "app", "namespace": "n"},
                "spec": {"selector": {"app": "app"}, "ports": [{"name": "http", "port": 80, "targetPort": 8000}]},
            },
        ),
        (
            "ingresses.networking.k8s.io",
            {
                "metadata": {"name": "app", "namespace": "n"},
                "spec": {"ingressClassName": "nginx", "rules": [rule], "tls": tls},
            },
        ),
    ):
        cluster.create(resource, body, manager="test")
    return cluster


def test_ready_pods_take_turns_and_the_others_get_nothing(door: Door) -> None:
    door.endpoints(one=True, two=False, three=True)
    assert sorted(door.get("/x?a=b").data for _ in range(4)) == [b"one", b"one", b"three", b"three"]
    assert door.pods.asked[0][1:] == (8000, "GET", "/x?a=b", "https")


def test_without_a_ready_pod_nginx_says_503(door: Door) -> None:
    door.endpoints(one=False)
    answer = door.get("/api/health")
    assert (answer.status, answer.headers["Content-Type"], answer.data) == (503, "text/html", NGINX_503)


def test_a_pod_that_refuses_is_passed_over_and_when_all_refuse_it_is_502(door: Door) -> None:
    door.endpoints(one=True, two=True)
    door.pods.told["one"] = ConnectionRefusedError()
    assert [door.get("/").data for _ in range(3)] == [b"two"] * 3
    door.pods.told["two"] = ConnectionRefusedError()
    assert (door.get("/").status, b"<h1>502 Bad Gateway</h1>" in door.get("/").data) == (502, True)


def test_a_pod_that_hangs_is_504(door: Door) -> None:
    door.endpoints(one=True)
    door.pods.told["one"] = TimeoutError()
    answer = door.get("/")
    assert (answer.status, b"<h1>504 Gateway Time-out</h1>" in answer.data) == (504, True)


def test_status_headers_and_body_of_the_pod_come_through(door: Door) -> None:
    door.endpoints(one=True)
    door.pods.told["one"] = Answer(418, {"Content-Type": "application/json", "X-Own": "1"}, b"{}")
    answer = door.get("/")
    assert (answer.status, answer.headers["X-Own"], answer.headers["Content-Type"], answer.data) == (
        418,
        "1",
        "application/json",
        b"{}",
    )


def test_an_unknown_host_is_nginx_404(door: Door) -> None:
    answer = door.get("/", scheme="http", host="other.example.com")
    assert (answer.status, b"<title>404 Not Found</title>" in answer.data) == (404, True)


def test_http_is_redirected_to_https_with_its_path(door: Door) -> None:
    answer = door.get("/a/b?c=d", scheme="http")
    assert (answer.status, answer.headers["Location"]) == (308, f"https://{HOST}:{door.https_port}/a/b?c=d")


def test_a_host_without_a_secret_gets_a_certificate_of_the_sandbox(door: Door) -> None:
    assert door.get("/").status == 503  # the handshake has been verified with the sandbox's authority


def test_the_secret_of_the_ingress_is_served_as_soon_as_it_is_there(door: Door) -> None:
    before = door.certificate()
    pair = door.authority.issue((HOST,), [])
    data = {
        "tls.crt": base64.b64encode(pair.certificate).decode(),
        "tls.key": base64.b64encode(pair.key).decode(),
    }
    secret = {"metadata": {"name": "app-tls", "namespace": "n"}, "type": "kubernetes.io/tls", "data": data}
    door.cluster.create("secrets", secret, manager="test")
    assert before != pair.certificate.decode() == door.certificate()


@pytest.mark.parametrize(
    ("problem", "why"),
    [("expired", "certificate has expired"), ("self-signed", "self-signed"), ("wrong-host", "Hostname mismatch")],
)
def test_wrong_certificates_are_refused_by_clients(door: Door, problem: str, why: str) -> None:
    door.faults.add("certificate", {"host": HOST, "problem": problem})
    with pytest.raises(urllib3.exceptions.SSLError, match=why):
        door.get("/")


def test_faults_of_the_ingress(door: Door) -> None:
    door.endpoints(one=True)
    door.faults.add("ingress-error", {"status": 500, "path": "/api/*", "times": 1})
    door.faults.add("ingress-drop", {"path": "/gone"})
    assert [door.get(path).status for path in ("/", "/api/health", "/api/health")] == [200, 500, 200]
    with pytest.raises(urllib3.exceptions.ProtocolError):
        door.get("/gone")
