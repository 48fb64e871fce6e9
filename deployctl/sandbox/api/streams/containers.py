"""What is asked of the nodes for a connection into a pod."""

from __future__ import annotations

from typing import Protocol

from deployctl.sandbox.contracts import Applications


class Containers(Applications, Protocol):
    """The containers that run, entered from outside."""

    def connect(self, namespace: str, pod: str, port: int) -> None:
        """Raises ConnectionRefusedError, in a kubelet's words, when nothing listens there."""

    def check(self, namespace: str, pod: str, container: str) -> None:
        """Raises LookupError, in a kubelet's words, when no such container runs."""

    async def execute(self, namespace: str, pod: str, container: str, command: list[str]) -> tuple[int, str]:
        """Exit status and output. Raises LookupError as `check` does, RuntimeError, in the container
        runtime's words, when the command cannot be started."""
