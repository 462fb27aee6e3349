"""The one Markdown function: what a preview shows is what the page shows, and nothing of it can run."""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from app.core.names import slugify

HEADING_LENGTH = 80
TAGS = nh3.ALLOWED_TAGS | {"input", "section"}
ATTRIBUTES: dict[str, set[str]] = {
    **{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    **{f"h{level}": {"id"} for level in range(1, 7)},
    "a": {"href", "title", "id", "class"},
    "code": {"class"},
    "input": {"type", "checked", "disabled", "class", "aria-label"},
    "li": {"id", "class"},
    "ol": {"class", "start"},
    "section": {"class"},
    "sup": {"class"},
    "ul": {"class"},
    "th": {"align", "class"},
    "td": {"align", "class"},
}


@dataclass(frozen=True, slots=True)
class Heading:
    """An entry of the table of contents."""

    id: str
    title: str
    level: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """Safe HTML and the headings in it."""

    html: str
    headings: tuple[Heading, ...]


def render(source: str) -> Rendered:
    """Render CommonMark with tables, task lists and footnotes; raw HTML in it is shown as text.

    The highest heading becomes an ``h2``, whatever level it was written with: the page's title is the only ``h1``.
    """
    tokens = _parser().parse(source)
    _shift_headings(tokens)
    _align_cells(tokens)
    _name_checkboxes(tokens)
    html = _parser().renderer.render(tokens, _parser().options, {})
    return Rendered(_sanitise(html), tuple(_headings(tokens)))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": True}).enable(["table", "strikethrough", "linkify"])
    # Whole addresses only: README.md is a file, not a site.
    parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False})  # type: ignore[union-attr]
    parser.use(footnote_plugin)
    parser.use(tasklists_plugin)
    parser.use(anchors_plugin, min_level=1, max_level=6, slug_func=_heading_id)
    return parser


def _shift_headings(tokens: list[Token]) -> None:
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    highest = min((int(token.tag[1]) for token in headings), default=2)
    for token in headings:
        token.tag = f"h{min(int(token.tag[1]) - highest + 2, 6)}"


def _align_cells(tokens: list[Token]) -> None:
    """An attribute instead of an inline style, which the content security policy would block."""
    for token in tokens:
        if token.type in ("th_open", "td_open") and "style" in token.attrs:
            token.attrSet("align", str(token.attrs.pop("style")).removeprefix("text-align:"))


def _name_checkboxes(tokens: list[Token]) -> None:
    """A screen reader needs a name for each box of a task list. With HTML off, only that plugin makes such tokens."""
    for token in tokens:
        for child in token.children or ():
            if child.type == "html_inline" and child.content.startswith("<input "):
                state = "done" if "checked=" in child.content else "to do"
                child.content = child.content.replace("<input ", f'<input aria-label="{state}" ', 1)


def _heading_id(title: str) -> str:
    """Prefixed, so that no heading takes the id of a part of the page."""
    return f"section-{slugify(title, HEADING_LENGTH)}"


def _headings(tokens: list[Token]) -> list[Heading]:
    return [
        Heading(str(opening.attrs["id"]), _plain(inline), int(opening.tag[1]))
        for opening, inline in pairwise(tokens)
        if opening.type == "heading_open"
    ]


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline"))


def _sanitise(html: str) -> str:
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        attribute_filter=_only_checkboxes,
    )


def _only_checkboxes(tag: str, attribute: str, value: str) -> str | None:
    return None if (tag, attribute) == ("input", "type") and value != "checkbox" else value
