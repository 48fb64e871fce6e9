"""Reading a scenario file, with what it extends."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any

from deployctl.sandbox.fault_kinds import checked, nearest
from deployctl.sandbox.registry.containerd import NETWORK
from deployctl.sandbox.scenario.model import FaultSpec, Scenario
from deployctl.sandbox.scenario.parse import ScenarioError, build

IDENTITY = {
    "nodes": ("name",),
    "registries": ("host",),
    "accounts": ("username",),
    "images": ("repository", "tag"),
    "identities": ("client_id",),
}
"""Entries of these lists with the same values are one: what extends changes it."""


def shipped() -> dict[str, Path]:
    """The scenarios that come with the sandbox, by name."""
    folder = Path(str(resources.files("deployctl.sandbox.scenario") / "scenarios"))
    return {file.relative_to(folder).with_suffix("").as_posix(): file for file in sorted(folder.glob("**/*.toml"))}


def name_of(file: Path) -> str:
    """What a scenario file is called: `incidents/arch001-expired` for a shipped one, else the file's own name."""
    known = {path.resolve(): name for name, path in shipped().items()}
    return known.get(file.resolve(), file.stem)


def find(name: str) -> Path:
    """A file's path, or a shipped scenario's name. Raises ScenarioError with the nearest name."""
    path = Path(name)
    if path.suffix == ".toml" or path.exists():
        if not path.is_file():
            raise ScenarioError(f"{path}: no such scenario file")
        return path
    known = shipped()
    if name not in known:
        raise ScenarioError(f"no scenario {name!r}{near_names(name, known)}")
    return known[name]


def near_names(name: str, known: Mapping[str, Path]) -> str:
    """`; did you mean …?`, several where several are near, by the whole name or by its part after the folder."""
    by_part = {full.rpartition("/")[2]: full for full in known}
    close = [*get_close_matches(name, known, n=3), *(by_part[p] for p in get_close_matches(name, by_part, n=3))]
    inside = [full for full in known if name and name in full]
    near = list(dict.fromkeys([*close, *inside]))[:5]
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else f"; there are {', '.join(known)}"


def load(name: str) -> Scenario:
    """The scenario of that name or file, objects' paths made absolute. Raises ScenarioError naming file and key."""
    file = find(name)
    try:
        return _scenario(_merged(file, ()), name_of(file))
    except ScenarioError as error:
        raise ScenarioError(f"{file}: {error}") from error


def _merged(file: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    if file.resolve() in seen:
        raise ScenarioError(f"extends itself by way of {file}")
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{file} is not TOML: {error}") from error
    for owner in (table, table.get("then", {})):
        if isinstance(owner, dict) and "objects" in owner:
            owner["objects"] = [str(_object_file(file, entry)) for entry in owner["objects"]]
    parent = table.pop("extends", None)
    if parent is None:
        return table
    beside = file.parent / f"{parent}.toml"
    parent_file = beside if beside.is_file() and beside.resolve() != file.resolve() else find(str(parent))
    return merge(_merged(parent_file, (*seen, file.resolve())), table)


def _object_file(file: Path, entry: object) -> Path:
    path = file.parent / str(entry)
    if not path.exists():
        raise ScenarioError(f"objects: {path} does not exist")
    return path


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Tables merge, lists grow, and list entries of one identity merge; the second wins."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            merged[key] = merge(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            merged[key] = _merge_lists(IDENTITY.get(key, ()), old, value)
        else:
            merged[key] = value
    return merged


def _merge_lists(identity: tuple[str, ...], old: list[Any], new: list[Any]) -> list[Any]:
    merged = list(old)
    for entry in new:
        place = next((n for n, known in enumerate(merged) if identity and _same(identity, known, entry)), None)
        if place is None:
            merged.append(entry)
        else:
            merged[place] = merge(merged[place], entry)
    return merged


def _same(identity: tuple[str, ...], one: object, other: object) -> bool:
    if not (isinstance(one, Mapping) and isinstance(other, Mapping)):
        return False
    return all(one.get(key) == other.get(key) and key in one for key in identity)


def _scenario(table: dict[str, Any], name: str) -> Scenario:
    for host, error in (table.get("unreachable") or {}).items():
        if error not in NETWORK:
            raise ScenarioError(f"unreachable.{host}: {error!r} is no failure{nearest(str(error), NETWORK)}")
    faults = _faults(table, "faults")
    later = _faults(table["then"], "then.faults") if isinstance(table.get("then"), dict) else ()
    scenario = build(Scenario, {"name": name, **table}, "")
    return replace(scenario, faults=faults, then=replace(scenario.then, faults=later))


def _faults(table: dict[str, Any], path: str) -> tuple[FaultSpec, ...]:
    return tuple(_fault(entry, f"{path}[{number}]") for number, entry in enumerate(table.pop("faults", [])))


def _fault(entry: object, path: str) -> FaultSpec:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("kind"), str):
        raise ScenarioError(f"{path} must be a table with a kind")
    parameters = {key: value for key, value in entry.items() if key != "kind"}
    try:
        return FaultSpec(entry["kind"], checked(entry["kind"], parameters))
    except ValueError as error:
        raise ScenarioError(f"{path}: {error}") from error
