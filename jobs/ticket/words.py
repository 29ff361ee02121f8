"""Words: how other people's text is put into ours without doing anything there, and without being too much. Pure."""

import re
from collections.abc import Iterable

ZERO_WIDTH_SPACE = "\u200b"
COMMENT_LIMIT = 65_536
"""Characters in a comment or a pull request's body, GitHub's own limit."""


# What GitHub would act upon, each with the place where an invisible space keeps it from doing so.
# https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
# https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
ACTIVE = re.compile(
    r"@(?=[A-Za-z0-9])"  # mentions
    r"|#(?=\d)|\bGH-(?=\d)"  # references, and with a word like "closes" before them more than that
    r"|\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)(?=:?\s+https?://)"
    r"|!(?=\[)"  # images, which whoever reads would fetch from anywhere
    r"|<(?=[A-Za-z/!?])"  # HTML, hidden comments among it
    r"|--(?=>)",
    re.IGNORECASE,
)


def quiet(text: str) -> str:
    """The text with nothing in it that does something: no mention, reference, closing word, image or HTML."""
    return ACTIVE.sub(lambda found: found[0] + ZERO_WIDTH_SPACE, text)


def short(text: str, limit: int = 100) -> str:
    """The text on one line, cut to `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def few(names: Iterable[str], limit: int = 60, most: int = 20) -> tuple[str, ...]:
    """The names, each cut to `limit` characters; beyond `most` only how many more there are."""
    names = tuple(names)
    left = len(names) - most
    more = (f"{left} more",) if left > 0 else ()
    return (*(short(name, limit) for name in names[:most]), *more)


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
