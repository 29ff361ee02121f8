import pytest

from tempo import parse


@pytest.mark.parametrize(("text", "seconds"), [("45s", 45), ("90m", 5400), ("2h", 7200), (" 5m ", 300)])
def test_a_duration_is_read(text, seconds):
    assert parse(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "h", "-1h"])
def test_what_is_no_duration_is_named(text):
    with pytest.raises(ValueError, match="not a duration"):
        parse(text)
