"""Settings: what the environment may say, and what is said about what it may not."""

import pytest

from jobs.settings import MissingSettings, Settings

REQUIRED = {
    "GITHUB_APP_ID": "7",
    "GITHUB_PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----",
    "GITHUB_WEBHOOK_SECRET": "secret",
    "ANTHROPIC_API_KEY": "key",
}


@pytest.mark.parametrize(
    ("text", "means"), [("1", True), ("yes", True), ("true", True), ("0", False), ("no", False), ("", False)]
)
def test_deliveries_are_pulled_when_that_is_switched_on(text, means):
    assert Settings.from_environment(REQUIRED | {"PULL_DELIVERIES": text}).pull_deliveries is means


def test_a_switch_that_is_neither_on_nor_off_is_named():
    with pytest.raises(MissingSettings, match="PULL_DELIVERIES: '3s' arrived, yes or no was expected"):
        Settings.from_environment(REQUIRED | {"PULL_DELIVERIES": "3s"})
