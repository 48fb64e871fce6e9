"""What a pod asks of a node as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from deployctl.sandbox.api.rules import amount, quantity
from deployctl.sandbox.contracts import Object

Amounts = dict[str, Fraction]


def pod_amounts(spec: Object, which: str) -> dict[str, str]:
    """`requests` or `limits` by resource name. Containers run together and with sidecars, init containers one after
    the other before them; what the pod says for itself stands.
    """
    main, init = spec.get("containers") or [], spec.get("initContainers") or []
    sidecars = [c for c in init if c.get("restartPolicy") == "Always"]
    together = _sum(_of(c, which) for c in (*main, *sidecars))
    total = _most(together, _starting(init, which))
    total = _sum((total, _parsed(spec.get("overhead"))))
    samples = {name: text for c in (*init, *main) for name, text in _texts(c, which).items()}
    shown = {name: quantity(value, samples.get(name, "")) for name, value in total.items()}
    return {**shown, **((spec.get("resources") or {}).get(which) or {})}


def _starting(init: list[Object], which: str) -> Amounts:
    """The most that is asked for while init containers run, beside the sidecars started so far."""
    peak: Amounts = {}
    sidecars: Amounts = {}
    for container in init:
        own = _of(container, which)
        if container.get("restartPolicy") == "Always":
            sidecars = _sum((sidecars, own))
            peak = _most(peak, sidecars)
        else:
            peak = _most(peak, _sum((sidecars, own)))
    return peak


def _texts(container: Object, which: str) -> dict[str, str]:
    return (container.get("resources") or {}).get(which) or {}


def _of(container: Object, which: str) -> Amounts:
    return _parsed(_texts(container, which))


def _parsed(texts: dict[str, str] | None) -> Amounts:
    return {name: amount(text) for name, text in (texts or {}).items()}


def _sum(parts: Iterable[Amounts]) -> Amounts:
    total: Amounts = {}
    for part in parts:
        for name, value in part.items():
            total[name] = total.get(name, Fraction(0)) + value
    return total


def _most(left: Amounts, right: Amounts) -> Amounts:
    return {name: max(left.get(name, Fraction(0)), right.get(name, Fraction(0))) for name in {**left, **right}}
