"""Keeping secrets out of everything that is shown: known values exactly, unknown ones by their shape."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "***"

SECRET_NAME = re.compile(
    r"passw(?:or)?d|passwd|passphrase|pwd|secret|token|api[-_.]?key|access[-_.]?key|account[-_.]?key|private[-_.]?key"
    r"|credential|connection[-_.]?string|auth(?:orization)?$|bearer|signing[-_.]?key|encryption[-_.]?key|cookie|session[-_.]?key"
    r"|(?:^|[-_.])(?:sas|dsn|key|salt|pat)$",
    re.IGNORECASE,
)
"""Names of environment variables and settings whose values are not for eyes."""

_NAMED = (
    r"[\w.-]*(?:passw(?:or)?d|passphrase|pwd|secret|token|api[-_.]?key|access[-_.]?key|account[-_.]?key|private[-_.]?key"
    r"|credentials?|signature|sig|sas|authorization|x-api-key)"
)

_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN ([A-Z0-9 ]*)-----.*?(?:-----END \1-----|\Z)", re.DOTALL), rf"-----BEGIN \1----- {MASK}"),
    (re.compile(r"\b([a-zA-Z][a-zA-Z0-9+.-]*://)[^\s/@\"'<>]*:[^\s\"'<>]*@(?=[^\s@\"'<>]*)"), rf"\1{MASK}@"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?"), MASK),
    (
        re.compile(r"(?i)\b(bearer|basic|token)\s+(?=[A-Za-z0-9._~+/-]*[0-9=._~+/-])[A-Za-z0-9._~+/-]{8,}=*"),
        rf"\1 {MASK}",
    ),
    (re.compile(rf"(?i)({_NAMED})([\"']?\s*(?:=|:(?!//))\s*)\"(?:[^\"\\]|\\.)*\""), rf'\1\2"{MASK}"'),
    (re.compile(rf"(?i)({_NAMED})([\"']?\s*(?:=|:(?!//))\s*)'(?:[^'\\]|\\.)*'"), rf"\1\2'{MASK}'"),
    (
        re.compile(rf"(?i)({_NAMED})(\s*=\s*|[\"']?\s*:(?!//)\s*)(?![\"'*]|unexpected status)[^\s,;&\"'}}\])]+"),
        rf"\1\2{MASK}",
    ),
    (re.compile(r"(hooks\.slack\.com/services/)[\w/-]+"), rf"\1{MASK}"),
    (re.compile(r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{12,}"), MASK),
    (re.compile(r"\b(?:ghp|gho|ghu|ghs|ghr|github_pat|glpat|xox[abprs])[_-][A-Za-z0-9_-]{10,}"), MASK),
    (re.compile(r"\b(?:AKIA|ASIA|LTAI)[A-Z0-9a-z]{12,}"), MASK),
)

_PEM_BODY = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")


def secret_name(name: str) -> bool:
    """Whether a variable or setting of this name holds something secret. `…_FILE`, `…_NAME` name where it is."""
    if re.search(r"(?i)(?:_|-|\b)(?:file|path|name|ref|ttl|url|uri|expiry|expire\w*|minutes|seconds|days)$", name):
        return False
    return SECRET_NAME.search(name) is not None


def scrub(text: str) -> str:
    """Hide what has the shape of a secret: credentials in URLs, bearer tokens, `password=…`, JWTs, SAS, PEM."""
    for pattern, replacement in _SHAPES:
        text = pattern.sub(replacement, text)
    return text


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without any of the given secrets, in clear or URL-encoded, and without what looks like one.

    Empty secrets are passed over; a secret is hidden however short it is.
    """
    forms = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""), quote_plus(secret))}
    return _without(scrub(_without(text, forms)), forms)


def mask_line(line: str, secrets: Iterable[str] = ()) -> str:
    """One line of a log, alone: what stands between a PEM block's header and footer has no header to be known by."""
    return MASK if _PEM_BODY.fullmatch(line.strip()) else mask(line, secrets)


def mask_lines(lines: Iterable[str], secrets: Iterable[str] = ()) -> tuple[str, ...]:
    """Lines of a log, in order; a block that spans lines, such as a PEM key, is hidden whole."""
    known = tuple(secrets)
    return tuple(mask_line(line, known) for line in mask("\n".join(lines), known).split("\n"))


def _without(text: str, forms: set[str]) -> str:
    """Longest first, all at once, so that no part of one secret is left by hiding another."""
    if not forms:
        return text
    ordered = sorted(forms, key=len, reverse=True)
    hidden = MASK if not any(form in MASK for form in forms) else ""
    text = re.sub("|".join(re.escape(form) for form in ordered), hidden, text)
    while any(form in text for form in ordered):  # hiding may have joined two halves
        text = re.sub("|".join(re.escape(form) for form in ordered), "", text)
    return text
