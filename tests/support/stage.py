"""A shipped scenario on stage: the example tree on it in fast motion, its signs, and a release inside this process."""

from __future__ import annotations

import base64
import http.client
import io
import json
import os
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from rehearsal import FLAGS, NAMESPACE, OVERLAY, QUICK
from released_tree import Tree, copy_of_example
from rich.text import Text

from deployctl.cli.errors import guarded, outcome_of
from deployctl.cli.release import run
from deployctl.config import load as load_configuration
from deployctl.engine.target import Target
from deployctl.model.errors import DeployError
from deployctl.model.event import RunEvent
from deployctl.model.request import ReleaseRequest
from deployctl.sandbox.process.control_client import ControlClient
from deployctl.sandbox.process.info import SandboxInfo
from deployctl.sandbox.process.inside import running_sandbox
from deployctl.sandbox.process.options import Overlay
from deployctl.sandbox.scenario.load import find
from deployctl.ui.event_view import Verbosity
from deployctl.ui.printer import JsonPrinter, PlainPrinter
from deployctl.wiring import make_target

PATIENCE = 900.0
"""Seconds of sandbox time that a stage is given to be set: wide, for it only keeps a run from hanging."""
POLICIES = """
[policies]
poll = 1
repeats = 2
health_interval = 1
settle = 8
[policies.deadlines]
teardown = 40
gap = 150
startup = 40
health = 30
build = 180
request = 180
"""


class FastClock:
    """The sandbox's time, for the release: both are in the same fast motion. Sleeping is real, and shorter; what was
    slept is counted, for that is how long something waited however busy the machine was."""

    slept = 0.0

    def __init__(self, sandbox_now: datetime, speed: float) -> None:
        self._start, self._origin, self._speed = sandbox_now, time.monotonic(), speed

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self._origin) * self._speed

    def sleep(self, seconds: float) -> None:
        self.slept += max(0.0, seconds)
        time.sleep(max(0.0, seconds) / self._speed)


def synchronized(control: ControlClient, speed: float) -> FastClock:
    """By the quickest of a few answers, halfway through: in fast motion each moment on the way counts."""
    found = []
    for _ in range(8):
        asked = time.monotonic()
        now = datetime.fromisoformat(control.clock()["now"])
        found.append((time.monotonic() - asked, asked, now))
    took, asked, now = min(found)
    return FastClock(now - timedelta(seconds=(asked + took / 2 - time.monotonic()) * speed), speed)


@dataclass(frozen=True)
class Ended:
    """How a release ended: its exit code, its events, and the seconds of sandbox time it spent waiting."""

    code: int
    text: str
    """Its events as JSON lines."""
    seconds: float
    told: str = ""
    """The same as a person reads it in a CI log."""
    block: str = ""
    """What it ended with on standard error: nothing but the failure."""

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines() if line.startswith("{")]

    @property
    def outcome(self) -> dict[str, Any]:
        return self.events[-1]

    def summary(self) -> str:
        """The outcome, and what was said on the way, short enough to read in a report of a failed test."""
        kinds = ("step-started", "step-failed", "diagnosed", "outcome")
        lines = [json.dumps({k: v for k, v in e.items() if v}) for e in self.events if e["event"] in kinds]
        rest = [line for line in self.text.splitlines() if not line.startswith("{")]
        return "\n".join([f"exit {self.code} after {self.seconds:.0f} s", *lines, *rest])

    @property
    def problem(self) -> dict[str, Any]:
        return self.outcome.get("problem") or {}


@dataclass(frozen=True)
class Both:
    """A printer for programs and one for people, side by side."""

    json: JsonPrinter
    plain: PlainPrinter

    def __enter__(self) -> Both:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, event: RunEvent) -> None:
        self.json.show(event)
        self.plain.show(event)

    def aside(self) -> AbstractContextManager[bool]:
        return nullcontext(enter_result=False)

    def say(self, lines: tuple[Text, ...]) -> None:
        self.plain.say(lines)


