"""Label and node selectors, as the API defines them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from deployctl.sandbox.contracts import Object


def matches_labels(selector: Object | None, labels: Mapping[str, str]) -> bool:
    """A LabelSelector: nothing selected by None, everything by an empty one."""
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_holds(expression, labels) for expression in selector.get("matchExpressions") or ())


def matches_map(selector: Mapping[str, str] | None, labels: Mapping[str, str]) -> bool:
    """A plain map selector, as a Service has: an absent or empty one selects nothing."""
    return bool(selector) and all(labels.get(key) == value for key, value in (selector or {}).items())


def matches_node_terms(terms: list[Object], labels: Mapping[str, str], name: str) -> bool:
    """`nodeSelectorTerms`: terms are ORed, requirements within one ANDed; an empty term matches nothing."""
    return any(_term_holds(term, labels, name) for term in terms)


def _term_holds(term: Object, labels: Mapping[str, str], name: str) -> bool:
    expressions = term.get("matchExpressions") or ()
    fields = term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    return all(_holds(e, labels) for e in expressions) and all(_holds(f, {"metadata.name": name}) for f in fields)


def _holds(expression: Object, labels: Mapping[str, str]) -> bool:
    key, operator = expression["key"], expression["operator"]
    values = expression.get("values") or ()
    present = key in labels
    match operator:
        case "In":
            return present and labels[key] in values
        case "NotIn":
            return not present or labels[key] not in values
        case "Exists":
            return present
        case "DoesNotExist":
            return not present
        case "Gt" | "Lt":
            return present and all(_compare(labels[key], operator, bound) for bound in values)
    return False


def _compare(value: str, operator: str, bound: str) -> bool:
    try:
        return int(value) > int(bound) if operator == "Gt" else int(value) < int(bound)
    except ValueError:
        return False
