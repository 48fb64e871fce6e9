"""Refusals as the real API server words them. Each is a `Status` object with an HTTP code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause


@dataclass(frozen=True)
class Subject:
    """What a Status is about, as its `details` name it."""

    group: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""

    @property
    def qualified(self) -> str:
        return f"{self.kind}.{self.group}" if self.group else self.kind

    def details(self) -> Object:
        named = {"name": self.name, "group": self.group, "kind": self.kind, "uid": self.uid}
        return {key: value for key, value in named.items() if value}


class ApiError(Exception):
    """An answer other than success. `code` is the HTTP status, `reason` Kubernetes' word for it."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        subject: Subject | None = None,
        causes: Sequence[Cause] = (),
        retry_after: int = 0,
        continue_token: str = "",
    ) -> None:
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message
        self.subject, self.causes, self.retry_after = subject, tuple(causes), retry_after
        self.continue_token = continue_token
        """Where an expired list can be gone on with."""
        self.headers: Mapping[str, str] = {"Retry-After": str(retry_after)} if retry_after else {}

    def status(self) -> Object:
        """The `Status` object that goes to the client."""
        details: dict[str, Any] | None = self.subject.details() if self.subject else None
        if self.causes or self.retry_after:
            details = details or {}
        if details is not None and self.causes:
            details["causes"] = [_cause(cause) for cause in self.causes]
        if details is not None and self.retry_after:
            details["retryAfterSeconds"] = self.retry_after
        body: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        if self.continue_token:
            body["metadata"] = {"continue": self.continue_token}
        body["message"] = self.message
        if self.reason:
            body["reason"] = self.reason
        if details is not None:
            body["details"] = details
        body["code"] = self.code
        return body


def _cause(cause: Cause) -> Object:
    named = {"reason": cause.reason, "message": cause.message, "field": cause.field}
    return {key: value for key, value in named.items() if value}


@dataclass(frozen=True)
class Resource:
    """A group resource, for messages: `deployments.apps`."""

    group: str
    plural: str
    kind: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def named(self, name: str) -> Subject:
        return Subject(self.group, self.plural, name)

    def of_kind(self, name: str) -> Subject:
        return Subject(self.group, self.kind, name)


def not_found(resource: Resource, name: str) -> ApiError:
    return ApiError(404, "NotFound", f'{resource} "{name}" not found', subject=resource.named(name))


def no_such_path() -> ApiError:
    """A resource that is not served."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", subject=Subject())


def already_exists(resource: Resource, name: str) -> ApiError:
    return ApiError(409, "AlreadyExists", f'{resource} "{name}" already exists', subject=resource.named(name))


MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def conflict(resource: Resource, name: str, why: str = MODIFIED) -> ApiError:
    message = f'Operation cannot be fulfilled on {resource} "{name}": {why}'
    return ApiError(409, "Conflict", message, subject=resource.named(name))


def invalid(resource: Resource, name: str, causes: Sequence[Cause]) -> ApiError:
    """422; several causes are listed in brackets, as Go's aggregated errors are."""
    subject = resource.of_kind(name)
    texts = list(dict.fromkeys(f"{c.field}: {c.message}" if c.field else c.message for c in causes))
    listed = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    return ApiError(
        422, "Invalid", f'{subject.qualified} "{name}" is invalid: {listed}', subject=subject, causes=causes
    )


def forbidden(resource: Resource, name: str, why: str) -> ApiError:
    """An admission's refusal; a name that is empty shows as `""`, as the real one does."""
    message = f'{resource} "{name}" is forbidden: {why}'
    return ApiError(403, "Forbidden", message, subject=resource.named(name))


def bad_request(message: str) -> ApiError:
    return ApiError(400, "BadRequest", message)


def unauthorized() -> ApiError:
    return ApiError(401, "Unauthorized", "Unauthorized")


def gone(message: str, continue_token: str = "") -> ApiError:
    return ApiError(410, "Expired", message, continue_token=continue_token)


def method_not_allowed(message: str = "the server does not allow this method on the requested resource") -> ApiError:
    return ApiError(405, "MethodNotAllowed", message, subject=Subject())


def not_acceptable(supported: Sequence[str]) -> ApiError:
    message = f"406: Not Acceptable\n\nAvailable representations: {', '.join(supported)}"
    return ApiError(406, "NotAcceptable", message, subject=Subject())


def unsupported_patch() -> ApiError:
    return ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", subject=Subject())


def unsupported_media_type(supported: Sequence[str]) -> ApiError:
    message = f"the body of the request was in an unknown format - accepted media types include: {', '.join(supported)}"
    return ApiError(415, "UnsupportedMediaType", message)


def internal(message: str) -> ApiError:
    text = f"Internal error occurred: {message}"
    return ApiError(500, "InternalError", text, causes=[Cause("", message, "")])
