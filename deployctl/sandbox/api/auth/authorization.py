"""Every request is checked; a refusal is worded as the real one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deployctl.sandbox.api.auth.rbac import Action, Rbac
from deployctl.sandbox.api.errors import ApiError, Resource, Subject

if TYPE_CHECKING:
    from deployctl.sandbox.api.http.path import RequestInfo
    from deployctl.sandbox.api.writer import User


_ONE_NAME = re.compile(r"(?:^|,)metadata\.name==?([^,=\\]+)(?=,|$)")


def action_of(info: RequestInfo, field_selector: str = "") -> Action:
    """A list or watch that selects one name is about that name."""
    if not info.resource:
        return Action(info.verb, path=info.path)
    named = _ONE_NAME.search(field_selector) if info.verb in {"list", "watch", "deletecollection"} else None
    name = named[1] if named else info.name
    return Action(info.verb, info.group, info.resource, info.subresource, info.namespace, name)


def authorize(rbac: Rbac, user: User, action: Action) -> None:
    """Raises ApiError 403."""
    decision = rbac.decide(user, action)
    if not decision.allowed:
        raise refusal(user, action, f": {decision.why}" if decision.why else "")


def refusal(user: User, action: Action, why: str = "") -> ApiError:
    if action.path:
        text = f'forbidden: User "{user.name}" cannot {action.verb} path "{action.path}"{why}'
        return ApiError(403, "Forbidden", text, subject=Subject())
    resource = Resource(action.group, action.resource)
    named = f'{resource} "{action.name}"' if action.name else str(resource)
    where = f'in the namespace "{action.namespace}"' if action.namespace else "at the cluster scope"
    text = (
        f'{named} is forbidden: User "{user.name}" cannot {action.verb} resource "{action.full_resource}" '
        f'in API group "{action.group}" {where}{why}'
    )
    return ApiError(403, "Forbidden", text, subject=Subject(action.group, action.resource, action.name))
