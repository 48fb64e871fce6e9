"""Every port, in memory: for tests of what the engine decides."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fake_clock import FakeClock
from fake_cluster import FakeCluster
from fake_history import FakeHistory
from fake_images import FakeBuilder, FakeContexts, FakeCopier, FakeRegistry
from fake_leases import FakeLeases
from fake_names import FakeNames
from fake_probe import FakeProbe, healthy
from fake_pull_check import FakePullCheck
from fake_tree import Build, FakeFiles, FakeRenderer, FakeRepository

from deployctl.ports import Ports


class Fakes:
    """The fakes by name, for a test to set up and look at; `ports` is what the engine gets."""

    def __init__(self, texts: Mapping[Path, str], build: Build) -> None:
        self.clock = FakeClock()
        self.cluster = FakeCluster(self.clock)
        self.leases = FakeLeases(self.clock)
        self.history = FakeHistory()
        self.registry = FakeRegistry()
        self.builder = FakeBuilder(self.registry)
        self.contexts = FakeContexts()
        self.copier = FakeCopier(self.registry)
        self.pull_check = FakePullCheck()
        self.files = FakeFiles(texts)
        self.renderer = FakeRenderer(self.files, build)
        self.repository = FakeRepository()
        self.names = FakeNames()
        self.probe = FakeProbe(healthy({"status": "ok"}))

    @property
    def ports(self) -> Ports:
        return Ports(
            cluster=self.cluster,
            writer=self.cluster,
            access=self.cluster,
            surroundings=self.cluster,
            pull_check=self.pull_check,
            leases=self.leases,
            history=self.history,
            registry=self.registry,
            builder=self.builder,
            contexts=self.contexts,
            copier=self.copier,
            renderer=self.renderer,
            files=self.files,
            repository=self.repository,
            probe=self.probe,
            names=self.names,
            clock=self.clock,
        )
