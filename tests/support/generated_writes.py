"""Sequences of writes made from a seed: several managers, overlapping lists, maps and scalars of a pod template.

The object is a PodTemplate, because no controller touches it between two steps.
"""

from __future__ import annotations

import copy
from random import Random
from typing import Any

from schema_cases import Object, Step

SUBJECT: Object = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "generated"}}
STEPS = 6


def sometimes(random: Random, chance: float, **field: Any) -> Object:
    return field if random.random() < chance else {}


def some(random: Random, items: list[Any]) -> list[Any]:
    return random.sample(items, random.randint(0, len(items)))


def _variables(random: Random) -> list[Object]:
    return [{"name": name, **sometimes(random, 0.7, value=random.choice("12"))} for name in some(random, list("PQRS"))]


def _ports(random: Random) -> list[Object]:
    return [
        {"containerPort": number, **sometimes(random, 0.3, protocol="UDP"), **sometimes(random, 0.3, name=f"n{number}")}
        for number in some(random, [80, 81, 82])
    ]


def _container(random: Random, name: str) -> Object:
    limits = {resource: random.choice(["1", "1000m", "2"]) for resource in some(random, ["cpu", "memory"])}
    return {
        "name": name,
        **sometimes(random, 0.97, image=random.choice(["x:1", "x:2"])),
        **sometimes(random, 0.5, env=_variables(random)),
        **sometimes(random, 0.3, ports=_ports(random)),
        **sometimes(random, 0.3, args=random.choice([[], ["a"], ["b", "c"]])),
        **sometimes(random, 0.3, resources={"limits": limits}),
        **sometimes(random, 0.3, volumeMounts=[{"name": "v", "mountPath": m} for m in some(random, ["/a", "/b"])]),
        **sometimes(random, 0.2, securityContext=random.choice([{}, {"runAsUser": 1}, None])),
    }


def _pod(random: Random) -> Object:
    source: Object = random.choice([{"emptyDir": {}}, {"configMap": {"name": "q"}}, {"secret": {"secretName": "s"}}])
    return {
        "containers": [_container(random, name) for name in some(random, ["a", "b", "c"])],
        **sometimes(random, 0.97, volumes=[{"name": "v", **source}]),
        **sometimes(random, 0.3, nodeSelector=random.choice([{}, {"a": "b"}, {"c": "d", "a": "x"}])),
        **sometimes(random, 0.3, tolerations=[{"key": k, "operator": "Exists"} for k in some(random, ["x", "y"])]),
        **sometimes(random, 0.3, imagePullSecrets=[{"name": n} for n in some(random, ["m", "n"])]),
    }


def _labels(random: Random) -> Object:
    return {key: random.choice("12") for key in some(random, ["a", "b", "c"])}


def _body(random: Random) -> Object:
    body = copy.deepcopy(SUBJECT)
    body["metadata"] |= sometimes(random, 0.5, labels=_labels(random))
    body["metadata"] |= sometimes(random, 0.2, finalizers=some(random, ["a.b/1", "a.b/2"]))
    template = {"spec": _pod(random), **sometimes(random, 0.5, metadata={"labels": _labels(random)})}
    return {**body, **sometimes(random, 0.95, template=template)}


def generated(seed: int) -> list[Step]:
    """The first creates the object, in one of two ways, unless it is refused; the same seed gives the same steps."""
    random = Random(seed)
    first = Step(random.choice(["create", "apply"]), random.choice("mn"), _body(random), force=False, subresource="")
    return [first, *(_step(random) for _ in range(STEPS - 1))]


def _step(random: Random) -> Step:
    verb = random.choices(["apply", "merge", "strategic", "put"], [60, 15, 15, 10])[0]
    body, by, force = _body(random), random.choice("mn"), random.random() < 0.5
    if verb == "apply":
        return Step(verb, by, body, force, "")
    if verb != "put":
        body = {key: value for key, value in body.items() if key in ("metadata", "template")}
    return Step(verb, random.choice("uv"), body, force=False, subresource="")
