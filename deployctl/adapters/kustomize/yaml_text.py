"""YAML as Kubernetes' own tools read it.

kubectl reads YAML by a Go library whose rules for plain scalars are neither YAML 1.1's as PyYAML has them (there
`12:30:45` is a number, `1e3` is not, `2024-01-01` is a date and `=` an error) nor 1.2's (`yes` is true, `0644` octal).
(https://github.com/kubernetes-sigs/yaml/blob/master/goyaml.v2/resolve.go)
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

_BOOLEANS = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
}
_FLOAT = r"[-+]?(\.[0-9][0-9_]*|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?"
_SPECIAL = {".nan": "nan", ".inf": "inf", "+.inf": "inf", "-.inf": "-inf"}
_INTEGER = r"[-+]?(0[xX][0-9a-fA-F_]+|0[oO]?[0-7_]+|0[bB][01_]+|[1-9][0-9_]*|0)"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # PyYAML may lack libyaml
    """Resolves and makes plain scalars by the rules above; keys are text, as JSON's are."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:
        self.flatten_mapping(node)
        return {_key(self.construct_object(k, deep=deep)): self.construct_object(v, deep=deep) for k, v in node.value}


def _key(key: object) -> str:
    return key if isinstance(key, str) else json.dumps(key)


def _text(_loader: _Loader, node: yaml.ScalarNode) -> str:
    return str(node.value)


def _bool(_loader: _Loader, node: yaml.ScalarNode) -> bool:
    return _BOOLEANS[str(node.value)]


def _int(_loader: _Loader, node: yaml.ScalarNode) -> int:
    digits = str(node.value).replace("_", "")
    sign, magnitude = (-1 if digits.startswith("-") else 1), digits.lstrip("+-")
    octal = len(magnitude) > 1 and magnitude.startswith("0") and magnitude[1].isdigit()
    return sign * int(magnitude, 8 if octal else 0)


def _float(_loader: _Loader, node: yaml.ScalarNode) -> float:
    """A whole number of this form, such as 1e3, is one in JSON too; the API server takes no 1000.0 for it."""
    number = float(_SPECIAL.get(str(node.value).lower(), str(node.value).replace("_", "")))
    return int(number) if number.is_integer() else number


def _plain_rules() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """Tag, the plain scalars that have it, and the characters they begin with."""
    booleans = "|".join(_BOOLEANS)
    return (
        ("bool", re.compile(rf"^(?:{booleans})$"), "yYnNtTfFoO"),
        ("int", re.compile(rf"^{_INTEGER}$"), "-+0123456789"),
        ("float", re.compile(rf"^(?:{_FLOAT}|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"), "-+0123456789."),
        ("null", re.compile(r"^(?:~|null|Null|NULL|)$"), "~nN"),
        ("merge", re.compile(r"^<<$"), "<"),
    )


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in _plain_rules():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, [*_first, *([""] if _tag == "null" else [])])
_Loader.add_constructor("tag:yaml.org,2002:merge", _text)  # as a value; as a key it is taken in before
_Loader.add_constructor("tag:yaml.org,2002:bool", _bool)
_Loader.add_constructor("tag:yaml.org,2002:int", _int)
_Loader.add_constructor("tag:yaml.org,2002:float", _float)


def documents(text: str | bytes) -> list[Any]:
    """Every document; empty ones left out. Raises yaml.YAMLError."""
    return [document for document in yaml.load_all(text, Loader=_Loader) if document is not None]
