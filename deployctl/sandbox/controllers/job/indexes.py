"""The indexes of an Indexed Job, as its status writes them: `0,2-4`. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from deployctl.sandbox.contracts import Object

INDEX_ANNOTATION = "batch.kubernetes.io/job-completion-index"


def with_indexes(text: str, ended: Iterable[Object]) -> str:
    """The indexes in the text and those of more pods that have succeeded."""
    found = set(_parsed(text))
    for pod in ended:
        index = (pod["metadata"].get("annotations") or {}).get(INDEX_ANNOTATION)
        if index is not None:
            found.add(int(index))
    return _written(sorted(found))


def _parsed(text: str) -> Iterable[int]:
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _written(indexes: list[int]) -> str:
    """Two in a row are written out, three become a range."""
    runs: list[list[int]] = []
    for index in indexes:
        if runs and index == runs[-1][-1] + 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return ",".join(_run(run) for run in runs)


def _run(run: list[int]) -> str:
    return f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run))
