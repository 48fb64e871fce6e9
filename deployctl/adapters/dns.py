"""The `Names` port: the resolver of the machine that we run on."""

from __future__ import annotations

import socket

NO_SUCH_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


class SystemNames:
    """As any program here would find a host: hosts file and search domains included."""

    def addresses(self, host: str) -> tuple[str, ...] | None:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            return () if error.errno in NO_SUCH_NAME else None
        except (OSError, UnicodeError):
            return None
        return tuple(sorted({str(entry[4][0]) for entry in found}))
