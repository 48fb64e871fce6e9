"""`/openapi/v3` and what of `/openapi/v2` an old kubectl needs."""

from __future__ import annotations

from deployctl.sandbox.api.http.call import Call, Reply


class OpenApi:
    """Documents from the schema table."""

    def answer(self, call: Call, path: str) -> Reply:
        if path == "/openapi/v3":
            return Reply.of({"paths": {}})
        return Reply(404, b"404 page not found\n", "text/plain; charset=utf-8")
