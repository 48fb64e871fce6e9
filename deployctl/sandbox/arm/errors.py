"""What Azure answers when it refuses: its JSON for management, XML for storage, and OAuth's for tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from aiohttp import web


@dataclass(eq=False)
class ArmError(Exception):
    """An error document of Azure Resource Manager."""

    status: int
    code: str
    message: str
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        """As ARM sends it."""
        body = {"error": {"code": self.code, "message": self.message}}
        return web.json_response(body, status=self.status, headers=self.headers)


@dataclass(eq=False)
class StorageError(Exception):
    """An error document of Azure Storage."""

    status: int
    code: str
    message: str

    def response(self) -> web.Response:
        """As blob storage sends it."""
        inside = f"<Code>{escape(self.code)}</Code><Message>{escape(self.message)}</Message>"
        body = f'<?xml version="1.0" encoding="utf-8"?><Error>{inside}</Error>'
        headers = {"x-ms-error-code": self.code}
        return web.Response(text=body, status=self.status, content_type="application/xml", headers=headers)


@dataclass(eq=False)
class TokenError(Exception):
    """An error document of the token endpoint; `number` is the AADSTS code."""

    status: int
    error: str
    number: int
    message: str

    def response(self) -> web.Response:
        """As Entra sends it."""
        description = f"AADSTS{self.number}: {self.message}"
        body = {"error": self.error, "error_description": description, "error_codes": [self.number]}
        return web.json_response(body, status=self.status)
