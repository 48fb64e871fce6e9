"""Types as the real server's decoder names them in its errors: `int32`, `[]v1.Container`, `map[string]string`."""

from __future__ import annotations

from deployctl.sandbox.schema.types import Atom

RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


def struct_name(atom: Atom) -> str:
    """`io.k8s.api.apps.v1.DeploymentSpec` is `DeploymentSpec`."""
    return atom.name.rpartition(".")[2]


def spelled(atom: Atom) -> str:
    """The Go type of an atom."""
    if atom.format == "int-or-string":
        return "int32"
    if atom.scalar and not atom.map:
        return {"string": "string", "byte": "[]uint8", "date-time": "string"}.get(atom.format, _number(atom))
    if atom.list:
        return "[]" + spelled(atom.list.item)
    if atom.map and atom.map.fields:
        package, _, name = atom.name.rpartition(".")
        return f"{package.rpartition('.')[2]}.{name}"
    child = atom.map.child("") if atom.map else None
    return f"map[string]{spelled(child)}" if child else "map[string]interface {}"


def _number(atom: Atom) -> str:
    if atom.scalar == "boolean":
        return "bool"
    return atom.format if atom.format in RANGES else "float64" if atom.scalar == "numeric" else "string"
