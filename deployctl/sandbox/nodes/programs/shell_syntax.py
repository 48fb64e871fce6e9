"""The grammar of a very small shell: lists, `&&`, `||`, `!`, if, while, until, for, groups. Pure.

Enough for the commands of ordinary init containers and Jobs; pipes run their last command, redirections are dropped.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Simple:
    """One command; words still carry `$VARIABLES`."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class Both:
    """`left && right` (after="success") or `left || right` (after="failure")."""

    left: Node
    right: Node
    after: str


@dataclass(frozen=True)
class Not:
    node: Node


@dataclass(frozen=True)
class Sequence:
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Loop:
    """`while` (on=True) or `until` (on=False)."""

    condition: Node
    body: Node
    on: bool


@dataclass(frozen=True)
class If:
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True)
class For:
    name: str
    words: tuple[str, ...]
    body: Node


Node = Simple | Both | Not | Sequence | Loop | If | For
_SEPARATORS = frozenset({";", "\n", "&", ";;"})


class SyntaxIsUnknown(ValueError):
    """The script uses what this shell does not know."""


def parse(script: str) -> Node:
    """The tree of a script. Raises SyntaxIsUnknown."""
    parser = _Parser(list(_tokens(script)))
    node = parser.sequence(frozenset())
    if parser.peek() is not None:
        raise SyntaxIsUnknown(f"unexpected {parser.peek()!r}")
    return node


def _tokens(script: str) -> Iterator[str]:
    text = " ; ".join(_without_comment(line) for line in script.replace("\\\n", " ").split("\n"))
    lexer = shlex.shlex(text, posix=False, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        yield from lexer
    except ValueError as error:
        raise SyntaxIsUnknown(str(error)) from error


def _without_comment(line: str) -> str:
    """A `#` at the beginning of a word, outside quotes, begins a comment."""
    quote = ""
    for index, char in enumerate(line):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "#" and (index == 0 or line[index - 1].isspace()):
            return line[:index]
    return line


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens, self._at = tokens, 0

    def peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def take(self) -> str:
        token = self.peek()
        if token is None:
            raise SyntaxIsUnknown("unexpected end")
        self._at += 1
        return token

    def expect(self, token: str) -> None:
        if self.take() != token:
            raise SyntaxIsUnknown(f"{token!r} expected")

    def sequence(self, ends: frozenset[str]) -> Node:
        nodes = []
        while True:
            while self.peek() in _SEPARATORS:
                self.take()
            if self.peek() is None or self.peek() in ends:
                break
            nodes.append(self.chain())
        return nodes[0] if len(nodes) == 1 else Sequence(tuple(nodes))

    def chain(self) -> Node:
        node = self.pipe()
        while (token := self.peek()) in ("&&", "||"):
            self.take()
            while self.peek() == ";":
                self.take()
            node = Both(node, self.pipe(), "success" if token == "&&" else "failure")  # noqa: S105  (a shell's token)
        return node

    def pipe(self) -> Node:
        node = self.command()
        while self.peek() == "|":
            self.take()
            node = self.command()
        return node

    def command(self) -> Node:
        token = self.peek()
        compounds = {"if": self._if, "while": self._loop, "until": self._loop, "for": self._for}
        if token == "!":  # noqa: S105  (a shell's token)
            self.take()
            return Not(self.pipe())
        if token in compounds:
            return compounds[token]()
        if token in ("{", "("):
            self.take()
            body = self.sequence(frozenset({"}", ")"}))
            self.take()
            self._redirections()
            return body
        return self._simple()

    def _simple(self) -> Node:
        words: list[str] = []
        while (token := self.peek()) is not None and token not in _SEPARATORS | {"&&", "||", "|", ")"}:
            if token.strip("<>&") == "" and token.strip("&"):
                self._redirection(words)
            else:
                words.append(self.take())
        return Simple(tuple(words))

    def _redirection(self, words: list[str]) -> None:
        """Drop `>file`, `2>&1`, `< file`."""
        if words and words[-1] in ("1", "2"):
            words.pop()
        self.take()
        if self.peek() == "&":
            self.take()
        if self.peek() is not None and self.peek() not in _SEPARATORS:
            self.take()

    def _redirections(self) -> None:
        while (token := self.peek()) is not None and token.strip("<>&") == "" and token.strip("&"):
            self._redirection([])

    def _if(self) -> Node:
        self.take()
        condition = self.sequence(frozenset({"then"}))
        self.expect("then")
        then = self.sequence(frozenset({"elif", "else", "fi"}))
        if self.peek() == "elif":
            return If(condition, then, self._if())
        otherwise: Node = Sequence(())
        if self.peek() == "else":
            self.take()
            otherwise = self.sequence(frozenset({"fi"}))
        self.expect("fi")
        return If(condition, then, otherwise)

    def _loop(self) -> Node:
        on = self.take() == "while"
        condition = self.sequence(frozenset({"do"}))
        return Loop(condition, self._body(), on)

    def _for(self) -> Node:
        self.take()
        name = self.take()
        words: list[str] = []
        if self.peek() == "in":
            self.take()
            while self.peek() not in _SEPARATORS and self.peek() is not None:
                words.append(self.take())
        while self.peek() in _SEPARATORS:
            self.take()
        return For(name, tuple(words), self._body())

    def _body(self) -> Node:
        self.expect("do")
        body = self.sequence(frozenset({"done"}))
        self.expect("done")
        self._redirections()
        return body
