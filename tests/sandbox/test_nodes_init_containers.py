"""Init containers and sidecars."""

from __future__ import annotations

from clockwork import conditions, container, pod, rehearsal, state, waiting


def script(text: str) -> list[str]:
    return ["sh", "-c", text]


def test_init_containers_run_in_order_and_hold_the_others_back() -> None:
    with rehearsal() as world:
        init = [
            {"name": "one", "image": "reg.test/shop/app:1", "command": script("sleep 3")},
            {"name": "two", "image": "reg.test/shop/app:1", "command": script("sleep 3")},
        ]
        world.create("pods", pod("solo", initContainers=init))
        world.advance(3)
        solo = world.get("pods", "solo")
        assert waiting(solo) == ("PodInitializing", "")
        assert conditions(solo)["Initialized"] == (
            "False",
            "ContainersNotInitialized",
            "containers with incomplete status: [one two]",
        )
        world.advance(3)
        assert conditions(world.get("pods", "solo"))["Initialized"][2] == "containers with incomplete status: [two]"
        world.advance(10)
        assert conditions(world.get("pods", "solo"))["Ready"][0] == "True"


def test_an_init_container_that_fails_loops_and_the_pod_stays_pending() -> None:
    with rehearsal() as world:
        init = [{"name": "one", "image": "reg.test/shop/app:1", "command": script("exit 3")}]
        world.create("pods", pod("solo", initContainers=init))
        world.advance(20)
        solo = world.get("pods", "solo")
        assert solo["status"]["phase"] == "Pending"
        one = solo["status"]["initContainerStatuses"][0]
        assert one["restartCount"] == 2
        assert one["lastState"]["terminated"]["exitCode"] == 3


def test_a_sidecar_runs_beside_and_is_stopped_after_the_others() -> None:
    with rehearsal() as world:
        side = [{"name": "side", "image": "reg.test/shop/app:1", "restartPolicy": "Always"}]
        job = container(command=script("sleep 3"))
        world.create("pods", pod("solo", job, initContainers=side, restartPolicy="Never"))
        world.advance(3.5)
        solo = world.get("pods", "solo")
        assert ("running" in state(solo), "running" in state(solo, "side")) == (True, True)
        world.advance(10)
        solo = world.get("pods", "solo")
        assert solo["status"]["phase"] == "Succeeded"
        assert "terminated" in state(solo, "side")
