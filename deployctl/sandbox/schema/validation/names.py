"""Rules for names, labels, ports and the like: what is wrong with a value, in the server's words."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

Rule = Callable[[str], list[str]]

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = f"({_QUALIFIED})?"
_CONFIG_KEY = "[-._a-zA-Z0-9]+"
_PERCENT = "[0-9]+%"
_HEADER = "[-A-Za-z0-9]+"


def _regex(message: str, pattern: str, *examples: str) -> str:
    quoted = " or ".join(f"'{example}', " for example in examples)
    return f"{message} (e.g. {quoted}regex used for validation is '{pattern}')"


def _longer(value: str, most: int) -> list[str]:
    return [f"must be no more than {most} characters"] if len(value.encode()) > most else []


def dns_label(value: str) -> list[str]:
    """RFC 1123 label: names of containers, volumes, namespaces, service ports."""
    found = _longer(value, 63)
    if not re.fullmatch(_LABEL, value):
        if re.fullmatch(_SUBDOMAIN, value):
            return [*found, "must not contain dots"]
        message = (
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-',"
            " and must start and end with an alphanumeric character"
        )
        found.append(_regex(message, _LABEL, "my-name", "123-abc"))
    return found


def dns_subdomain(value: str) -> list[str]:
    """RFC 1123 subdomain: the names of most objects."""
    found = _longer(value, 253)
    if not re.fullmatch(_SUBDOMAIN, value):
        message = (
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.',"
            " and must start and end with an alphanumeric character"
        )
        found.append(_regex(message, _SUBDOMAIN, "example.com"))
    return found


def dns_1035_label(value: str) -> list[str]:
    """RFC 1035 label: names of Services."""
    found = _longer(value, 63)
    if not re.fullmatch(_LABEL_1035, value):
        message = (
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic"
            " character, and end with an alphanumeric character"
        )
        found.append(_regex(message, _LABEL_1035, "my-name", "abc-123"))
    return found


def wildcard_subdomain(value: str) -> list[str]:
    pattern = rf"\*\.{_SUBDOMAIN}"
    message = (
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of"
        " lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"
    )
    found = _longer(value, 253)
    return found if re.fullmatch(pattern, value) else [*found, _regex(message, pattern, "*.example.com")]


def path_segment(value: str) -> list[str]:
    """Names of RBAC objects: anything that can stand between two slashes of a path."""
    if value in (".", ".."):
        return [f"may not be '{value}'"]
    return [f"may not contain '{bad}'" for bad in ("/", "%") if bad in value]


def qualified_name(value: str) -> list[str]:
    """A label's or annotation's key: `[prefix/]name`."""
    shape = (
        "must consist of alphanumeric characters, '-', '_' or '.',"
        " and must start and end with an alphanumeric character"
    )
    rule = _regex(shape, _QUALIFIED, "MyName", "my.name", "123-abc")
    if value.count("/") > 1:
        return [f"a valid label key {rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    prefix, slash, name = value.rpartition("/")
    found = []
    if slash:
        found += (
            [f"prefix part {text}" for text in dns_subdomain(prefix)] if prefix else ["prefix part must be non-empty"]
        )
    if not name:
        found.append("name part must be non-empty")
    elif len(name) > 63:
        found.append("name part must be no more than 63 bytes")
    return found if re.fullmatch(_QUALIFIED, name) else [*found, f"name part {rule}"]


def label_value(value: str) -> list[str]:
    found = ["must be no more than 63 bytes"] if len(value) > 63 else []
    if not re.fullmatch(_LABEL_VALUE, value):
        message = (
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must"
            " start and end with an alphanumeric character"
        )
        found.append(_regex(message, f"({_QUALIFIED})?", "MyValue", "my_value", "12345"))
    return found


def env_name(value: str) -> list[str]:
    """Anything printable but `=`, since Kubernetes 1.34."""
    if re.fullmatch(r"[\x20-\x3c\x3e-\x7e]+", value):
        return []
    return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]


def config_key(value: str) -> list[str]:
    """Keys of ConfigMaps and Secrets."""
    found = _longer(value, 253)
    if not re.fullmatch(_CONFIG_KEY, value):
        message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        found.append(_regex(message, _CONFIG_KEY, "key.name", "KEY_NAME", "key-name"))
    if value in (".", ".."):
        found.append(f"must not be '{value}'")
    elif value.startswith(".."):
        found.append("must not start with '..'")
    return found


def port_number(value: int) -> list[str]:
    return [] if 1 <= value <= 65535 else ["must be between 1 and 65535, inclusive"]


def port_name(value: str) -> list[str]:
    """IANA service name."""
    found = _longer(value, 15)
    if not re.fullmatch("[-a-z0-9]+", value):
        found.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", value):
        found.append("must contain at least one letter (a-z)")
    if "--" in value:
        found.append("must not contain consecutive hyphens")
    if value.startswith("-") or value.endswith("-"):
        found.append("must not begin or end with a hyphen")
    return found


def percent(value: str) -> list[str]:
    if re.fullmatch(_PERCENT, value):
        return []
    message = "a valid percent string must be a numeric string followed by an ending '%'"
    return [_regex(message, _PERCENT, "1%", "93%")]


def header_name(value: str) -> list[str]:
    if re.fullmatch(_HEADER, value):
        return []
    message = "a valid HTTP header must consist of alphanumeric characters or '-'"
    return [_regex(message, _HEADER, "X-Header-Name")]


def user_id(value: int) -> list[str]:
    return [] if 0 <= value <= 2**31 - 1 else ["must be between 0 and 2147483647, inclusive"]


def ip_address(value: str) -> list[str]:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]
    return []


def generated(rule: Rule) -> Rule:
    """The rule for a prefix to which a suffix will be added: a trailing dash is fine."""

    def check(value: str) -> list[str]:
        return rule(value[:-2] + "a" if len(value) > 1 and value.endswith("-") else value)

    return check
