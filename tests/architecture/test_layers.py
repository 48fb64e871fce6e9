"""The rooms of the house, and who may lean on whom (docs/architecture.md)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "deployctl"

MAY_IMPORT: dict[str, frozenset[str]] = {
    "model": frozenset(),
    "ports": frozenset({"model"}),
    "overlay": frozenset({"model"}),
    "planning": frozenset({"model"}),
    "ui": frozenset({"model"}),
    "config": frozenset({"model", "overlay", "ports"}),
    "adapters": frozenset({"ports", "model"}),
    "engine": frozenset({"ports", "model", "planning", "overlay"}),
    "wiring": frozenset({"adapters", "config", "engine", "ports", "model"}),
    "cli": frozenset({"ui", "wiring", "engine", "config", "sandbox", "planning", "ports", "model", "adapters"}),
    "sandbox": frozenset(),
    "__main__": frozenset({"cli"}),
}
"""Room -> the other rooms that it may import. `cli` reaches for one adapter only, the signal handling of the clock."""

STANDARD_LIBRARY_ONLY = ("model",)


def files_of(room: str) -> tuple[Path, ...]:
    folder = PACKAGE / room
    return tuple(sorted(folder.rglob("*.py"))) if folder.is_dir() else (PACKAGE / f"{room}.py",)


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide who leans on whom"
            yield node.module or ""


def room_of(module: str) -> str:
    return module.split(".")[1] if module.startswith("deployctl.") else ""


def test_every_room_is_in_the_table() -> None:
    rooms = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p.is_dir() and (p / "__init__.py").exists())}
    assert rooms - {"__init__"} == set(MAY_IMPORT)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_leans_only_on_those_it_may(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room, ""}
    leaning = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files_of(room)
        for module in imported(path)
        if room_of(module) not in allowed
    ]
    assert leaning == []


@pytest.mark.parametrize("room", STANDARD_LIBRARY_ONLY)
def test_the_model_imports_the_standard_library_only(room: str) -> None:
    import sys

    foreign = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files_of(room)
        for module in imported(path)
        if not module.startswith("deployctl") and module.split(".")[0] not in sys.stdlib_module_names
    ]
    assert foreign == []


def test_the_sandbox_imports_nothing_of_deployctl_but_itself() -> None:
    leaning = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files_of("sandbox")
        for module in imported(path)
        if module == "deployctl" or (module.startswith("deployctl.") and not module.startswith("deployctl.sandbox"))
    ]
    assert leaning == []


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    long = {str(p.relative_to(ROOT)): n for p in PACKAGE.rglob("*.py") if (n := len(p.read_text().splitlines())) > 300}
    assert long == {}


def test_outside_the_sandbox_printing_and_exiting_happen_in_the_command_line_only() -> None:
    guilty = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        if path.parts[len(PACKAGE.parts)] not in ("cli", "sandbox")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id == "print")
            or (isinstance(node.func, ast.Attribute) and ast.unparse(node.func) == "sys.exit")
        )
    ]
    assert guilty == []
