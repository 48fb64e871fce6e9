"""From images and tags as they are to the templates that make them. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)+(?:[-.][0-9A-Za-z]+)*")
_LIKELY = re.compile(r"[0-9]+(?:\.[0-9]+)+$")


def split_host(image_name: str) -> tuple[str, str]:
    """Host and repository; no host for one of Docker Hub's."""
    head, slash, rest = image_name.partition("/")
    return (head, rest) if slash and ("." in head or ":" in head or head == "localhost") else ("", image_name)


def tag_template(tag: str) -> str:
    """A tag with its version replaced; empty when there is none in it."""
    found = _LIKELY.search(tag) or _VERSION.search(tag)
    return f"{tag[: found.start()]}{{version}}{tag[found.end() :]}" if found else ""


def repository_template(repository: str, service: str) -> str:
    """A repository with its last part replaced, when that is the service's name; else as it is."""
    head, slash, last = repository.rpartition("/")
    return f"{head}{slash}{{service}}" if last == service else repository


def most_common(values: Iterable[str]) -> str:
    """The value that occurs most, the first of equals; empty when there is none."""
    counted = Counter(value for value in values if value)
    return counted.most_common(1)[0][0] if counted else ""
