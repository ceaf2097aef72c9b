from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

CORE = Path(__file__).resolve().parents[2] / "qudag_tui" / "core"
PURE = {
    "__future__",
    "bisect",
    "collections",
    "dataclasses",
    "datetime",
    "difflib",
    "enum",
    "functools",
    "itertools",
    "math",
    "operator",
    "qudag_tui.core",
    "re",
    "shlex",
    "statistics",
    "typing",
    "unicodedata",
}
ASKS_THE_WORLD = {"now", "utcnow", "today", "open", "print", "input", "exec", "eval", "__import__"}


def modules() -> list[Path]:
    return sorted(CORE.rglob("*.py"))


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.stem)
def test_a_core_module_imports_nothing_but_pure_parts_of_the_standard_library_and_the_core(path: Path) -> None:
    imported: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")

    def is_pure(name: str) -> bool:
        return name in PURE or name.split(".", maxsplit=1)[0] in PURE or name.startswith("qudag_tui.core")

    assert sorted(name for name in imported if not is_pure(name)) == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.stem)
def test_a_core_module_asks_neither_the_clock_nor_the_disk(path: Path) -> None:
    called = {
        node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    }

    assert sorted(called & ASKS_THE_WORLD) == []


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("qudag_tui.core.state", ("textual", "psutil", "httpx", "tomlkit", "sqlite3", "asyncio")),
        ("qudag_tui.run.run", ("textual", "psutil", "httpx", "tomlkit", "tree_sitter")),
        ("qudag_tui.supervisor.process", ("textual", "httpx", "tomlkit", "tree_sitter", "rich")),
        ("qudag_tui.cli.main", ("textual", "psutil", "httpx", "tomlkit", "tree_sitter", "asyncio", "rich")),
    ],
)
def test_a_package_loads_nothing_heavier_than_it_needs(module: str, heavy: tuple[str, ...]) -> None:
    script = f"import sys, {module}; print(*(name for name in {heavy!r} if name in sys.modules))"

    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert loaded.strip() == ""
