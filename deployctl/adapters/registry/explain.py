"""What a person is told when a registry does not let us in or does not answer: pure, from what was tried."""

from __future__ import annotations

from dataclasses import dataclass

from deployctl.adapters.registry.credential import Lacking
from deployctl.adapters.registry.failures import Answer, BadAnswer
from deployctl.model.errors import Unavailable
from deployctl.model.image import Image

INCIDENT = "ARCH001"
AZURE = "Azure identity"


@dataclass(frozen=True)
class Attempt:
    """A credential that was tried and refused."""

    source: str
    answer: Answer
    note: str = ""

    def __str__(self) -> str:
        return f"{self.source}: {self.answer}" + (f"; {self.note}" if self.note else "")


def explain_denied(tried: tuple[Attempt | Lacking, ...], image: Image, *, action: str, acr: bool) -> Unavailable:
    """No credential opened the repository."""
    evidence = tuple(str(one) if isinstance(one, Attempt) else f"{one.source}: {one.why}" for one in tried)
    refused = [one for one in tried if isinstance(one, Attempt)]
    what = "the registry refused every credential" if refused else "there is no credential for the registry"
    if any(one.note for one in refused):
        what = "the registry knows the credential but does not open this repository with it"
    where = image.name if action == "pull" else f"{image.name} (to push)"
    return Unavailable(what, where=where, evidence=evidence, action=next_action(tried, image, acr), incident=INCIDENT)


def next_action(tried: tuple[Attempt | Lacking, ...], image: Image, acr: bool) -> str:
    """The command that most likely helps, by which credential was refused."""
    refused = [one for one in tried if isinstance(one, Attempt)]
    secrets = [one.source.removeprefix("Secret/") for one in refused if one.source.startswith("Secret/")]
    login = f"az acr login --name {acr_name(image.host)}" if acr else f"docker login {image.host}"
    if acr and any(one.source == AZURE and isinstance(one, Lacking) for one in tried):
        login = f"az login, or {login}"
    if any(one.note for one in refused):
        role = "AcrPull (or a scope map with the repository)" if acr else "the right to pull it"
        return f"check the repository's name {image.repository}, and that the user has {role}"
    if secrets:
        return (
            f"{login}; then renew the pull secret: kubectl create secret docker-registry {secrets[0]}"
            f" --docker-server={image.host} --docker-username=… --docker-password=…"
            " --dry-run=client -o yaml | kubectl apply -f -"
        )
    return login


def acr_name(host: str) -> str:
    """The registry's resource name; a `-` starts the hash of its domain name label."""
    return host.partition(".")[0].partition("-")[0]


def explain_failure(failure: BadAnswer, image: Image, source: str) -> Unavailable:
    """The registry did not answer as a registry does."""
    status = failure.answer.status if failure.answer else 0
    action = "check the registry, and the configured login server"
    if status == 429:
        action = "the registry limits how often we may ask: wait a few minutes, or log in with an account that may more"
    elif status >= 500:
        action = "the registry has trouble of its own: try again in a few minutes"
    evidence = (str(failure.answer),) if failure.answer else ()
    return Unavailable(failure.detail, where=str(image), evidence=(*evidence, f"credential: {source}"), action=action)
