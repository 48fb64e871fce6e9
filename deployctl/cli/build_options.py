"""The options of a build, and a target with them."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from deployctl.model.environment import Project
    from deployctl.model.service import BuildArgument, BuildSource, Service

PLATFORM = r"[a-z]+/[a-z0-9]+(/v[0-9]+)?"


@dataclass(frozen=True)
class BuildOptions:
    """As they were typed."""

    no_cache: bool = False
    platform: str = ""
    arguments: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    identity: str = ""

    def applied(self, project: Project) -> Project:
        """The project as if its file said this. Raises UsageError for a variable that is not set."""
        environ = os.environ
        arguments = (*_plain(self.arguments, environ), *_secret(self.secrets, environ))
        environments = tuple(
            replace(e, registry=replace(e.registry, identity=self.identity)) if self.identity else e
            for e in project.environments
        )
        return replace(
            project,
            environments=environments,
            services=tuple(self._service(service, arguments) for service in project.services),
        )

    def _service(self, service: Service, arguments: tuple[BuildArgument, ...]) -> Service:
        return replace(service, source=self._source(service.source, arguments)) if service.source else service

    def _source(self, source: BuildSource, arguments: tuple[BuildArgument, ...]) -> BuildSource:
        given = {argument.name for argument in arguments}
        kept = tuple(argument for argument in source.arguments if argument.name not in given)
        platform = self.platform or source.platform
        return replace(source, platform=platform, arguments=(*kept, *arguments), no_cache=self.no_cache)


def _plain(words: tuple[str, ...], environ: Mapping[str, str]) -> Iterator[BuildArgument]:
    from deployctl.model.service import BuildArgument

    for word in words:
        name, equals, value = word.partition("=")
        yield BuildArgument(name, value if equals else _variable(name, environ, "--build-arg"))


def _secret(names: tuple[str, ...], environ: Mapping[str, str]) -> Iterator[BuildArgument]:
    from deployctl.model.errors import UsageError
    from deployctl.model.service import BuildArgument

    for name in names:
        if "=" in name:
            raise UsageError(
                "a secret's value does not belong on a command line, where others can read it",
                where="--secret-arg",
                action=f"set the environment variable {name.partition('=')[0]}, and name only that",
            )
        yield BuildArgument(name, _variable(name, environ, "--secret-arg"), secret=True)


def _variable(name: str, environ: Mapping[str, str], option: str) -> str:
    from deployctl.model.errors import UsageError

    if name not in environ:
        raise UsageError(f"the environment variable {name} is not set", where=f"{option} {name}", action=f"set {name}")
    return environ[name]


def _checked(_context: click.Context, _option: click.Parameter, value: str) -> str:
    import re

    if value and not re.fullmatch(PLATFORM, value):
        raise click.BadParameter("OS/ARCHITECTURE, such as linux/amd64")
    return value


def identity_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --identity."""
    return click.option(
        "--identity",
        default="",
        metavar="KIND",
        help="Azure identity: secret, certificate, workload, github, managed or cli. Default: the first there is.",
    )(function)


def existing_tag_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --skip-build and --rebuild, which exclude each other."""

    @click.option("--skip-build", is_flag=True, help="Build nothing: release the image that exists, as it is.")
    @click.option("--rebuild", is_flag=True, help="Build a tag that exists anew, and replace it.")
    @functools.wraps(function)
    def wrapped(*args: Any, skip_build: bool, rebuild: bool, **kwargs: Any) -> Any:
        if skip_build and rebuild:
            raise click.UsageError("--skip-build and --rebuild exclude each other")
        return function(*args, skip_build=skip_build, rebuild=rebuild, **kwargs)

    return wrapped


def git_clean_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --git-clean; the command receives whether a dirty tree is refused."""

    @click.option(
        "--git-clean/--no-git-clean",
        default=None,
        help="Refuse to build what git does not know as it is. Default: refused where CI=true, else only shown.",
    )
    @functools.wraps(function)
    def wrapped(*args: Any, git_clean: bool | None, **kwargs: Any) -> Any:
        refused = in_ci(os.environ) if git_clean is None else git_clean
        return function(*args, git_clean=refused, **kwargs)

    return wrapped


def in_ci(environ: Mapping[str, str]) -> bool:
    """As every CI system says it."""
    return environ.get("CI", "").lower() not in ("", "0", "false", "no")


def build_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds what `deployctl build` takes; the command receives it as `how`, a BuildOptions."""

    @click.option("--no-cache", is_flag=True, help="Run every step anew.")
    @click.option("--platform", default="", callback=_checked, metavar="OS/ARCH", help="Build for this platform.")
    @click.option(
        "--build-arg",
        multiple=True,
        metavar="NAME[=VALUE]",
        help="Build argument; by its name alone: from the environment.",
    )
    @click.option(
        "--secret-arg", multiple=True, metavar="NAME", help="Build argument from the environment, never shown."
    )
    @identity_option
    @functools.wraps(function)
    def wrapped(
        *args: Any,
        no_cache: bool,
        platform: str,
        build_arg: tuple[str, ...],
        secret_arg: tuple[str, ...],
        identity: str,
        **kwargs: Any,
    ) -> Any:
        how = BuildOptions(no_cache, platform, build_arg, secret_arg, identity)
        return function(*args, how=how, **kwargs)

    return wrapped
