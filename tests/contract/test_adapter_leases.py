"""The lock: on a live API server, and the fake that engine tests use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fake_clock import FakeClock
from fake_leases import FakeLeases
from live_place import Place, connect, kubeconfig_of, place_on

from deployctl.adapters.clock import SystemClock
from deployctl.adapters.kubernetes.leases import KubernetesLeases
from deployctl.adapters.kubernetes.names import lease_name
from deployctl.ports import Leases

Make = Callable[[], Leases]


@pytest.fixture(params=["fake", "sandbox", pytest.param("real", marks=pytest.mark.cluster)])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes as many views of one lease as a test wants."""
    if request.param == "fake":
        lease = FakeLeases(FakeClock())
        yield lambda: lease
        return
    with place_on(kubeconfig_of(request)) as place:
        yield lambda: KubernetesLeases(connect(place.kubeconfig, place.namespace), SystemClock(), "prod")


def test_a_free_lease_is_ours_when_we_ask(make: Make) -> None:
    leases = make()

    assert leases.holder() is None
    assert leases.acquire("li", "build") is None
    held = leases.holder()
    assert held is not None
    assert (held.holder, held.phase, held.seconds) == ("li", "build", 30)


def test_a_held_lease_names_its_holder_to_others(make: Make) -> None:
    make().acquire("li", "build")

    refused = make().acquire("ann", "observe")

    assert refused is not None
    assert (refused.holder, refused.phase) == ("li", "build")


def test_the_holder_may_ask_again(make: Make) -> None:
    make().acquire("li", "build")

    assert make().acquire("li", "apply") is None


def test_renewing_says_what_is_done_and_only_the_holder_may(make: Make) -> None:
    leases = make()
    leases.acquire("li", "build")

    assert [leases.renew("li", "apply"), leases.renew("ann", "steal")] == [True, False]
    held = leases.holder()
    assert held is not None
    assert (held.holder, held.phase) == ("li", "apply")


def test_nobody_renews_what_nobody_holds(make: Make) -> None:
    assert make().renew("li", "apply") is False


def test_giving_back_frees_it_and_only_for_the_holder(make: Make) -> None:
    leases = make()
    leases.acquire("li", "build")

    leases.release("ann")
    still = leases.holder()
    leases.release("li")

    assert still is not None
    assert (leases.holder(), leases.acquire("ann", "observe")) == (None, None)


def test_of_many_who_ask_at_once_one_gets_it(kubeconfig: Path) -> None:
    with place_on(kubeconfig) as place, ThreadPoolExecutor(6) as pool:
        views = [KubernetesLeases(place.connection, SystemClock(), "prod") for _ in range(6)]
        answers = list(pool.map(lambda n: views[n].acquire(f"holder {n}", "observe"), range(6)))

        winner = views[0].holder()
        assert winner is not None
        assert sorted(a.holder if a else "got it" for a in answers) == ["got it", *[winner.holder] * 5]


def test_a_lease_that_ran_out_is_free_by_the_servers_time(place: Place) -> None:
    leases = KubernetesLeases(place.connection, SystemClock(), "prod")
    leases.acquire("li", "build")
    long_ago = '{"spec":{"renewTime":"2026-01-01T00:00:00.000000Z"}}'
    place.kubectl("patch", "lease", lease_name("prod"), "--type=merge", "-p", long_ago)

    assert (leases.holder(), leases.acquire("ann", "observe")) == (None, None)
    held = leases.holder()
    assert held is not None
    assert held.holder == "ann"
    assert leases.renew("li", "apply") is False


def test_a_lease_that_ran_out_but_was_not_taken_is_still_renewed(place: Place) -> None:
    leases = KubernetesLeases(place.connection, SystemClock(), "prod")
    leases.acquire("li", "build")
    long_ago = '{"spec":{"renewTime":"2026-01-01T00:00:00.000000Z"}}'
    place.kubectl("patch", "lease", lease_name("prod"), "--type=merge", "-p", long_ago)

    assert leases.renew("li", "apply") is True


def test_the_lease_is_an_ordinary_one_that_kubectl_shows(place: Place) -> None:
    KubernetesLeases(place.connection, SystemClock(), "Prod_1").acquire("li@laptop", "build")

    shown = place.kubectl("get", "leases", "-o", "jsonpath={.items[*].spec.holderIdentity}")
    assert shown == "li@laptop"


def test_environments_whose_names_differ_have_two_leases() -> None:
    assert len({lease_name(name) for name in ("prod-1", "prod_1", "Prod-1", "PROD-1")}) == 4


def test_a_lease_that_is_held_can_own_other_objects(make: Make) -> None:
    leases = make()
    leases.acquire("li", "prefetch")

    owner = leases.as_owner()

    assert owner == {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "name": lease_name("prod"),
        "uid": owner["uid"],
    }
    assert owner["uid"]
