"""What import contracts cannot say: the functional core needs nothing but Python, and every package is pinned."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = sorted((ROOT / "jobs" / "ticket").glob("*.py"))
PIN = re.compile(r"[A-Za-z0-9_.-]+(\[[a-z0-9-]+\])?==\S+")


def imported(path: Path) -> set[str]:
    """The modules that a file imports, dots and all."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.name)
def test_the_functional_core_imports_only_the_standard_library_and_itself(path):
    foreign = {
        name
        for name in imported(path)
        if name.partition(".")[0] not in sys.stdlib_module_names and not name.startswith("jobs.ticket")
    }
    assert not foreign


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-demo.txt", "requirements-dev.txt", "constraints.txt"]
)
def test_every_package_is_pinned(name):
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    loose = [line for line in lines if line and not line.startswith("-r ") and not PIN.fullmatch(line)]
    assert not loose


def test_the_constraints_hold_the_pins_of_the_requirements():
    def pins(name: str) -> set[str]:
        lines = [
            re.sub(r"\[.*?\]", "", line).split("#")[0].strip()
            for line in (ROOT / name).read_text().splitlines()
        ]
        return {line.lower().replace("_", "-") for line in lines if "==" in line}

    wanted = pins("requirements.txt") | pins("requirements-demo.txt") | pins("requirements-dev.txt")
    assert wanted <= pins("constraints.txt"), "`make lock` writes them anew"
