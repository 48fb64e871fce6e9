"""Making answers comparable: what differs from run to run gives way to a word that says what it was. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

HASH = "[bcdfghjklmnpqrstvwxz2456789]"
"""The letters of generated names."""
RULES: tuple[tuple[str, str], ...] = (
    (r"/tmp/(LIVE|MERGED)-\d+/", r"\1/"),
    (r"eyJ[\w-]{10,}\.[\w-]+\.[\w-]+", "<token>"),
    (r"sha256:[0-9a-f]{64}", "<digest>"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<uid>"),
    (r"containerd://[0-9a-f]{64}", "<container>"),
    (r"\b[0-9a-f]{64}\b", "<container>"),
    (r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| ?[+-]\d\d:?\d\d)?( (UTC|[+-]\d{4}))*( m=\+[\d.]+)?", "<time>"),
    (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} 20\d\d \d\d:\d\d:\d\d [+-]\d{4}", "<time>"),
    (r"[0-9a-f]{40}(?=[^0-9a-f]|$)", "<sha>"),
    (rf"(?<=-){HASH}{{6,10}}-{HASH}{{5}}\b", "<hash>-<suffix>"),
    (r"(?<=-)\d{8}(?=\b|-)", "<minute>"),
    (rf"(?<=-){HASH}{{8,10}}\b", "<hash>"),
    (rf"(?<=[-=])(?=[a-z]*\d*[a-z]*\d){HASH}{{5}}\b", "<suffix>"),
    (rf"(?<=-){HASH}{{5}}\b", "<suffix>"),
    (rf"(?<=pod-template-hash[=:]){HASH}{{6,10}}\b", "<hash>"),
    (rf"(?<=pod-template-hash: ){HASH}{{6,10}}\b", "<hash>"),
    (r"\b10\.\d+\.\d+\.\d+\b", "<ip>"),
    (r"\b192\.0\.2\.\d+\b", "<ip>"),
    (r"\b192\.168\.\d+\.\d+\b", "<ip>"),
    (r"\b172\.\d+\.\d+\.\d+\b", "<ip>"),
    (r"in record \(\d+\)", "in record (<version>)"),
    (r"(dial|read) tcp [\d.:\[\]]*\d(->[\d.:]*\d)?", r"\1 tcp <address>"),
    (r"\b(127\.0\.0\.1|localhost):(?!2500\d|1/)\d+", "<server>"),
    (r"(Too large resource version: \d+, current: )\d+", r"\1<version>"),
    (r"(?<=\.)18[0-9a-f]{14}\b", "<moment>"),
    (r"\b\d{7}Ki\b", "<memory>"),
    (r"(?<=allocatable: )\d{10}\b", "<memory>"),
    (r"https://(localhost|127\.0\.0\.1|\[::1\]):\d+", "https://<server>"),
    (r"\blookup (\S+) on \S+:53", r"lookup \1 on <dns>"),
    (r"\b(\d+[dhms]+)+ \(x\d+ over [^)]*\)", "<age>"),
    (r"\b(\d+(\.\d+)?(h|m|s|ms|µs)){1,3} ?\((\d+(\.\d+)?(h|m|s|ms|µs)){1,3} including waiting\)", "<duration>"),
    (r"Image size: \d+ bytes", "Image size: <size> bytes"),
    (r"(?<=back-off )\d+m?\d*s(?= restarting)", "<duration>"),
    (r"\bnode[12]\b", "<node>"),
    (r"\bv1\.37\.\d+\S*", "<version>"),
    (r'(resourceVersion"?[:=] ?"?)\d+', r"\1<version>"),
    (r"(?<=nodePort: )3[0-2]\d{3}\b", "<port>"),
    (r"\b3[0-2]\d{3}/(TCP|UDP)", r"<port>/\1"),
    (r"\b\d+\.\d+[µm]?s\b", "<duration>"),
)
AGE = re.compile(r"(?<![\w.-])(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?(?= ago\b|\)|\s{2,}|\s*$)", re.MULTILINE)
REPEATED = re.compile(r"^(  (?:Normal|Warning)  .*)\n(?=\1$)", re.MULTILINE)
"""An event that a description shows twice: it was counted, or written again, as often as somebody tried."""
COMPILED = tuple((re.compile(pattern), word) for pattern, word in RULES)
KEYS: Mapping[str, str] = {
    "resourceVersion": "<version>",
    "selfLink": "<link>",
    "uid": "<uid>",
    "podIP": "<ip>",
    "hostIP": "<ip>",
    "clusterIP": "<ip>",
    "nodePort": "<port>",
    "nodeName": "<node>",
    "containerID": "<container>",
    "continue": "<continue>",
    "remainingItemCount": "<count>",
    "caBundle": "<certificate>",
    "ca.crt": "<certificate>",
    "pod-template-hash": "<hash>",
    "controller-revision-hash": "<hash>",
}
UNIQUE = ("clusterIP",)
"""Of these the value None stays, for it means something."""


def plain(text: str) -> str:
    """Any text: kubectl's tables and descriptions, messages. Runs of blanks become two."""
    for pattern, word in COMPILED:
        text = pattern.sub(word, text)
    text = AGE.sub(lambda m: "<age>" if m[0] else "", text)
    lines = (re.sub(r"(?<=\S)[ \t]{2,}", "  ", line).rstrip() for line in text.splitlines())
    return REPEATED.sub("", "\n".join(lines)).strip("\n")


def plain_object(value: Any, key: str = "") -> Any:
    """Any JSON-like value."""
    if isinstance(value, Mapping):
        made = {plain(str(name)): plain_object(item, str(name)) for name, item in value.items()}
        if key == "involvedObject":
            made.pop("fieldPath", None)
        return made
    if isinstance(value, list):
        return _list([plain_object(item, key) for item in value], key)
    if key in KEYS and value not in (None, "", 0) and not (key in UNIQUE and value == "None"):
        return KEYS[key]
    if isinstance(value, str):
        return plain_string(value)
    return value


def plain_string(value: str) -> str:
    """A string inside an object: a time with nothing else is one, a duration is a setting and stays."""
    for pattern, word in COMPILED:
        value = pattern.sub(word, value)
    return value


def _list(items: list[Any], key: str) -> list[Any]:
    """managedFields lie in the order of times, which two writes within a second leave to chance, tags in any."""
    if key in ("Tags", "RepoTags"):
        return sorted(items)
    if key == "cells":
        return [re.sub(r"^(\d+[dhms]+)+$", "<age>", item) if isinstance(item, str) else item for item in items]
    if key == "managedFields":
        return sorted(items, key=lambda e: (e.get("manager", ""), e.get("operation", ""), e.get("subresource", "")))
    return items


def document(text: str) -> Any:
    """The object that kubectl printed as YAML or JSON, None when it printed something else."""
    if text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return None
    if not text.startswith(("apiVersion:", "---")):
        return None
    try:
        found = [item for item in yaml.load_all(text, Loader) if item is not None]
    except yaml.YAMLError:
        return None
    return found[0] if len(found) == 1 else found


class Loader(yaml.SafeLoader):
    """Times stay the text that they are."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def spelled(value: Any) -> str:
    """A value as text whose lines can be compared."""
    if isinstance(value, str):
        return value
    return str(yaml.safe_dump(value, sort_keys=True, width=100000, allow_unicode=True)).rstrip("\n")
