"""The units of time that tempo knows, the longest first."""

UNITS = {"h": 3600, "m": 60, "s": 1}
"""Letter → seconds."""
