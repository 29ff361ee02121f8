"""Markdown as GitHub shows it: tables, task lists, <details>, mentions; comments hidden, other HTML escaped."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
HARMLESS = re.compile(r"(</?(?:details|summary|br|sub|sup|kbd)(?:\s+open)?\s*/?>)", re.IGNORECASE)
LINKED = re.compile(
    r"(?P<url>https?://[^\s<>]*[^\s<>.,:;!?)'\"])|(?<![\w/&])(?P<number>#\d+)\b|(?<![\w/.])(?P<login>@[a-zA-Z\d-]+)"
)
TASK = re.compile(r"\[(?P<done>[ xX])\]\s+")


def render(text: str | None, repository: str) -> Markup:
    """HTML of a text of the repository `owner/name`, to which `#12` refers."""
    return Markup(_markdown().render(text or "", {"repository": repository}))


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable(["table", "strikethrough"])
    markdown.core.ruler.push("task_lists", _mark_tasks)
    markdown.core.ruler.push("links", _link_bare_addresses)
    markdown.add_render_rule("html_block", _harmless_html)
    markdown.add_render_rule("html_inline", _harmless_html)
    markdown.add_render_rule("image", _link_to_image)
    markdown.add_render_rule("task_box", _task_box)
    return markdown


def _harmless_html(_: RendererHTML, tokens: Sequence[Token], at: int, *__: object) -> str:
    """Hide comments, keep the few tags that only fold or set text, escape everything else."""
    pieces = HARMLESS.split(COMMENT.sub("", tokens[at].content))
    return "".join(piece if HARMLESS.fullmatch(piece) else str(escape(piece)) for piece in pieces)


def _link_to_image(
    renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    """Nothing is loaded from elsewhere."""
    name = renderer.renderInlineAsText(tokens[at].children or [], options, env) or "image"
    return f'<a href="{escape(str(tokens[at].attrGet("src")))}">{escape(name)}</a>'


def _task_box(_: RendererHTML, tokens: Sequence[Token], at: int, *__: object) -> str:
    return f'<span class="box {tokens[at].content}" role="img" aria-label="{tokens[at].content}"></span>'


def _mark_tasks(state: StateCore) -> None:
    """`- [x] done` shows a ticked box."""
    for item, paragraph, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if (item.type, paragraph.type, inline.type) != ("list_item_open", "paragraph_open", "inline"):
            continue
        first = (inline.children or [Token("text", "", 0)])[0]
        if found := TASK.match(first.content):
            item.attrJoin("class", "task")
            first.content = first.content[found.end() :]
            box = Token("task_box", "", 0, content="done" if found["done"] in "xX" else "open")
            inline.children = [box, *(inline.children or [])]


def _link_bare_addresses(state: StateCore) -> None:
    """Mark addresses, `#12` and `@login` in running text; those in links and code stay as they are."""
    for inline in state.tokens:
        if inline.type == "inline":
            inline.children = list(_linked(inline.children or [], str(state.env["repository"])))


def _linked(children: list[Token], repository: str) -> Iterator[Token]:
    inside_link = 0
    for child in children:
        inside_link += (child.type == "link_open") - (child.type == "link_close")
        if child.type == "text" and not inside_link:
            yield from _split(child.content, repository)
        else:
            yield child


def _split(text: str, repository: str) -> Iterator[Token]:
    end = 0
    for found in LINKED.finditer(text):
        yield Token("text", "", 0, content=text[end : found.start()])
        opening, closing = _around(found, repository)
        yield opening
        yield Token("text", "", 0, content=found.group())
        yield closing
        end = found.end()
    yield Token("text", "", 0, content=text[end:])


def _around(found: re.Match[str], repository: str) -> tuple[Token, Token]:
    """A link around an address or a number; people have no pages here and are set in bold."""
    if found["login"]:
        return Token("strong_open", "strong", 1), Token("strong_close", "strong", -1)
    target = found["url"] or f"/{repository}/issues/{found['number'][1:]}"
    return Token("link_open", "a", 1, attrs={"href": target}), Token("link_close", "a", -1)
