"""DNS, as a test writes it."""

from __future__ import annotations


class FakeNames:
    """`Names`. A host that is not in `known` does not exist; `asked` lists who was looked up."""

    def __init__(self, **known: tuple[str, ...] | None) -> None:
        self.known: dict[str, tuple[str, ...] | None] = dict(known)
        self.asked: list[str] = []

    def addresses(self, host: str) -> tuple[str, ...] | None:
        self.asked.append(host)
        return self.known.get(host, ())
