"""How a registry can refuse or fail us, before it becomes one Unavailable for the person."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What a registry or its token server said when it did not do what it was asked."""

    status: int
    code: str = ""
    """The distribution spec's error code, such as UNAUTHORIZED."""
    message: str = ""
    by: str = ""
    """Who said it, when it was not the registry itself: a token server's host."""

    def __str__(self) -> str:
        said = ": ".join(part for part in (self.code, self.message) if part)
        who = f" from {self.by}" if self.by else ""
        return f"HTTP {self.status}{who}" + (f" ({said})" if said else "")


class Denied(Exception):
    """The registry refused the credential, or has no such repository and says so by refusing."""

    def __init__(self, answer: Answer, note: str = "") -> None:
        super().__init__(str(answer))
        self.answer = answer
        self.note = note
        """What else was found out, such as that the credential itself is accepted."""


class BadAnswer(Exception):
    """The registry answered something that no registry should: broken JSON, a digest that does not fit, 5xx."""

    def __init__(self, detail: str, answer: Answer | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.answer = answer
