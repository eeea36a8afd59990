"""`python -m tests.source_figures [--list]`: lines of source, and how many functions are used once.

Lines are those of every Python file outside of the tests, blank ones and migrations included. A function is
used once if it is private and its name stands once in its file beside its definition: what it does could
stand where it is used. `--list` names them, with their lines.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def source_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, check=True, text=True)
    return [ROOT / name for name in listed.stdout.split() if not name.startswith("tests/")]


def functions_in(path: Path) -> tuple[int, list[tuple[str, int]]]:
    """How many functions it defines, and those that are used once, with their lines."""
    text = path.read_text()
    defined = [node for node in ast.walk(ast.parse(text)) if isinstance(node, FUNCTIONS)]
    once = []
    for node in defined:
        private = node.name.startswith("_") and not node.name.startswith("__")
        if private and len(re.findall(rf"\b{node.name}\b", text)) == 2:
            once.append((f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", lines_of(node)))
    return len(defined), once


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def main(arguments: list[str]) -> None:
    files = source_files()
    lines: dict[str, int] = {}
    functions, once = 0, []
    for path in files:
        package = path.relative_to(ROOT).parts[0]
        lines[package] = lines.get(package, 0) + len(path.read_text().splitlines())
        if "migrations" not in path.parts:
            defined, single = functions_in(path)
            functions += defined
            once += single
    print(f"{sum(lines.values()):,} lines in {len(files)} files")
    print(", ".join(f"{package} {count:,}" for package, count in sorted(lines.items())))
    print(f"{functions:,} functions, {len(once):,} used once: {100 * len(once) / functions:.1f} %")
    if "--list" in arguments:
        for name, length in sorted(once, key=lambda pair: pair[1]):
            print(f"{length:4} {name}")


if __name__ == "__main__":
    main(sys.argv[1:])
