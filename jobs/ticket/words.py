"""Words: how other people's text is put into ours without doing anything there."""

import re

ZERO_WIDTH_SPACE = "\u200b"
COMMENT_LIMIT = 65_536
"""Characters in a comment or a pull request's body, GitHub's own limit."""


def quiet(text: str) -> str:
    """The text with nobody mentioned, no issue referred to or closed, and no HTML comment begun or ended."""
    text = re.sub(r"@(?=[A-Za-z0-9])", f"@{ZERO_WIDTH_SPACE}", text)
    text = re.sub(r"#(?=\d)", f"#{ZERO_WIDTH_SPACE}", text)
    return text.replace("<!--", "&lt;!--").replace("-->", "--&gt;")


def short(text: str, limit: int = 100) -> str:
    """The text on one line, cut to `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def fenced(text: str, language: str = "text") -> str:
    """The text in a code fence that nothing in it can close."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def fitted(text: str, limit: int = COMMENT_LIMIT) -> str:
    """The text within GitHub's limit; what is too much at the end is replaced by a line that says so."""
    if len(text) <= limit:
        return text
    notice = "\n\n…\n\n(cut here: GitHub takes no more than 65,536 characters)"
    return text[: limit - len(notice)] + notice


def elided(text: str, each: int = 5_000) -> str:
    """The text with its middle left out when it is longer than both ends of `each` characters together."""
    if len(text) <= 2 * each:
        return text
    left_out = len(text) - 2 * each
    return f"{text[:each]}\n\n[… {left_out:,} characters left out …]\n\n{text[-each:]}"
