"""Probes: what they say when they fail, and what follows."""

from __future__ import annotations

import pytest
from clockwork import container, pod, rehearsal

from deployctl.sandbox.contracts import Object


def test_liveness_kills_and_says_why() -> None:
    with rehearsal() as world:
        probe = {"httpGet": {"path": "/nope", "port": 8000}, "periodSeconds": 2, "failureThreshold": 2}
        world.create("pods", pod("solo", container(livenessProbe=probe)))
        world.advance(8)
        events = world.events("Pod")
        assert ("Warning", "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 404") in events
        assert ("Normal", "Killing", "Container app failed liveness probe, will be restarted") in events
        address = world.get("pods", "solo")["status"]["podIP"]
        refused = (
            f'Liveness probe failed: Get "http://{address}:8000/nope": dial tcp {address}:8000: '
            "connect: connection refused"
        )
        assert ("Warning", "Unhealthy", refused) in events
        assert world.get("pods", "solo")["status"]["containerStatuses"][0]["restartCount"] >= 1


PROBES: list[tuple[str, Object, str]] = [
    ("tcp", {"tcpSocket": {"port": 9999}}, "dial tcp {ip}:9999: connect: connection refused"),
    ("exec", {"exec": {"command": ["sh", "-c", "echo no; exit 1"]}}, "no\n"),
    ("status", {"httpGet": {"path": "/nope", "port": 8000}}, "HTTP probe failed with statuscode: 404"),
]


@pytest.mark.parametrize(("kind", "action", "words"), PROBES, ids=[row[0] for row in PROBES])
def test_a_readiness_probe_that_fails_leaves_the_pod_running_and_not_ready(
    kind: str, action: Object, words: str
) -> None:
    with rehearsal() as world:
        world.create("pods", pod("solo", container(readinessProbe={**action, "periodSeconds": 1})))
        world.advance(6)
        solo = world.get("pods", "solo")
        assert (solo["status"]["phase"], solo["status"]["containerStatuses"][0]["ready"]) == ("Running", False)
        message = f"Readiness probe failed: {words.format(ip=solo['status']['podIP'])}"
        assert ("Warning", "Unhealthy", message) in world.events("Pod")


def test_a_program_that_hangs_fails_its_probe_by_time_out() -> None:
    with rehearsal() as world:
        world.faults.set("app", pod="solo", hangs=True)
        probe = {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 5}
        world.create("pods", pod("solo", container(readinessProbe=probe)))
        world.advance(15)
        address = world.get("pods", "solo")["status"]["podIP"]
        late = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        message = f'Readiness probe failed: Get "http://{address}:8000/health": {late}'
        assert ("Warning", "Unhealthy", message) in world.events("Pod")


def test_a_startup_probe_holds_readiness_back() -> None:
    with rehearsal() as world:
        world.shelf.put("reg.test/slow:1", ports="8000", startup_seconds="12")
        probe = {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 5, "failureThreshold": 10}
        world.create("pods", pod("solo", container("reg.test/slow:1", startupProbe=probe)))
        world.advance(8)
        status = world.get("pods", "solo")["status"]["containerStatuses"][0]
        assert (status["started"], status["ready"], status["restartCount"]) == (False, False, 0)
        world.advance(12)
        status = world.get("pods", "solo")["status"]["containerStatuses"][0]
        assert (status["started"], status["ready"], status["restartCount"]) == (True, True, 0)
