"""Running a Dockerfile without running anything: the log of its steps, and what the image would carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from deployctl.sandbox.arm.context import Context
from deployctl.sandbox.arm.dockerfile import Dockerfile, DockerfileError, Instruction, Stage, expand, pairs

PREDEFINED = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")


@dataclass(frozen=True)
class Built:
    """What a stage has come to."""

    base: str = "scratch"
    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()


@dataclass
class Steps:
    """Evaluates stages in order, writing the log as the classic builder does. Stops at the first step that fails."""

    context: Context
    arguments: Mapping[str, str]
    log: list[str] = field(default_factory=list)
    bases: list[str] = field(default_factory=list)
    """Images that FROM lines pulled."""
    _stages: dict[str, Built] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)

    def run(self, dockerfile: Dockerfile, target: str) -> Built:
        """The last stage's result. Raises DockerfileError with the builder's words; `log` then ends at that step."""
        stages = dockerfile.up_to(target)
        total = sum(len(stage.instructions) for stage in stages)
        number, built = 0, Built()
        for place, stage in enumerate(stages):
            built = self._begin(stage)
            visible: dict[str, str] = {}
            for instruction in stage.instructions:
                number += 1
                self.log.append(f"Step {number}/{total} : {instruction.text}")
                built = self._step(instruction, built, visible, dockerfile)
                self.log.append(f" ---> {_layer(instruction, number)}")
            self._stages[str(place)] = self._stages[stage.name.lower() or str(place)] = built
        self._warn_of_unused()
        return built

    def _begin(self, stage: Stage) -> Built:
        known = self._stages.get(stage.base.lower())
        if known is not None:
            return known
        if stage.base != "scratch":
            self.bases.append(stage.base)
        return Built(base=stage.base)

    def _step(self, step: Instruction, built: Built, visible: dict[str, str], dockerfile: Dockerfile) -> Built:
        values = {**visible, **built.env}
        match step.keyword:
            case "ARG":
                self._argument(step, visible, values, dockerfile)
            case "ENV":
                return replace(built, env={**built.env, **_expanded(step, values)})
            case "LABEL":
                return replace(built, labels={**built.labels, **_expanded(step, values)})
            case "COPY" | "ADD":
                self._copy(step, values)
            case "RUN":
                self.log.append(f" ---> Running in {_layer(step, 0)}")
            case "ENTRYPOINT":
                return replace(built, entrypoint=_command(step), cmd=())
            case "CMD":
                return replace(built, cmd=_command(step))
        return built

    def _argument(
        self, step: Instruction, visible: dict[str, str], values: Mapping[str, str], dockerfile: Dockerfile
    ) -> None:
        name, given, default = step.rest.partition("=")
        self._used.add(name)
        fallback = dockerfile.arguments.get(name, "")
        visible[name] = self.arguments.get(name, expand(default.strip("\"'"), values) if given else fallback)

    def _copy(self, step: Instruction, values: Mapping[str, str]) -> None:
        words = [expand(word, values) for word in step.words()]
        if len(words) < 2:
            raise DockerfileError(
                f"{step.keyword} requires at least two arguments, but only {len(words)} was provided."
            )
        source_stage = step.flags.get("from")
        if source_stage is not None:
            self._check_stage(source_stage)
            return
        for source in words[:-1]:
            if source.startswith(("http://", "https://")) and step.keyword == "ADD":
                continue
            if not self.context.has(source):
                where = f"stat {source.removeprefix('./')}: file does not exist"
                raise DockerfileError(
                    f"{step.keyword} failed: file not found in build context or excluded by .dockerignore: {where}"
                )

    def _check_stage(self, name: str) -> None:
        if name.lower() in self._stages:
            return
        if name.isdigit():
            raise DockerfileError(f"invalid from flag value {name}: refers to current build stage")
        self.bases.append(name)

    def _warn_of_unused(self) -> None:
        unused = sorted(set(self.arguments) - self._used - {*PREDEFINED, *(name.lower() for name in PREDEFINED)})
        if unused:
            self.log.append(f"[Warning] One or more build-args [{' '.join(unused)}] were not consumed")


def _expanded(step: Instruction, values: Mapping[str, str]) -> dict[str, str]:
    return {key: expand(value, values) for key, value in pairs(step.rest).items()}


def _command(step: Instruction) -> tuple[str, ...]:
    words = tuple(step.words())
    return words if step.rest.startswith("[") else ("/bin/sh", "-c", step.rest)


def _layer(step: Instruction, number: int) -> str:
    """Twelve hex digits that stand for an intermediate image."""
    return sha256(f"{number} {step.text}".encode()).hexdigest()[:12]
