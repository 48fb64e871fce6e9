"""Release records: on a live API server, and the fake that engine tests use."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from fake_history import FakeHistory
from live_place import Place, connect, kubeconfig_of, place_on
from releases import SECRET, release, with_manifests

from deployctl.adapters.kubernetes.history import ROOM, KubernetesHistory, dropped, packed
from deployctl.model.manifest import manifest
from deployctl.ports import ClusterRejected, History

Make = Callable[[], History]


@pytest.fixture(params=["fake", "sandbox", pytest.param("real", marks=pytest.mark.cluster)])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes as many views of one history as a test wants."""
    if request.param == "fake":
        history = FakeHistory()
        yield lambda: history
        return
    with place_on(kubeconfig_of(request)) as place:
        yield lambda: KubernetesHistory(connect(place.kubeconfig, place.namespace), "prod")


def test_there_is_no_history_at_first(make: Make) -> None:
    assert make().read() == ()


def test_what_was_saved_is_read_whole(make: Make) -> None:
    whole = release(1)

    make().save(whole, keep=10)

    assert make().read() == (whole,)


def test_the_newest_comes_first(make: Make) -> None:
    history = make()
    for number in (1, 2, 11):
        history.save(release(number), keep=10)

    assert [one.number for one in history.read()] == [11, 2, 1]


def test_a_run_completes_its_own_record(make: Make) -> None:
    history = make()
    begun = release(4, outcome="running", finished=None, downtime=None, problem=None)
    history.save(begun, keep=10)

    history.save(replace(begun, outcome="failed", finished=release(4).finished), keep=10)

    assert [(one.number, one.outcome) for one in history.read()] == [(4, "failed")]


def test_a_record_of_another_run_is_never_overwritten(make: Make) -> None:
    history = make()
    history.save(release(4), keep=10)

    with pytest.raises(ClusterRejected) as caught:
        history.save(release(4, who="ann@desk", outcome="failed"), keep=10)

    assert caught.value.reason == "AlreadyExists"
    assert [(one.who, one.outcome) for one in history.read()] == [("li@laptop (process 7)", "done")]


def test_the_oldest_go_but_never_the_newest_good_one(make: Make) -> None:
    history = make()
    for number, outcome in enumerate(("done", "done", "failed", "rolled-back", "failed"), start=1):
        history.save(release(number, outcome=outcome), keep=2)

    assert [one.number for one in history.read()] == [5, 4, 2]


def test_values_of_secrets_are_not_in_it(make: Make) -> None:
    history = make()

    history.save(with_manifests(1, SECRET), keep=10)

    (kept,) = history.read()
    assert [one.body["data"] for one in kept.manifests] == [{"password": ""}]


def test_of_two_runs_with_one_number_one_is_recorded(place: Place) -> None:
    history = KubernetesHistory(place.connection, "prod")

    def save(who: str) -> str:
        try:
            history.save(release(1, who=who), keep=10)
        except ClusterRejected as rejected:
            return rejected.reason
        return who

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(save, ("a", "b", "c", "d")))

    assert sorted(answers)[:3] == ["AlreadyExists"] * 3
    assert [one.who for one in history.read()] == [sorted(answers)[3]]


def test_a_record_that_cannot_be_read_is_passed_over_and_its_number_free(place: Place) -> None:
    history = KubernetesHistory(place.connection, "prod")
    history.save(release(1), keep=10)
    history.save(release(2), keep=10)
    spoilt = json.dumps({"data": {"release.json.gz": "bm90aGluZw=="}})
    place.kubectl("patch", "secret", "deployctl-release-prod-00002", "--type=merge", "-p", spoilt)

    assert [one.number for one in history.read()] == [1]
    history.save(release(2), keep=10)
    assert [one.number for one in history.read()] == [2, 1]


def test_environments_of_one_namespace_have_histories_of_their_own(place: Place) -> None:
    KubernetesHistory(place.connection, "prod").save(release(1), keep=10)
    KubernetesHistory(place.connection, "Prod").save(release(1, environment="Prod"), keep=10)

    read = {name: KubernetesHistory(place.connection, name).read() for name in ("prod", "Prod", "test")}
    assert {name: [one.environment for one in found] for name, found in read.items()} == {
        "prod": ["prod"],
        "Prod": ["Prod"],
        "test": [],
    }


def test_records_can_be_told_by_their_labels(place: Place) -> None:
    KubernetesHistory(place.connection, "prod").save(release(7), keep=10)

    selector = "deployctl.dev/outcome=done,service.deployctl.dev/api=1.2.3,deployctl.dev/number=7"
    assert place.kubectl(
        "get", "secrets", "-l", selector, "-o", "jsonpath={.items[*].metadata.name} {.items[*].type}"
    ) == ("deployctl-release-prod-00007 deployctl.dev/release.v1")


def test_a_release_too_large_for_a_secret_loses_its_manifests_only(place: Place) -> None:
    noise = random.Random(1).randbytes(2 * ROOM).hex()
    large = with_manifests(
        1, manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "x": noise})
    )

    history = KubernetesHistory(place.connection, "prod")
    history.save(large, keep=10)

    assert history.read() == (replace(large, manifests=()),)


def test_a_release_that_just_fits_is_taken(place: Place) -> None:
    noise = random.Random(1).randbytes(ROOM * 85 // 100).hex()
    large = with_manifests(
        1, manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "x": noise})
    )

    history = KubernetesHistory(place.connection, "prod")
    history.save(large, keep=10)

    assert ROOM * 9 // 10 < len(packed(large)) <= ROOM
    assert history.read() == (large,)


def test_with_nothing_to_keep_the_newest_stays() -> None:
    assert dropped((release(3, outcome="failed"), release(2, outcome="failed"), release(1)), keep=0) == (2,)
