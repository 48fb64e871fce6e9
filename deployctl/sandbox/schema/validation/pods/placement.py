"""Where a pod may run: tolerations, affinity, spreading."""

from __future__ import annotations

from deployctl.sandbox.schema.validation import labels, names
from deployctl.sandbox.schema.validation.cause import (
    At,
    Causes,
    Struct,
    duplicate,
    each_invalid,
    forbidden,
    invalid,
    required,
    unsupported,
)

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_REQUIRED, _PREFERRED = (
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
)


def tolerations(at: At, given: list[Struct]) -> Causes:
    for index, toleration in enumerate(given):
        yield from _toleration(at[index], toleration)


def _toleration(at: At, toleration: Struct) -> Causes:
    key, operator, value = (toleration.get(f, "") for f in ("key", "operator", "value"))
    effect = toleration.get("effect", "")
    if key:
        yield from each_invalid(at / "key", key, names.qualified_name(key))
    elif operator != "Exists":
        detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
        yield invalid(at / "operator", operator, detail)
    if "tolerationSeconds" in toleration and effect != "NoExecute":
        yield invalid(at / "effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
    if operator in ("", "Equal"):
        problems = names.label_value(value)
        if problems:
            yield invalid(at / "operator", value, ";".join(problems))
    elif operator == "Exists":
        if value:
            yield invalid(at / "operator", value, "value must be empty when `operator` is 'Exists'")
    else:
        yield unsupported(at / "operator", operator, ("Equal", "Exists"))
    if effect and effect not in _EFFECTS:
        yield unsupported(at / "effect", effect, _EFFECTS)


def affinity(at: At, given: Struct) -> Causes:
    if "nodeAffinity" in given:
        yield from _node_affinity(at / "nodeAffinity", given["nodeAffinity"])
    for kind in ("podAffinity", "podAntiAffinity"):
        if kind in given:
            yield from _pod_affinity(at / kind, given[kind])


def _node_affinity(at: At, given: Struct) -> Causes:
    if _REQUIRED in given:
        here = at / _REQUIRED / "nodeSelectorTerms"
        terms = given[_REQUIRED].get("nodeSelectorTerms") or []
        if not terms:
            yield required(here, "must have at least one node selector term")
        for index, term in enumerate(terms):
            yield from _node_term(here[index], term)
    for index, preference in enumerate(given.get(_PREFERRED) or []):
        here = (at / _PREFERRED)[index]
        yield from _weight(here / "weight", preference.get("weight", 0))
        yield from _node_term(here / "preference", preference.get("preference") or {})


def _weight(at: At, weight: int) -> Causes:
    if not 1 <= weight <= 100:
        yield invalid(at, weight, "must be in the range 1-100")


def _node_term(at: At, term: Struct) -> Causes:
    for index, expression in enumerate(term.get("matchExpressions") or []):
        yield from _node_expression((at / "matchExpressions")[index], expression)


def _node_expression(at: At, expression: Struct) -> Causes:
    operator, values = expression.get("operator", ""), expression.get("values") or []
    if operator in ("In", "NotIn"):
        if not values:
            yield required(at / "values", "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            yield forbidden(at / "values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            yield required(at / "values", "must be specified single value when `operator` is 'Lt' or 'Gt'")
    else:
        yield invalid(at / "operator", operator, "not a valid selector operator")
    yield from each_invalid(at / "key", expression.get("key", ""), names.qualified_name(expression.get("key", "")))


def _pod_affinity(at: At, given: Struct) -> Causes:
    for index, term in enumerate(given.get(_REQUIRED) or []):
        yield from _pod_term((at / _REQUIRED)[index], term)
    for index, weighted in enumerate(given.get(_PREFERRED) or []):
        here = (at / _PREFERRED)[index]
        yield from _weight(here / "weight", weighted.get("weight", 0))
        yield from _pod_term(here / "podAffinityTerm", weighted.get("podAffinityTerm") or {})


def _pod_term(at: At, term: Struct) -> Causes:
    yield from labels.selector(at / "labelSelector", term.get("labelSelector"))
    yield from labels.selector(at / "namespaceSelector", term.get("namespaceSelector"))
    key = term.get("topologyKey", "")
    if not key:
        yield required(at / "topologyKey", "can not be empty")
    yield from each_invalid(at / "topologyKey", key, names.qualified_name(key))


def spreading(at: At, given: list[Struct]) -> Causes:
    seen: set[tuple[str, str]] = set()
    for index, constraint in enumerate(given):
        here = at[index]
        if constraint.get("maxSkew", 0) <= 0:
            yield invalid(here / "maxSkew", constraint.get("maxSkew", 0), "must be greater than zero")
        if not constraint.get("topologyKey"):
            yield required(here / "topologyKey", "can not be empty")
        what = constraint.get("whenUnsatisfiable", "")
        if what not in ("DoNotSchedule", "ScheduleAnyway"):
            yield unsupported(here / "whenUnsatisfiable", what, ("DoNotSchedule", "ScheduleAnyway"))
        pair = (constraint.get("topologyKey", ""), what)
        if pair in seen:
            yield duplicate(here / "{topologyKey, whenUnsatisfiable}", f"{{{pair[0]}, {pair[1]}}}")
        seen.add(pair)
        yield from labels.selector(here / "labelSelector", constraint.get("labelSelector"))
