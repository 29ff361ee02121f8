"""app.yml asks for exactly what the code uses."""

from pathlib import Path

import yaml

from jobs.github.tokens import PERMISSIONS
from jobs.ticket.rules import RULES

MANIFEST = yaml.safe_load(Path("app.yml").read_text())


def test_the_manifest_asks_for_what_a_token_is_minted_with():
    assert MANIFEST["default_permissions"] == PERMISSIONS | {"metadata": "read"}


def test_the_manifest_subscribes_to_the_events_that_have_rules():
    by_themselves = {"installation", "installation_repositories", "ping"}
    assert set(MANIFEST["default_events"]) == {name.partition(".")[0] for name in RULES} - by_themselves
