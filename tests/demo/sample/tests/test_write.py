import pytest

from tempo import parse, write
from tempo.units import UNITS


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (59, "59s"), (3600, "1h"), (5400, "1h30m"), (3601, "1h1s")])
def test_a_duration_is_written(seconds, text):
    assert write(seconds) == text


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_that_is_read_is_written_too(unit):
    assert write(parse(f"2{unit}")) == f"2{unit}"