@dataclass(frozen=True)
class Stage:
    """A sandbox with the example tree's production on it."""

    tree: Tree
    sandbox: SandboxInfo
    clock: FastClock

    def kubectl(self, *arguments: str) -> str:
        return self.tree.kubectl("-n", NAMESPACE, *arguments)

    def get(self, path: str) -> dict[str, Any]:
        """What the API server answers, as often as it takes: faults may be in the way."""
        headers = {"Authorization": f"Bearer {self.sandbox.token}", "User-Agent": "stage"}
        opener = direct(self.sandbox.ca_file)
        request = urllib.request.Request(self.sandbox.api_url + path, headers=headers)
        for _ in range(20):
            try:
                with opener.open(request, timeout=20) as response:
                    found: dict[str, Any] = json.load(response)
                    return found
            except (OSError, http.client.HTTPException) as error:
                last = error
                time.sleep(0.1)
        raise last

    def list(self, resource: str, group: str = "api/v1") -> list[dict[str, Any]]:
        """Of production's namespace; nodes of the cluster."""
        where = "" if resource == "nodes" else f"/namespaces/{NAMESPACE}"
        return list(self.get(f"/{group}{where}/{resource}")["items"])

    def backend_runs(self) -> bool:
        """Whether the Deployment that is to be released has its pod."""
        found = [d for d in self.list("deployments", "apis/apps/v1") if d["metadata"]["name"] == "backend"]
        return bool(found) and found[0].get("status", {}).get("availableReplicas", 0) > 0

    def until(self, what: Callable[[], bool], told: str, seconds: float) -> None:
        """Wait for `seconds` of sandbox time at most."""
        end = self.clock.monotonic() + seconds
        while not what():
            assert self.clock.monotonic() < end, f"within {seconds:g} s: {told}"
            time.sleep(0.15)

    def digest(self, repository: str, tag: str) -> str:
        """What a tag of the first registry is now, as a client is told."""
        registry = self.sandbox.registry
        basic = base64.b64encode(f"{registry.username}:{registry.password}".encode()).decode()
        scope = f"{registry.url}/oauth2/token?service={registry.host}&scope=repository:{repository}:pull"
        token = json.loads(self._fetch(scope, f"Basic {basic}")[1])["access_token"]
        answer, _ = self._fetch(f"{registry.url}/v2/{repository}/manifests/{tag}", f"Bearer {token}")
        return str(answer["Docker-Content-Digest"])

    def _fetch(self, url: str, authorization: str) -> tuple[Mapping[str, str], bytes]:
        accept = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"
        request = urllib.request.Request(url, headers={"Authorization": authorization, "Accept": accept})
        with direct(self.sandbox.ca_file).open(request, timeout=20) as response:
            return dict(response.headers), response.read()

    def target(self, environment: str = "prod") -> Target:
        """The example's configuration, with real adapters on the stage's clock."""
        project = load_configuration(self.tree.folder, None, self.tree.environment, environment=environment)
        return make_target(project, project.environment(environment), self.tree.environment, self.clock)

    def release(self, environment: str = "prod", *, accept_collateral: bool = False) -> Ended:
        """`deployctl release backend --yes`, adapters and all, on the stage's clock; its events in JSON, too."""
        target = self.target(environment)
        out, told, block, stray = (io.StringIO() for _ in range(4))
        request = ReleaseRequest(("backend",), accept_collateral=accept_collateral)
        printer = Both(JsonPrinter(out), PlainPrinter(told, Verbosity.NORMAL))

        @click.command()
        def command() -> int:
            try:
                return run(request, target, printer, yes=True, dry_run=False)
            except DeployError as error:
                printer.json.show(outcome_of(error))
                raise

        began = self.clock.slept
        with redirect_stdout(stray), redirect_stderr(block):
            code = guarded(command, [])
        assert stray.getvalue() == "", "a printer writes everything"
        return Ended(code, out.getvalue(), self.clock.slept - began, told.getvalue(), block.getvalue())

    def answer(self, url: str) -> tuple[int, str]:
        """Status and body through the ingress; (0, why) when there was no answer."""
        parts = urlsplit(url)
        port = self.sandbox.ingress_https_port if parts.scheme == "https" else self.sandbox.ingress_http_port
        request = urllib.request.Request(
            f"{parts.scheme}://127.0.0.1:{port}{parts.path}", headers={"Host": parts.hostname or ""}
        )
        try:
            with direct(None).open(request, timeout=5) as response:
                return response.status, response.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")
        except OSError as error:
            return 0, str(error)


def direct(authority: Path | None) -> urllib.request.OpenerDirector:
    """Past any proxy. Without an authority whoever answers is believed: the certificate may be what is wrong."""
    context = ssl.create_default_context(cafile=str(authority) if authority else None)
    if authority is None:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))


def quickened(name: str, folder: Path) -> Path:
    """The shipped scenario with the tests' quick images and builds under it."""
    text = find(name).read_text(encoding="utf-8")
    body = QUICK.read_text(encoding="utf-8").replace('extends = "klinematrix"', f'extends = "{name}"')
    assert f'extends = "{name}"' in body, text
    file = folder / "quick.toml"
    file.write_text(body, encoding="utf-8")
    return file


@contextmanager
def staged(name: str, folder: Path, *, speed: float) -> Iterator[Stage]:
    """The scenario with production on it, once its `then` has happened."""
    tree = copy_of_example(folder / "tree", {})
    (tree.folder / "deployctl.toml").write_text(tree.read("deployctl.toml") + POLICIES)
    overlay = Overlay((tree.folder / OVERLAY).parent, FLAGS)
    with running_sandbox(str(quickened(name, folder)), speed, folder / "sandbox", (overlay,)) as info:
        environment: Mapping[str, str] = {
            **info.environment(), "NO_PROXY": "localhost,127.0.0.1", "PATH": os.environ["PATH"], "HOME": str(folder)
        }  # fmt: skip
        control = ControlClient(info)
        clock = synchronized(control, speed)
        stage = Stage(Tree(tree.folder, environment), info, clock)
        if "then" in control.describe():
            stage.until(lambda: control.describe()["then"] == "happened", "what happens then", PATIENCE)
        else:
            stage.until(stage.backend_runs, "production runs", PATIENCE)
        yield stage
