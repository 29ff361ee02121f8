"""Writing: from seconds to text."""


def write(seconds: int) -> str:
    """The shortest way to write a duration: `1h30m`, and `0s` for none."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{count}{unit}" for count, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if count]
    return "".join(parts) or "0s"
