"""A YAML file as nodes that know where they stand: PyYAML's events, with aliases kept as aliases.

PyYAML's own composer replaces an alias by what it stands for; whoever edits text must see the alias itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from deployctl.model.errors import Refused

_STR_TAGS = ("tag:yaml.org,2002:str", "!")
_NUMBER_LIKE = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F]*|0[oO][0-9]*|0[bB][0-9]*|[0-9]+(?::[0-9.]+)+|\.(?:inf|nan)"
    r"|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)",
    re.IGNORECASE,
)
_DATE_LIKE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*")
_WORDS = frozenset(("", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "<<", "="))


def reads_as_text(plain: str) -> bool:
    """Whether an unquoted scalar is text to every YAML reader: 1.1, 1.2, and Go's mixture, which kustomize uses.

    Errs towards no: `1_000`, `0o17` and `2024-01-01` are numbers or dates to some of them.
    """
    bare = plain[:1] + plain[1:].replace("_", "")
    return plain.lower() not in _WORDS and not _NUMBER_LIKE.fullmatch(bare) and not _DATE_LIKE.fullmatch(bare)


@dataclass(frozen=True, eq=False)
class Scalar:
    """`start` includes an anchor and a tag."""

    value: str
    style: str
    """`"`, `'`, `|`, `>`, or empty for plain."""
    tag: str
    anchor: str
    start: int
    end: int

    @property
    def is_text(self) -> bool:
        """Whether it is a string whatever reads it."""
        return bool(self.style) or self.tag in _STR_TAGS or (not self.tag and reads_as_text(self.value))

    @property
    def is_null(self) -> bool:
        return not self.style and not self.tag and self.value.lower() in ("", "~", "null")


@dataclass(frozen=True, eq=False)
class Seq:
    items: tuple[Node, ...]
    flow: bool
    anchor: str
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Map:
    pairs: tuple[tuple[Node, Node], ...]
    flow: bool
    anchor: str
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Alias:
    name: str
    target: Scalar | Seq | Map = field(repr=False)
    start: int
    end: int


Node = Scalar | Seq | Map | Alias


def line_of(text: str, place: int) -> int:
    """1-based."""
    return text.count("\n", 0, place) + 1


def read_documents(text: str, path: str) -> tuple[Node, ...]:
    """Every document of a file. Raises Refused, with path and line, for what is not YAML.

    PyYAML refuses tabs that YAML allows, such as one before a comment; then they are read as spaces, place by place.
    """
    try:
        return tuple(_Reader(text, path).documents())
    except yaml.YAMLError as error:
        if "\t" in text:
            return read_documents(text.replace("\t", " "), path)
        raise _not_yaml(error, path) from None
    except RecursionError:
        raise Refused("this YAML is nested too deeply", where=path) from None


def _not_yaml(error: yaml.YAMLError, path: str) -> Refused:
    if not isinstance(error, yaml.MarkedYAMLError):
        return Refused("this is not valid YAML", where=path, evidence=(str(error),))
    mark = error.problem_mark or error.context_mark
    where = f"{path}:{mark.line + 1}" if mark else path
    return Refused("this is not valid YAML", where=where, evidence=(_said(error),))


def _said(error: yaml.MarkedYAMLError) -> str:
    return ", ".join(part for part in (error.context, error.problem) if part)


def resolved(node: Node) -> Scalar | Seq | Map:
    """What a node stands for."""
    return node.target if isinstance(node, Alias) else node


def walk(node: Node) -> Iterator[Node]:
    """A node and all that is written below it, in the text's order; aliases are not followed."""
    yield node
    if isinstance(node, Seq):
        for item in node.items:
            yield from walk(item)
    elif isinstance(node, Map):
        for key, value in node.pairs:
            yield from walk(key)
            yield from walk(value)


def _span(event: yaml.Event) -> tuple[int, int]:
    """Where an event starts and ends. A parser always marks its events."""
    assert event.start_mark is not None
    assert event.end_mark is not None
    return event.start_mark.index, event.end_mark.index


class _Reader:
    """Events to nodes."""

    def __init__(self, text: str, path: str) -> None:
        self._text = text
        self._path = path
        self._events = yaml.parse(text, Loader=yaml.SafeLoader)
        self._anchors: dict[str, Scalar | Seq | Map] = {}

    def documents(self) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors = {}
                yield self._node(next(self._events))

    def _node(self, event: yaml.Event) -> Node:
        start, end = _span(event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event.anchor or "", start, end)
        anchor = event.anchor or "" if isinstance(event, yaml.NodeEvent) else ""
        node: Scalar | Seq | Map
        if isinstance(event, yaml.ScalarEvent):
            node = Scalar(event.value, event.style or "", event.tag or "", anchor, start, end)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._sequence(flow=bool(event.flow_style), anchor=anchor, start=start)
        else:
            flow = isinstance(event, yaml.MappingStartEvent) and bool(event.flow_style)
            node = self._mapping(flow=flow, anchor=anchor, start=start)
        if anchor:
            self._anchors[anchor] = node
        return node

    def _alias(self, name: str, start: int, end: int) -> Alias:
        if name not in self._anchors:
            where = f"{self._path}:{line_of(self._text, start)}"
            raise Refused(f"there is no anchor for the alias *{name}", where=where)
        return Alias(name, self._anchors[name], start, end)

    def _sequence(self, *, flow: bool, anchor: str, start: int) -> Seq:
        items: list[Node] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                return Seq(tuple(items), flow, anchor, start, _span(event)[1])
            items.append(self._node(event))
        raise AssertionError("PyYAML closes what it opens")

    def _mapping(self, *, flow: bool, anchor: str, start: int) -> Map:
        pairs: list[tuple[Node, Node]] = []
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                return Map(tuple(pairs), flow, anchor, start, _span(event)[1])
            pairs.append((self._node(event), self._node(next(self._events))))
        raise AssertionError("PyYAML closes what it opens")
