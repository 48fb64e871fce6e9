"""The logs that are evidence: of the crashed container, and of the one that runs now."""

from __future__ import annotations

from dataclasses import replace

import pytest
from shop import Shop

from deployctl.engine.evidence import with_logs
from deployctl.model.diagnosis import Diagnosis

CRASH = Diagnosis("crash-loop", "fatal", "it crashes", "pod/p", ("exit code 3",), pod="p", container="c")


@pytest.mark.parametrize(
    ("now", "before", "previous", "words", "told"),
    [
        (
            ("up",),
            ("up", "KeyError", ""),
            True,
            "KeyError",
            [
                "log of the previous container: up",
                "log of the previous container: KeyError",
                "log of the previous container: ",
                "log: up",
            ],
        ),
        (("KeyError",), ("KeyError",), True, "KeyError", ["log of the previous container: KeyError"]),
        ((), ("KeyError",), True, "KeyError", ["log of the previous container: KeyError"]),
        (("up",), (), True, "up", ["log: up"]),
        (("KeyError",), ("other",), False, "KeyError", ["log: KeyError"]),
        (("password=hunter2",), (), True, "password=***", ["log: password=***"]),
    ],
)
def test_both_logs_are_shown_where_they_differ_after_the_last_words_of_what_crashed(
    now: tuple[str, ...], before: tuple[str, ...], previous: bool, words: str, told: list[str]
) -> None:
    shop = Shop()
    shop.fakes.cluster.said = {("p", "c", False): now, ("p", "c", True): before}
    found = with_logs(shop.target, Diagnosis(**{**vars(CRASH), "previous_logs": previous}))
    assert found.evidence == (f"last words: {words}", "exit code 3", *told)


def test_a_program_that_did_not_end_by_itself_has_no_last_words() -> None:
    shop = Shop()
    shop.fakes.cluster.said = {("p", "c", False): ("up",)}
    assert with_logs(shop.target, replace(CRASH, cause="not-ready")).evidence == ("exit code 3", "log: up")


def test_where_there_is_no_container_to_ask_nothing_is_added() -> None:
    assert with_logs(Shop().target, Diagnosis("x", "fatal", "x", "pod/p")).evidence == ()
