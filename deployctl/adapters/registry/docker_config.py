"""Docker's config.json: `auths`, `credHelpers` and `credsStore`, as docker's own client reads them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from deployctl.adapters.registry.credential import Credential, Found, Lacking, Login, RefreshToken
from deployctl.adapters.registry.helpers import ask_helper
from deployctl.adapters.registry.hosts import DOCKER_HUB_KEY, DOCKER_HUB_NAMES, docker_key_fits
from deployctl.model.json import Json, mapping, text


def find_login(config: object, host: str, path: str, *, environ: Mapping[str, str], timeout: float) -> Found | Lacking:
    """The login for a host: its own helper, then the store, then what the file itself holds."""
    helper = _helper_for(mapping(config, "credHelpers"), host) or text(config, "credsStore")
    if helper:
        answer = ask_helper(helper, _helper_key(mapping(config, "auths"), host), environ=environ, timeout=timeout)
        if isinstance(answer, Found):
            return answer
    else:
        answer = Lacking(f"docker ({path})", f"it has no entry for {host}")
    for key, entry in sorted(mapping(config, "auths").items()):
        login = parse_entry(entry) if docker_key_fits(key, host) else None
        if login:
            return Found(f"docker ({path})", login)
    return answer


def parse_entry(entry: object) -> Credential | None:
    """One entry of `auths`: `identitytoken`, `auth` (base64 of user:password) or plain fields; None when empty."""
    token = text(entry, "identitytoken")
    if token:
        return RefreshToken(token)
    username, password = _decoded(text(entry, "auth"))
    username, password = text(entry, "username") or username, text(entry, "password") or password
    return Login(username, password) if username and password else None


def _decoded(auth: str) -> tuple[str, str]:
    try:
        plain = base64.b64decode(auth, validate=False).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    username, _, password = plain.partition(":")
    return username, password.rstrip("\0")


def _helper_for(helpers: Json, host: str) -> str:
    return next((name for key, name in sorted(helpers.items()) if docker_key_fits(key, host)), "")


def _helper_key(auths: Json, host: str) -> str:
    """The name under which docker stored a login: as `auths` spells it, Docker Hub under its old address."""
    if host in DOCKER_HUB_NAMES:
        return DOCKER_HUB_KEY
    return next((key for key in sorted(auths) if docker_key_fits(key, host)), host)
