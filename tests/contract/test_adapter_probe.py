"""GET on the wire, as a client of the service would."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from scripted_http import Asked, Say, closed_port, in_turn, serving

from deployctl.adapters.clock import SystemClock
from deployctl.adapters.http_probe import MAX_BODY, HttpProbe
from deployctl.model.errors import UsageError
from deployctl.model.http import NoResponse, Response
from deployctl.sandbox.pki import Authority

HEALTHY = Say(body={"status": "ok"}, headers={"Content-Type": "application/json"})


def probe(connect_to: str = "", ca_file: Path | None = None, timeout: float = 5.0) -> HttpProbe:
    return HttpProbe(SystemClock(), connect_to=connect_to, ca_file=ca_file, timeout=timeout)


def certificate(folder: Path, *names: str) -> tuple[Path, Path]:
    pair = Authority.open(folder).server(*names)
    (folder / "server.crt").write_bytes(pair.certificate)
    (folder / "server.key").write_bytes(pair.key)
    return folder / "server.crt", folder / "server.key"


def test_an_answer_comes_back_as_it_is() -> None:
    with serving(in_turn(HEALTHY)) as served:
        url = f"http://{served.address}/api/health?full=1#part"
        answer = probe().get(url)

    assert answer == Response(200, "application/json", b'{"status": "ok"}', url)
    assert (served.asked[0].path, served.asked[0].headers["Cache-Control"]) == ("/api/health?full=1", "no-cache")


@pytest.mark.parametrize("status", [404, 500, 502, 503])
def test_a_bad_status_is_an_answer_too(status: int) -> None:
    with serving(in_turn(Say(status, b"oops"))) as served:
        answer = probe().get(f"http://{served.address}/")

    assert isinstance(answer, Response)
    assert (answer.status, answer.body) == (status, b"oops")


def test_no_proxy_is_used_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving(in_turn(HEALTHY)) as served:
        assert isinstance(probe().get(f"http://{served.address}/"), Response)


def test_another_address_is_dialled_and_the_host_stays(tmp_path: Path) -> None:
    with serving(in_turn(HEALTHY), certificate(tmp_path, "shop.example")) as served:
        answer = probe(served.address, tmp_path / "ca.crt").get("https://shop.example/api/health")

    assert isinstance(answer, Response)
    assert (answer.url, served.asked[0].headers["Host"]) == ("https://shop.example/api/health", "shop.example")


def test_each_scheme_may_be_dialled_elsewhere() -> None:
    with serving(in_turn(HEALTHY)) as served:
        both = probe(f"http={served.address},https=127.0.0.1:{closed_port()}")
        found, missing = both.get("http://shop.example/"), both.get("https://shop.example/")

    assert isinstance(found, Response)
    assert isinstance(missing, NoResponse)
    assert missing.kind == "refused"


def test_a_certificate_for_another_name_is_not_accepted(tmp_path: Path) -> None:
    with serving(in_turn(HEALTHY), certificate(tmp_path, "other.example")) as served:
        answer = probe(served.address, tmp_path / "ca.crt").get("https://shop.example/")

    assert isinstance(answer, NoResponse)
    assert (answer.kind, "shop.example" in answer.detail) == ("tls", True)


def test_a_certificate_of_an_unknown_authority_is_not_accepted(tmp_path: Path) -> None:
    with serving(in_turn(HEALTHY), certificate(tmp_path, "127.0.0.1")) as served:
        answer = probe().get(f"https://{served.address}/")

    assert isinstance(answer, NoResponse)
    assert answer.kind == "tls"


def test_redirects_on_the_same_host_are_followed() -> None:
    def script(asked: Asked) -> Say:
        return HEALTHY if asked.path == "/api/health/" else Say(301, headers={"Location": "/api/health/"})

    with serving(script) as served:
        answer = probe().get(f"http://{served.address}/api/health")

    assert isinstance(answer, Response)
    assert (answer.status, answer.url) == (200, f"http://{served.address}/api/health/")


def test_a_redirect_to_another_host_is_not_followed() -> None:
    with serving(in_turn(Say(302, headers={"Location": "https://login.example/sso"}))) as served:
        answer = probe().get(f"http://{served.address}/api/health")

    assert answer == NoResponse("redirects", "redirected to another host: login.example")


def test_going_round_in_circles_ends() -> None:
    with serving(in_turn(Say(302, headers={"Location": "/"}))) as served:
        answer = probe().get(f"http://{served.address}/")

    assert answer == NoResponse("redirects", "more than 5 redirects")
    assert len(served.asked) == 6


def test_nobody_listening_is_refused() -> None:
    assert probe().get(f"http://127.0.0.1:{closed_port()}/") == NoResponse("refused", "Connection refused")


def test_a_name_that_does_not_resolve_is_dns() -> None:
    answer = probe().get("http://no-such-host.invalid/")

    assert isinstance(answer, NoResponse)
    assert answer.kind == "dns"


def test_a_connection_closed_without_an_answer_is_reset() -> None:
    with serving(in_turn(Say(hang_up=True))) as served:
        answer = probe().get(f"http://{served.address}/")

    assert isinstance(answer, NoResponse)
    assert answer.kind == "reset"


@pytest.mark.parametrize("slow", [Say(after=30), Say(body=b"x" * 1000, drip=0.05)])
def test_silence_and_dripping_end_at_the_time_limit(slow: Say) -> None:
    with serving(in_turn(slow)) as served:
        started = time.monotonic()
        answer = probe(timeout=0.3).get(f"http://{served.address}/")
        took = time.monotonic() - started

    assert isinstance(answer, NoResponse)
    assert (answer.kind, took < 25) == ("timeout", True)


def test_who_asks_may_wait_for_less_but_not_for_longer() -> None:
    late = Say(body=b"late", after=0.6)
    with serving(in_turn(late, late, late)) as served:
        url = f"http://{served.address}/"
        answers = [probe(timeout=5).get(url), probe(timeout=5).get(url, 0.2), probe(timeout=0.2).get(url, 5)]

    assert [isinstance(answer, Response) for answer in answers] == [True, False, False]


def test_a_body_without_end_is_cut_off() -> None:
    with serving(in_turn(Say(body=b"x" * (MAX_BODY + 5000)))) as served:
        answer = probe().get(f"http://{served.address}/")

    assert isinstance(answer, Response)
    assert len(answer.body) == MAX_BODY


def test_an_answer_that_promises_more_than_it_sends_is_reset() -> None:
    short = Say(body=b"half", headers={"Content-Length": "1000", "Connection": "close"})
    with serving(in_turn(short)) as served:
        answer = probe(timeout=1).get(f"http://{served.address}/")

    assert isinstance(answer, NoResponse)
    assert answer.kind in ("reset", "timeout")


def test_each_look_is_a_connection_of_its_own() -> None:
    with serving(in_turn(HEALTHY)) as served:
        one = probe()
        for _ in range(2):
            one.get(f"http://{served.address}/")

    assert {asked.headers["Connection"] for asked in served.asked} == {"close"}


@pytest.mark.parametrize("url", ["shop.example/health", "ftp://shop.example/", "https:///health", ""])
def test_what_is_no_web_address_is_a_mistake_of_the_configuration(url: str) -> None:
    with pytest.raises(UsageError):
        probe().get(url)


def test_a_ca_file_that_is_none_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("nothing")

    with pytest.raises(UsageError) as caught:
        probe(ca_file=tmp_path / "ca.crt").get("https://shop.example/")

    assert caught.value.problem.where == str(tmp_path / "ca.crt")
