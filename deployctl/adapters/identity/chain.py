"""A token credential for Azure's SDKs: the first identity that gives one is kept; else an error names all."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deployctl.adapters.identity.candidates import Candidate, candidates, chosen_kinds
from deployctl.adapters.identity.credentials import Surroundings, TokenSource, credential, imds_answers
from deployctl.adapters.identity.errors import IdentityUnavailable
from deployctl.adapters.transport import Transport

EARLY = 300.0
"""Seconds before its end at which a token is replaced."""
PUBLIC = "https://login.microsoftonline.com"
LONGEST = 300


class AzureIdentity:
    """Implements azure-core's TokenCredential. `name` is the identity in use, empty until it was needed."""

    def __init__(self, around: Surroundings, *, choice: str = "") -> None:
        self._around = around
        self._choice = choice or around.environ.get("AZURE_TOKEN_CREDENTIALS", "")
        self._found: tuple[Candidate, TokenSource] | None = None
        self._tokens: dict[tuple[str, ...], Any] = {}

    @property
    def name(self) -> str:
        return self._found[0].name if self._found else ""

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """An azure.core AccessToken. Raises IdentityUnavailable, and UsageError for an unknown choice."""
        kept = None if options.get("claims") else self._tokens.get(scopes)
        if kept is None or kept.expires_on - time.time() < EARLY:
            kept = self._tokens[scopes] = self._fetch(scopes, options)
        return kept

    def _fetch(self, scopes: tuple[str, ...], options: Mapping[str, Any]) -> Any:
        tried: list[str] = []
        for candidate, source in self._usable(tried):
            try:
                token = source.get_token(*scopes, **options)
            except _vendor_errors() as error:
                tried.append(f"{candidate.name}: {plain_words(error)}")
                if candidate.on_purpose:
                    raise IdentityUnavailable(f"Azure refused the {candidate.name}", tuple(tried)) from error
            else:
                self._found = (candidate, source)
                return token
        raise IdentityUnavailable("there is no Azure identity to use", tuple(tried))

    def _usable(self, tried: list[str]) -> Iterator[tuple[Candidate, TokenSource]]:
        """Candidates in order, each made when it is its turn; those that lack something are noted."""
        if self._found:
            yield self._found
            return
        env = self._around.environ
        path = env.get("PATH")
        for candidate in candidates(env, chosen_kinds(self._choice), lambda name: bool(shutil.which(name, path=path))):
            lacks = candidate.lacks
            if not lacks and candidate.kind == "managed-imds" and not imds_answers():
                lacks = "no metadata service answers here"
            if lacks:
                tried.append(f"{candidate.name}: {lacks}")
            else:
                yield candidate, self._made(candidate, tried)

    def _made(self, candidate: Candidate, tried: list[str]) -> TokenSource:
        try:
            return credential(candidate.kind, self._around)
        except (ValueError, OSError) as error:
            evidence = (*tried, f"{candidate.name}: {plain_words(error)}")
            raise IdentityUnavailable(f"the {candidate.name} cannot be used", evidence) from error


def make_identity(
    *,
    authority: str,
    ca_file: Path | None,
    transport: Transport,
    environ: Mapping[str, str] | None = None,
    choice: str = "",
) -> AzureIdentity:
    """The identity chain. The configured authority wins over AZURE_AUTHORITY_HOST, which wins over the public one."""
    env = os.environ if environ is None else environ
    where = authority if authority != PUBLIC else env.get("AZURE_AUTHORITY_HOST") or authority
    return AzureIdentity(Surroundings(env, where, ca_file, transport), choice=choice)


def plain_words(error: BaseException) -> str:
    """The first line of what a library says, without Entra's trace ids; it names applications, never secrets."""
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return line.partition(" Trace ID:")[0][:LONGEST]


def _vendor_errors() -> tuple[type[Exception], ...]:
    from azure.core.exceptions import AzureError  # noqa: PLC0415 - already loaded by the credential that raises

    return (AzureError, ValueError)
