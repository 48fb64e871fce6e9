"""What a build's log says that a person must not miss among its lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deployctl.model.change import Finding

UNUSED = re.compile(r"^\[Warning\] One or more build-args \[(?P<names>[^\]]*)\] were not consumed")
"""Docker's words, the classic builder's and BuildKit's."""


def unused_arguments(service: str, line: str) -> Iterator[Finding]:
    """Build arguments that no ARG of the Dockerfile takes: a name with a slip, and the image is built without it."""
    found = UNUSED.match(line.strip())
    names = ", ".join((found["names"] if found else "").replace(",", " ").split())
    if names:
        yield Finding(
            "build-argument-unused",
            f"no ARG of {service}'s Dockerfile takes the build argument {names}: the image was built without it",
            f"services.{service}.build_args",
            (line.strip(),),
            "correct the name, or add the ARG to the stage that is built; then build with --rebuild",
        )
