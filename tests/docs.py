"""Docs: `python -m tests.docs` writes what is generated anew: each `<!-- generated:NAME -->` of PAGES, and SCHEMA.

`--check` writes nothing: it names what is stale and exits with 1.
"""

import ast
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args

from jobs.settings import Settings
from jobs.ticket import diagram
from jobs.ticket.budget import Budget
from jobs.ticket.commands import COMMANDS
from jobs.ticket.configuration import Configuration
from jobs.ticket.rules import RULES
from tests.permissions import EVENTS, calls_for, reasons

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PAGES = (README, ROOT / "docs" / "working-with-autocode.md")
SCHEMA = ROOT / "manifests" / "autocode.schema.json"
"""Of `.github/autocode.yml`, for editors."""
BLOCK = re.compile(
    r"(?P<begin><!-- generated:(?P<name>[a-z]+) -->\n).*?(?P<end><!-- /generated -->)", re.DOTALL
)


def rules() -> str:
    """Every event that asks for a ticket to be looked at, and when."""
    rows = [(f"`{event}`", _promise(rule)) for event, rule in RULES.items()]
    return diagram.table(("event", "matters only when"), rows)


def phases() -> str:
    """The state diagram and the table of phases."""
    return f"```mermaid\n{diagram.mermaid()}\n```\n\n{diagram.phase_table()}"


def settings() -> str:
    """Every variable, its default and its meaning."""
    rows = [row for cls in (Settings, Budget) for row in _variables(cls)]
    return diagram.table(("variable", "default", "meaning"), rows)


def tools() -> str:
    """Every tool that the model may use."""
    from jobs.agent.tools import TOOLS

    rows = [
        (f"`{name}`", _promise(inspect.getmodule(tool.run)).partition(": ")[2])
        for name, tool in TOOLS.items()
    ]
    return diagram.table(("tool", "does"), rows)


def grants() -> str:
    """Every permission that the App asks for, why, and what needs it."""
    rows = [
        (
            f"`{name}`", access, why, ", ".join(f"`{event}`" for event in EVENTS.get(name, ())) or "none",
            ", ".join(f"`{call.replace('/repos/{owner}/{repo}', '…')}`" for call in calls_for(name)),
        )
        for name, (access, why) in reasons().items()
    ]  # fmt: skip
    return diagram.table(("permission", "access", "why", "events", "calls"), rows)


def commands() -> str:
    """Every command and what it does."""
    rows = [(f"`{f'/autocode {name}'.strip()}`", meaning) for name, meaning in COMMANDS.items()]
    return diagram.table(("command", "does"), rows)


def configuration() -> str:
    """Every key of the configuration file, its default and its meaning."""
    return diagram.table(("key", "default", "meaning"), _keys(Configuration))


def _keys(cls: Any, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    meanings = attribute_docstrings(cls)
    for item in fields(cls):
        name = f"{prefix}{item.name}"
        if is_dataclass(item.type):
            yield f"`{name}`", "", meanings[item.name]
            yield from _keys(item.type, f"{name}.")
        else:
            yield f"`{name}`", _plain(item.default), meanings[item.name]


def _plain(default: object) -> str:
    text = str(default).lower() if isinstance(default, bool) else default
    return "unset" if default is None else f"`{text}`"


def json_schema() -> str:
    """The configuration file's JSON schema."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "autocode's configuration"}
    return json.dumps(head | _schema(Configuration), indent=2) + "\n"


def _schema(cls: Any) -> dict[str, Any]:
    meanings = attribute_docstrings(cls)
    properties: dict[str, Any] = {}
    for item in fields(cls):
        is_group = is_dataclass(item.type)
        described = _schema(item.type) if is_group else get_args(item.type)[1].schema()
        default = {} if is_group or item.default is None else {"default": item.default}
        properties[item.name] = described | default | {"description": " ".join(meanings[item.name].split())}
    return {"type": "object", "additionalProperties": False, "properties": properties}


GENERATORS: dict[str, Callable[[], str]] = {
    "rules": rules,
    "phases": phases,
    "settings": settings,
    "tools": tools,
    "permissions": grants,
    "commands": commands,
    "configuration": configuration,
}


def fresh(text: str) -> str:
    """The text with every block as it should be; KeyError for a name that nothing generates."""
    return BLOCK.sub(lambda found: f"{found['begin']}\n{GENERATORS[found['name']]()}\n\n{found['end']}", text)


def stale(text: str) -> list[str]:
    """The names of the blocks that are not as they should be."""
    pairs = zip(BLOCK.finditer(text), BLOCK.finditer(fresh(text)), strict=True)
    return [old["name"] for old, new in pairs if old[0] != new[0]]


def _variables(cls: type[Settings] | type[Budget]) -> list[tuple[str, str, str]]:
    meanings = attribute_docstrings(cls)
    return [
        (f"`{item.metadata['env']}`", _default(item), meanings[item.name])
        for item in fields(cls)
        if "env" in item.metadata
    ]


def _default(item: Field[Any]) -> str:
    if "required" in item.metadata:
        return "*required*"
    if item.default in (None, "", MISSING):
        return "unset"
    if isinstance(item.default, bool):
        return "`yes`" if item.default else "`no`"
    return f"`{item.default}`"


def attribute_docstrings(cls: type) -> dict[str, str]:
    """The string below each annotated attribute of a class, which Python itself throws away."""
    body = ast.parse(inspect.getsource(cls)).body[0]
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: text.value.value
        for field, text in zip(body.body, body.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _promise(documented: object) -> str:
    """The first line of a docstring."""
    return (inspect.getdoc(documented) or "").partition("\n")[0]


def main(arguments: list[str]) -> int:
    texts = {page: page.read_text() for page in PAGES}
    if arguments == ["--check"]:
        found = [f"{page.name}: {name}" for page, text in texts.items() for name in stale(text)]
        if not SCHEMA.exists() or SCHEMA.read_text() != json_schema():
            found.append(SCHEMA.name)
        if found:
            print(f"stale: {', '.join(found)}; `make docs` writes them anew", file=sys.stderr)
        return 1 if found else 0
    for page, text in texts.items():
        page.write_text(fresh(text))
    SCHEMA.write_text(json_schema())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
