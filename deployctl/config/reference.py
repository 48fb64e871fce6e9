"""docs/deployctl.reference.toml, written from the schema: `python -m deployctl.config.reference` prints it."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator

from deployctl.config.schema import Key, Table
from deployctl.config.service_tables import HEALTH
from deployctl.config.tables import ROOT
from deployctl.config.toml import written

_HEAD = """\
# Every key of deployctl.toml: what it means; then whether it is required, what it may be, and the environment variable
# that overrides it. Most projects need a tenth of this: docs/configuration.md.
#
# In a pyproject.toml the tables start with tool.deployctl, such as [tool.deployctl.environments.prod]. Relative paths
# start at the folder of the file. Written from the schema that configurations are checked against.
"""
_WEB = """\
# A second service, whose health is a page.
[services.web]
image = "shop/web"
workloads = ["deployment/web"]

[services.web.health]
path = "/"
format = "html"
"""
_WIDTH = 116


def reference() -> str:
    """The whole file."""
    lines = [_HEAD, *_keys(ROOT, ROOT.keys)]
    seen: set[str] = set()
    lines += _tables(ROOT, "", seen)
    lines.append(_WEB.rstrip())
    lines += _keys(HEALTH, tuple(key for key in HEALTH.keys if key.apart))
    return "\n".join(lines).rstrip() + "\n"


def _tables(table: Table, prefix: str, seen: set[str]) -> Iterator[str]:
    for sub in table.tables:
        path = f"{prefix}{sub.name}" + (f".{sub.example}" if sub.named else "")
        keys = tuple(key for key in sub.table.keys if not key.apart)
        if sub.table.title in seen:
            yield from _comment(f"The same keys as [{sub.table.title}].")
            keys = tuple(key for key in keys if key.required) or keys[:1]
        else:
            yield from _comment(sub.table.doc)
        yield f"[{path}]"
        yield from _keys(sub.table, keys, brief=sub.table.title in seen)
        seen.add(sub.table.title)
        yield from _tables(sub.table, f"{path}.", seen)


def _keys(table: Table, keys: tuple[Key, ...], *, brief: bool = False) -> Iterator[str]:
    for key in keys:
        if not brief:
            yield from _comment(key.doc)
            yield from _comment(_facts(key), "#   ")
        value = key.default if key.default not in (None, "", [], {}) and not key.required else key.example
        yield f"{key.name} = {written(value)}"
    if keys or table.title:
        yield ""


def _facts(key: Key) -> str:
    many = {"": "", "array": "an array, each ", "table": "a table, each "}[key.many]
    facts = ("required" if key.required else "", f"{many}{key.shape.expected}", key.variable)
    return " | ".join(fact for fact in facts if fact)


def _comment(text: str, lead: str = "# ") -> Iterator[str]:
    return (f"{lead}{line}" for line in textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False))


if __name__ == "__main__":
    sys.stdout.write(reference())
