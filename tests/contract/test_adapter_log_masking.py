"""Logs leave the adapter without any value of the Secrets that their pod names, whatever it is."""

from __future__ import annotations

import base64
from pathlib import Path

from connected import connected
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_http import Asked, Say, serving

from deployctl.adapters.kubernetes.masking import SHORTEST
from deployctl.adapters.kubernetes.reader import KubernetesCluster
from deployctl.model.rules.masking import MASK

SPEC = {
    "containers": [
        {
            "name": "app",
            "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "env", "key": "k", "optional": True}}}],
            "envFrom": [{"secretRef": {"name": "from"}}],
        }
    ],
    "volumes": [
        {"name": "v", "secret": {"secretName": "volume"}},
        {"name": "p", "projected": {"sources": [{"secret": {"name": "projected"}}]}},
    ],
}
NAMED = ("env", "from", "volume", "projected")
PRINTED = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=SHORTEST, max_size=30)


class Server:
    """A pod, its log and its Secrets."""

    def __init__(self) -> None:
        self.log, self.values, self.readable = "", dict[str, str](), True

    def __call__(self, asked: Asked) -> Say:
        path = asked.path.partition("?")[0]
        if path.endswith("/log"):
            return Say(body=self.log.encode())
        if "/secrets/" in path:
            value = base64.b64encode(self.values.get(path.rpartition("/")[2], "").encode()).decode()
            body = {"metadata": {"name": path.rpartition("/")[2]}, "data": {"k": value}}
            return Say(body=body) if self.readable else Say(403, {"kind": "Status"})
        return Say(body={"metadata": {"name": "p"}, "spec": SPEC})


def test_no_value_of_a_secret_that_the_pod_names_is_in_its_log(tmp_path: Path) -> None:
    server = Server()
    with serving(server) as served:
        cluster = KubernetesCluster(connected(tmp_path, f"http://{served.address}"))

        @settings(max_examples=40, deadline=None)
        @given(st.lists(PRINTED, min_size=4, max_size=4, unique=True), st.text("ab c=:\n", max_size=30))
        def holds(values: list[str], words: str) -> None:
            server.values = dict(zip(NAMED, values, strict=True))
            server.log = "".join(f"{words}{value}{words}\n" for value in values)
            told = "\n".join(cluster.logs("shop", "p", "app", previous=False, lines=200))
            assert [value for value in values if value in told and value not in MASK] == []

        holds()


def test_a_value_of_several_lines_is_hidden_line_by_line(tmp_path: Path) -> None:
    server = Server()
    server.values = {"volume": "first-line-of-it\nsecond-line-of-it\n"}
    server.log = "loaded second-line-of-it\nand first-line-of-it\nready\n"
    with serving(server) as served:
        cluster = KubernetesCluster(connected(tmp_path, f"http://{served.address}"))
        assert cluster.logs("shop", "p", "app", previous=False, lines=20) == (f"loaded {MASK}", f"and {MASK}", "ready")


def test_where_secrets_may_not_be_read_the_log_is_still_shown(tmp_path: Path) -> None:
    server = Server()
    server.log, server.readable = "started\n", False
    with serving(server) as served:
        cluster = KubernetesCluster(connected(tmp_path, f"http://{served.address}"))
        assert cluster.logs("shop", "p", "app", previous=False, lines=20) == ("started",)
