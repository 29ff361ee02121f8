"""What is generated in the pages is fresh, and the generator tells stale from fresh."""

import re
from pathlib import Path

import jsonschema_rs
import yaml

from jobs.configuration import read_configuration
from tests import docs


def test_what_is_generated_is_fresh(capsys):
    assert docs.main(["--check"]) == 0, capsys.readouterr().err


def test_every_table_is_in_a_page():
    names = {block["name"] for page in docs.PAGES for block in docs.BLOCK.finditer(page.read_text())}
    assert names == set(docs.GENERATORS)


def test_the_schema_takes_what_the_reader_takes():
    schema = jsonschema_rs.validator_for(docs.json_schema())
    for text, is_right in (
        ("plan: approve\nboard: {done: Shipped}", True),
        ("metod: x", False),
        ("usd: 0", False),
    ):
        assert schema.is_valid(yaml.safe_load(text)) is is_right
        assert (not read_configuration(text)[1]) is is_right


def test_a_stale_block_is_named():
    text = "<!-- generated:phases -->\nold\n<!-- /generated -->"
    assert docs.stale(text) == ["phases"]
    assert docs.stale(docs.fresh(text)) == []


def test_every_setting_has_a_meaning():
    for line in docs.settings().splitlines()[2:]:
        assert all(cell.strip() for cell in line.strip("|").split(" | ")), line


def test_the_check_writes_nothing(monkeypatch, tmp_path, capsys):
    readme = tmp_path / "page.md"
    readme.write_text("<!-- generated:settings -->\nold\n<!-- /generated -->")
    monkeypatch.setattr(docs, "PAGES", (Path(readme),))
    assert docs.main(["--check"]) == 1
    assert "stale: page.md: settings" in capsys.readouterr().err
    assert "old" in readme.read_text()


def test_every_fault_in_the_readme_is_shown_by_a_test():
    rows = re.findall(r"\]\((tests/\S+\.py)\)(?: `(\w+)`)?", docs.README.read_text())
    assert len(rows) > 20
    for path, name in rows:
        assert re.search(rf"^def test_\w*{name}", (docs.README.parent / path).read_text(), re.MULTILINE), (
            path,
            name,
        )
