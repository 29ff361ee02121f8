"""What is generated in the README is fresh, and the generator tells stale from fresh."""

import re
from pathlib import Path

from tests import docs


def test_the_generated_blocks_of_the_readme_are_fresh():
    assert docs.stale(docs.README.read_text()) == [], "`make docs` writes them anew"


def test_every_table_is_in_the_readme():
    names = {block["name"] for block in docs.BLOCK.finditer(docs.README.read_text())}
    assert names == set(docs.GENERATORS)


def test_a_stale_block_is_named():
    text = "<!-- generated:phases -->\nold\n<!-- /generated -->"
    assert docs.stale(text) == ["phases"]
    assert docs.stale(docs.fresh(text)) == []


def test_every_setting_has_a_meaning():
    for line in docs.settings().splitlines()[2:]:
        assert all(cell.strip() for cell in line.strip("|").split(" | ")), line


def test_the_check_writes_nothing(monkeypatch, tmp_path, capsys):
    readme = tmp_path / "README.md"
    readme.write_text("<!-- generated:settings -->\nold\n<!-- /generated -->")
    monkeypatch.setattr(docs, "README", Path(readme))
    assert docs.main(["--check"]) == 1
    assert "stale: settings" in capsys.readouterr().err
    assert "old" in readme.read_text()


def test_every_fault_in_the_readme_is_shown_by_a_test():
    rows = re.findall(r"\]\((tests/\S+\.py)\)(?: `(\w+)`)?", docs.README.read_text())
    assert len(rows) > 20
    for path, name in rows:
        assert re.search(rf"^def test_\w*{name}", (docs.README.parent / path).read_text(), re.MULTILINE), (
            path,
            name,
        )
