"""Putting a procedure to a cluster."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from string import Template
from typing import Any

from conformance.comparing.plain import document, plain, plain_object, spelled
from conformance.comparing.procedure import PATIENCE, Call, Kubectl, Let, Pause, Procedure, Skopeo, Step, Story, Watch
from conformance.comparing.target import Raw, Target
from conformance.comparing.watched import Watched

POLL = 0.7
CALM = 2.0
"""Seconds in which an answer that has settled stays the same."""


@dataclass(frozen=True)
class Answer:
    """A step's title and what was answered, made plain."""

    title: str
    text: str


class ProcedureError(Exception):
    """A cluster did not come to the state that a procedure wants to look at: nothing can be compared."""


class Running:
    """A procedure on its way through one cluster."""

    def __init__(self, target: Target, procedure: Procedure, namespace: str, calm: float = CALM) -> None:
        self.target = target
        self.procedure = procedure
        self.calm = calm
        self.names = {"NS": namespace, "OPEN": "localhost:25000", "PRIVATE": "localhost:25001"}
        self.tokens: dict[str, str] = {}
        self.watched: dict[str, Watched] = {}

    def answers(self) -> list[Answer]:
        """Raises TimeoutError when the cluster does not even make a namespace."""
        self._make_namespace()
        try:
            found = [self._do(step) for step in self.procedure.steps]
            return [answer for answer in found if answer is not None]
        finally:
            for watched in self.watched.values():
                watched.stop()
            self._clean()

    def _make_namespace(self) -> None:
        labels = {"conformance": "1", **self.procedure.namespace_labels}
        metadata = {"name": self.names["NS"], "labels": labels}
        made = self.target.call("POST", "/api/v1/namespaces", {"metadata": metadata})
        path = f"/api/v1/namespaces/{self.names['NS']}"
        for _ in range(100):
            ready = [self.target.call("GET", f"{path}/{rest}").code for rest in _FURNITURE]
            if ready == [200, 200]:
                return
            time.sleep(0.1)
        raise TimeoutError(f"{self.target.name}: no namespace: {made.out}")

    def _clean(self) -> None:
        for command in self.procedure.clean:
            self.target.kubectl(self._fill(command))
        self.target.call("DELETE", f"/api/v1/namespaces/{self.names['NS']}")

    def _do(self, step: Step) -> Answer | None:
        match step:
            case Kubectl():
                return self._kubectl(step)
            case Call():
                return self._call(step)
            case Skopeo():
                return self._skopeo(step)
            case Let():
                self._let(step)
            case Watch():
                self.watched[step.resource] = Watched(self.target, self.names["NS"], step.resource)
            case Story():
                told = self.watched[step.resource].story(step.tell)
                return Answer(
                    f"story of {step.resource}: {step.tell.__name__}", self._home(spelled(plain_object(told)))
                )
            case Pause():
                time.sleep(step.seconds)
        return None

    def _kubectl(self, step: Kubectl) -> Answer | None:
        command = self._fill(step.command)
        where = "" if step.cluster_wide else f"-n {self.names['NS']} "
        token = self._token(step.user)
        editor = self._fill(step.editor)
        stdin = self._fill(step.stdin)

        def ask() -> str:
            raw = self.target.kubectl(where + command, stdin, token, editor)
            if raw.code and not step.compared and not step.until:
                raise ProcedureError(f"kubectl {command}: exit {raw.code}: {raw.err}")
            return self._spoken(raw, ordered=step.ordered)

        text = self._until(ask, step.until, step.seconds)
        who = f" (as {step.user})" if step.user else ""
        if step.without:
            text = "\n".join(line for line in text.splitlines() if not re.search(step.without, line))
        return Answer(f"kubectl {step.command}{who}", text) if step.compared else None

    def _call(self, step: Call) -> Answer | None:
        path, body = self._fill(step.path), self._filled(step.body)
        token = self._token(step.user)

        def ask() -> str:
            raw = self.target.call(step.method, path, body, step.type, step.accept, token)
            value = raw.body
            if step.keep is not None and value is not None:
                value = step.keep(value)
            shown = spelled(plain_object(value)) if value is not None else plain(raw.out)
            return self._home(f"{raw.code}\n{plain(raw.err)}\n{shown}")

        text = self._until(ask, step.until, step.seconds)
        if step.calm:
            text = self._settled(ask, text, step.seconds)
        return Answer(f"{step.method} {step.path}", text) if step.compared else None

    def _skopeo(self, step: Skopeo) -> Answer | None:
        filled = self._fill(step.command)
        for sign, host in (("@", self.target.open), ("%", self.target.private)):
            filled = filled.replace(sign, f"docker://{host}/")
        raw = self.target.skopeo(filled)
        text = self._spoken(self._without_hosts(raw), ordered=True)
        return Answer(f"skopeo {step.command}", text) if step.compared else None

    def _without_hosts(self, raw: Raw) -> Raw:
        """Before anything else is made plain: a host with any port would be taken for a server."""
        out, err = raw.out, raw.err
        for host in (self.target.open, self.target.private):
            out, err = out.replace(host, "<registry>"), err.replace(host, "<registry>")
        return replace(raw, out=out, err=err)

    def _until(self, ask: Callable[[], str], pattern: str, seconds: float) -> str:
        """Raises ProcedureError when the cluster does not come to what the procedure waits for."""
        deadline = time.monotonic() + seconds
        text = ask()
        while pattern and not re.search(pattern, text, re.MULTILINE | re.DOTALL):
            if time.monotonic() > deadline:
                raise ProcedureError(f"no {pattern!r} within {seconds:.0f} s, but:\n{text}")
            time.sleep(POLL)
            text = ask()
        return text

    def _settled(self, ask: Callable[[], str], text: str, seconds: float) -> str:
        """Raises ProcedureError when it is answered otherwise again and again."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            time.sleep(self.calm)
            before, text = text, ask()
            if text == before:
                return text
        raise ProcedureError(f"no calm within {seconds:.0f} s, but:\n{text}")

    def _let(self, step: Let) -> None:
        def ask() -> str:
            return self.target.kubectl(f"-n {self.names['NS']} {self._fill(step.command)}").out.strip()

        self.names[step.name] = self._until(ask, ".", PATIENCE)

    def _token(self, user: str) -> str:
        if user and user not in self.tokens:
            path = f"/api/v1/namespaces/{self.names['NS']}/serviceaccounts/{user}/token"
            body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
            self.tokens[user] = self.target.call("POST", path, body).body["status"]["token"]
        return self.tokens.get(user, "")

    def _spoken(self, raw: Raw, *, ordered: bool) -> str:
        found = document(raw.out)
        out = spelled(plain_object(found)) if found is not None else plain(raw.out)
        if not ordered:
            out = "\n".join(sorted(out.splitlines()))
        parts = [f"exit {raw.code}"] if raw.code else []
        parts += [out] if out else []
        said = (line for line in plain(raw.err).splitlines() if not _CLIENTS_OWN.match(line))
        parts += [f"stderr: {line}" for line in said]
        return self._home("\n".join(parts))

    def _home(self, text: str) -> str:
        """The namespace's name is another in each run, and so is what a Let found only now and then."""
        return text.replace(self.names["NS"], "$NS")

    def _fill(self, text: str) -> str:
        return Template(text).safe_substitute(self.names)

    def _filled(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._fill(value)
        if isinstance(value, dict):
            return {key: self._filled(item) for key, item in value.items()}
        return [self._filled(item) for item in value] if isinstance(value, list) else value


_CLIENTS_OWN = re.compile(r"[EIW]\d{4} .*(reflector|request)\.go")
"""kubectl's log of its own hurry: a watch that it ended itself."""
_FURNITURE = ("serviceaccounts/default", "configmaps/kube-root-ca.crt")
