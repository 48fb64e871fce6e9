"""What a run works on: a project, one of its environments, and the ports into it."""

from __future__ import annotations

from dataclasses import dataclass

from deployctl.model.environment import Environment, Project
from deployctl.model.service import Service
from deployctl.ports import Ports


@dataclass(frozen=True)
class Target:
    """One environment of a project, ready to be worked on."""

    project: Project
    environment: Environment
    ports: Ports
    who: str
    """user@host, or the CI job; written into the lease and the record."""

    def services(self, names: tuple[str, ...]) -> tuple[Service, ...]:
        """The named services, each once; all of them when none is named. Raises UsageError with the nearest name."""
        return tuple(self.project.service(n) for n in dict.fromkeys(names)) if names else self.project.services
