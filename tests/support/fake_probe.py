"""Health answers as a test scripts them."""

from __future__ import annotations

import json
from collections.abc import Callable

from deployctl.model.http import NoResponse, Response

Answer = Response | NoResponse


def healthy(document: object, status: int = 200) -> Callable[[str], Response]:
    """Always this JSON document."""
    body = json.dumps(document).encode()
    return lambda url: Response(status, "application/json", body, url)


class FakeProbe:
    """Answers by a function of the URL; `asked` lists the URLs, `limits` how long each answer might take."""

    def __init__(self, answer: Callable[[str], Answer]) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.limits: list[float | None] = []

    def get(self, url: str, within: float | None = None) -> Answer:
        self.asked.append(url)
        self.limits.append(within)
        return self.answer(url)
