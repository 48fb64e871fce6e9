"""The `PullCheck` port: the very pull secrets of a pod, used against the registry as a node would use them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping

from deployctl.adapters.registry.credential import Anonymous, Credential, Found, Lacking, Login
from deployctl.adapters.registry.expiry import ends
from deployctl.adapters.registry.failures import BadAnswer, Denied
from deployctl.adapters.registry.pull_secrets import find_pull_logins
from deployctl.adapters.registry.ways import Door
from deployctl.model.errors import DeployError
from deployctl.model.image import Image
from deployctl.model.json import text
from deployctl.model.manifest import Manifest
from deployctl.model.pull_access import Answer, PullAccess
from deployctl.model.service import WorkloadRef
from deployctl.ports import Clock

LOGIN_FILES = (".dockerconfigjson", ".dockercfg")
Told = tuple[Answer, tuple[str, ...]]
"""The answer, and its evidence."""
KNOWN = "the credential itself is accepted"


class RegistryPullCheck:
    """`read` gives the namespace's pull secrets, name to login file; `open_door` a way in with one credential."""

    def __init__(
        self, read: Callable[[], Mapping[str, bytes]], open_door: Callable[[str, Credential], Door], clock: Clock
    ) -> None:
        self._read = read
        self._open = open_door
        self._clock = clock

    def check(
        self, image: Image, workload: WorkloadRef, secrets: tuple[str, ...], brought: tuple[Manifest, ...]
    ) -> PullAccess:
        def told(answer: Answer, evidence: tuple[str, ...]) -> PullAccess:
            return PullAccess(workload, image, secrets, answer, evidence)

        try:
            there = {**self._read(), **_login_files(brought)}
            return told(*self._judge(image, secrets, there))
        except DeployError as error:
            return told("unknown", (error.problem.what, *error.problem.evidence))
        except BadAnswer as failure:
            return told("unknown", (str(failure),))

    def _judge(self, image: Image, secrets: tuple[str, ...], there: Mapping[str, bytes]) -> Told:
        named = {name: there[name] for name in secrets if name in there}
        tried = find_pull_logins(named, image) if named else ()
        logins = [one for one in tried if isinstance(one, Found)]
        if logins:
            return self._with(image, logins)
        refused = self._refusal(image, Anonymous())
        if refused is None:
            return "anonymous", ()
        lacking = tuple(f"{one.source}: {one.why}" for one in tried if isinstance(one, Lacking))
        gone = tuple(f"Secret/{name}: there is no such pull secret" for name in secrets if name not in there)
        answer: Answer = "not-referenced" if not secrets else "missing" if gone else "other-host"
        others = {name: body for name, body in there.items() if name not in secrets}
        fitting = _sources(find_pull_logins(others, image)) if others else ()
        hints = tuple(f"{source} has a login for {image.host}, and is not named" for source in fitting)
        return answer, (*lacking, *gone, f"without credentials: {refused.answer}", *hints)

    def _with(self, image: Image, logins: list[Found]) -> Told:
        evidence: list[str] = []
        worst: Answer = "wrong"
        for login in logins:
            refused = self._refusal(image, login.credential)
            if refused is None:
                return "opens", (login.source,)
            worst, note = self._meaning(refused, login.credential)
            evidence.append(f"{login.source}: {refused.answer}{f'; {note}' if note else ''}")
        return worst, tuple(evidence)

    def _refusal(self, image: Image, credential: Credential) -> Denied | None:
        """None when the repository opens, whether or not the tag is there."""
        try:
            self._open(image.host, credential).resolve(image)
        except Denied as denied:
            return denied
        return None

    def _meaning(self, refused: Denied, credential: Credential) -> tuple[Answer, str]:
        end = ends(credential.password) if isinstance(credential, Login) else None
        if end is not None and end < self._clock.now():
            return "expired", f"its password is a token that ended {end:%Y-%m-%d %H:%M} UTC"
        if "expired" in str(refused.answer).lower():
            return "expired", ""
        if refused.answer.status == 403 or KNOWN in refused.note:
            return "forbidden", refused.note
        return "wrong", refused.note


def _sources(tried: Iterable[Found | Lacking]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.source for one in tried if isinstance(one, Found)))


def _login_files(secrets: tuple[Manifest, ...]) -> dict[str, bytes]:
    """Of the pull secrets that the overlay itself brings."""
    found: dict[str, bytes] = {}
    for secret in secrets:
        for key in LOGIN_FILES if secret.is_secret else ():
            plain, coded = text(secret.body, "stringData", key), text(secret.body, "data", key)
            try:
                body = plain.encode() or base64.b64decode(coded)
            except binascii.Error:
                continue
            if body:
                found[secret.ref.name] = body
    return found
