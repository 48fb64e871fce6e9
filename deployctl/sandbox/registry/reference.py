"""Image references as containerd reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass

PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
REFERENCE = re.compile(
    rf"(?P<repository>{PART}(?:/{PART})*)(?::(?P<tag>\w[\w.-]{{0,127}}))?(?:@(?P<digest>sha256:[0-9a-f]{{64}}))?",
    re.ASCII,
)


@dataclass(frozen=True)
class Reference:
    """A reference in full: Docker Hub's host, `library/` and `latest` are filled in."""

    host: str
    repository: str
    tag: str
    digest: str

    @property
    def wanted(self) -> str:
        """What is asked of the registry: the digest, or else the tag."""
        return self.digest or self.tag

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.host}/{self.repository}{tag}{f'@{self.digest}' if self.digest else ''}"


def parse_reference(text: str) -> Reference | None:
    """None when it is none (a kubelet says InvalidImageName then, before any pull)."""
    first, slash, rest = text.partition("/")
    is_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    host, path = (first, rest) if is_host else ("docker.io", text)
    match = REFERENCE.fullmatch(path)
    if match is None:
        return None
    repository = match["repository"]
    if host == "docker.io" and "/" not in repository:
        repository = f"library/{repository}"
    digest = match["digest"] or ""
    return Reference(host, repository, match["tag"] or ("" if digest else "latest"), digest)
