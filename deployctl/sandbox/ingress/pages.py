"""NGINX's own pages."""

from __future__ import annotations

from http import HTTPStatus

NAMES = {503: "Service Temporarily Unavailable", 504: "Gateway Time-out", 308: "Permanent Redirect"}


def page(status: int) -> bytes:
    """The HTML that NGINX sends with a status of its own making."""
    title = f"{status} {NAMES.get(status) or HTTPStatus(status).phrase}"
    lines = (
        "<html>",
        f"<head><title>{title}</title></head>",
        "<body>",
        f"<center><h1>{title}</h1></center>",
        "<hr><center>nginx</center>",
        "</body>",
        "</html>",
        "",
    )
    return "\r\n".join(lines).encode()
