"""Text: what people wrote, without what people cannot see. Pure.

Hidden text is a known way to give orders to a model behind its owner's back: characters without a glyph, tag
characters that spell out ASCII, runs of variation selectors that carry bytes, HTML comments that GitHub does
not show. What a person sees on the page is what the model reads.
"""

import re
import unicodedata
from collections.abc import Iterator

VISIBLE_FORMAT = re.compile("[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd]")
"""Category Cf, yet drawn: the number and verse signs of Arabic, Syriac and Kaithi."""
JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")
"""Kept where they shape a character that is seen: emoji sequences (👩‍💻, ❤️), Persian and Indic spelling."""
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0d\U000e0000-\U000e0fff]"
)
"""Drawn as nothing although their category is not Cf: fillers, variation selectors, the block of the tags."""
HIDDEN = "<!-- … -->"
"""Stands where an HTML comment stood, so that a sentence about one still makes sense."""


def cleaned(text: str) -> str:
    """The text without invisible characters and without the contents of HTML comments.

    Line ends become `\\n`. A comment that is never closed hides everything after it on GitHub, and here.
    """
    text = re.sub(r"\r\n?|[\u2028\u2029]", "\n", text)
    text = "".join(_visible(text))
    return re.sub(r"<!--.*?(?:-->|\Z)", HIDDEN, text, flags=re.DOTALL)


def _visible(text: str) -> Iterator[str]:
    before = " "
    for character in BLANK.sub("", text):
        if _joins(before, character) if character in JOINERS else _has_glyph(character):
            yield character
            before = character


def _joins(before: str, joiner: str) -> bool:
    """It stands alone after something outside ASCII: a run of them, or one in plain text, is a message."""
    return not before.isascii() and (before not in JOINERS or before + joiner == "\ufe0f\u200d")


def _has_glyph(character: str) -> bool:
    """Neither a control, nor a formatting character, nor half of a surrogate pair."""
    is_format = unicodedata.category(character) in ("Cc", "Cf", "Cs")
    return not is_format or character in "\n\t" or VISIBLE_FORMAT.match(character) is not None
