"""Runs the small shell's scripts: `sleep`, `echo`, `exit`, tests, network checks; all else is the image's program."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import assert_never

from deployctl.sandbox.contracts import Answer
from deployctl.sandbox.nodes.programs import shell_words
from deployctl.sandbox.nodes.programs.application import Application
from deployctl.sandbox.nodes.programs.process import Exit, Process, Surroundings
from deployctl.sandbox.nodes.programs.shell_syntax import (
    Both,
    For,
    If,
    Loop,
    Node,
    Not,
    Sequence,
    Simple,
    SyntaxIsUnknown,
    parse,
)
from deployctl.sandbox.nodes.waiting import happens

SHELLS = frozenset({"sh", "bash", "ash", "dash"})
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+|\?))")


class _Ended(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Shell(Process):
    """`sh -c SCRIPT` as process 1: without a trap it does not hear SIGTERM, as a real one does not."""

    def __init__(self, around: Surroundings, script: str) -> None:
        super().__init__(around)
        self._script = script
        self._variables = dict(around.env)
        self._status = 0
        self._trapped = False
        self._application: Application | None = None
        self._only_command = False

    async def body(self) -> Exit:
        try:
            tree = parse(self._script)
        except SyntaxIsUnknown:
            tree = Simple(("the-program",))
        self._only_command = isinstance(tree, Simple)
        try:
            await self._run(tree, last=True)
        except _Ended as ended:
            return Exit(ended.code)
        return Exit(self._status)

    def terminate(self) -> None:
        super().terminate()
        if self._application is not None and self._only_command:
            self._application.terminate()

    async def _run(self, node: Node, *, last: bool = False) -> bool:
        """Run a node; whether it succeeded, which is also kept as `$?`."""
        match node:
            case Simple():
                self._status = await self._simple(node, last=last)
            case Sequence(nodes):
                for index, item in enumerate(nodes):
                    await self._run(item, last=last and index == len(nodes) - 1)
            case Both(left, right, after):
                if await self._run(left) is (after == "success"):
                    await self._run(right, last=last)
            case Not(inner):
                self._status = int(await self._run(inner))
            case If(condition, then, otherwise):
                await self._run(then if await self._run(condition) else otherwise, last=last)
            case Loop(condition, body, on):
                while await self._run(condition) is on:
                    await self._run(body)
                self._status = 0
            case For(name, words, body):
                for word in words:
                    self._variables[name] = self._expand(word)
                    await self._run(body)
            case _:
                assert_never(node)
        return self._status == 0

    async def _simple(self, node: Simple, *, last: bool) -> int:
        words = [self._expand(word) for word in node.words]
        while words and re.fullmatch(r"\w+=.*", words[0], re.DOTALL):
            name, _, value = words.pop(0).partition("=")
            self._variables[name] = value
        if not words:
            return 0
        name = words[0].rsplit("/", 1)[-1]
        if name == "exec" and len(words) > 1:
            self._only_command = True
            return await self._simple(Simple(tuple(words[1:])), last=True)
        if name == "exit":
            raise _Ended(shell_words.number(words[1:], self._status))
        if name == "trap":
            self._trapped = True
            return 0
        if name == "sleep":
            await self._sleep(shell_words.seconds(words[1:]))
            return 0
        builtin = BUILTINS.get(name)
        return await self._program(words, last=last) if builtin is None else builtin(self.around, words[1:])

    async def _sleep(self, seconds: float | None) -> None:
        """A trap runs once the sleep is interrupted; without one SIGTERM changes nothing."""
        end = None if seconds is None else self.age + seconds
        while end is None or self.age < end:
            if self._trapped and self.terminated_at is not None:
                raise _Ended(0)
            self.changed.clear()
            await happens(self.around.clock, self.changed, None if end is None else end - self.age)

    async def _program(self, words: list[str], *, last: bool) -> int:
        """Anything else: a tool of the image, or, as the last command of a container that stays, its server."""
        if self.around.binaries is not None and words[0].rsplit("/", 1)[-1] not in self.around.binaries:
            self.around.log(f"sh: 1: {words[0]}: not found")
            return 127
        server = last and self.around.runs_for_ever
        self._application = Application(self.around, task=not server)
        exit_ = await self._application.run()
        self._application = None
        return exit_.code

    def _expand(self, word: str) -> str:
        if len(word) > 1 and word[0] == word[-1] == "'":
            return word[1:-1]
        bare = word.replace('"', "").replace("'", "") if not word.startswith("'") else word.strip("'")
        return _VARIABLE.sub(self._value, bare)

    def _value(self, match: re.Match[str]) -> str:
        name = match[1] or match[3]
        if name == "?":
            return str(self._status)
        return self._variables.get(name) or match[2] or ""

    def listens(self, port: int) -> bool:
        return self._application is not None and self._application.listens(port)

    async def request(self, method: str, path: str) -> Answer:
        if self._application is None:
            raise ConnectionRefusedError
        return await self._application.request(method, path)

    def memory(self) -> int:
        return self._application.memory() if self._application else 2**20

    def cpu(self) -> int:
        return self._application.cpu() if self._application else 1


Builtin = Callable[[Surroundings, list[str]], int]
DO_NOTHING = ("true", ":", "set", "cd", "export", "mkdir", "chmod", "chown", "touch")
BUILTINS: dict[str, Builtin] = {
    **dict.fromkeys(DO_NOTHING, shell_words.succeed),
    "false": shell_words.fail,
    "echo": shell_words.echo,
    "printf": shell_words.echo,
    "date": shell_words.date,
    "env": shell_words.env,
    "printenv": shell_words.env,
    "test": shell_words.test,
    "[": shell_words.test,
    "nc": shell_words.netcat,
    "nslookup": shell_words.lookup,
    "getent": shell_words.lookup,
    "wget": shell_words.fetch,
    "curl": shell_words.fetch,
}
