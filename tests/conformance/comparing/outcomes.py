"""What has been compared in this run, for the summary in its end."""

from __future__ import annotations

from conformance.comparing.compare import Compared

OUTCOMES: list[Compared] = []
AGAIN: list[str] = []
"""Procedures that differed while others ran, and agreed alone."""
