"""The one Markdown function: what a preview shows is what the page shows, and nothing of it can run.

Its cost grows with the length of the text and not faster: whatever looks at tokens does so once, and the parser counts
what it does. A text of 100,000 characters takes a tenth of a second, or three if it was made to be slow.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from time import thread_time

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from app.core.highlighting import highlighted
from app.core.markdown_effort import bounded, fresh_environment
from app.core.names import slugify

HEADING_LENGTH = 80
# What is longer ends as it is written: nobody waits, and nothing is left out.
LONGEST = 100_000
LONGEST_REMEMBERED, MOST_REMEMBERED = 20_000, 200
# Characters of code in one text: each becomes ten of HTML, which is read again to make it safe.
MOST_COLOURED = 20_000
# Of processor time, for a few lines that were made to be slow: honest code takes half of it.
COLOURING_SECONDS = 0.15
NEWLINE = re.compile(r"\r\n?|\n")
REST = """
<p class="rest-note">This text is very long. From here on it is shown as it is written.</p>
<pre class="rest">{}</pre>
"""
TASK = {"[ ] ": "to do", "[x] ": "done", "[X] ": "done"}
TAGS = nh3.ALLOWED_TAGS | {"input", "section"}
ATTRIBUTES: dict[str, set[str]] = {
    **{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    **{f"h{level}": {"id"} for level in range(1, 7)},
    "a": {"href", "title", "id", "class", "aria-label"},
    "code": {"class"},
    "img": {"src", "alt", "title"},
    "input": {"type", "checked", "disabled", "class", "aria-label"},
    "li": {"id", "class"},
    "ol": {"class", "start"},
    "section": {"class"},
    "span": {"class"},
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
    """Render CommonMark with tables, task lists, footnotes and code in colours; raw HTML in it is shown as text.

    The highest heading becomes an ``h2``, whatever level it was written with: the page's title is the only ``h1``.
    What most texts become is remembered: a page of some length costs tens of milliseconds.
    """
    return _remembered(source) if len(source) <= LONGEST_REMEMBERED else _rendered(source)


@lru_cache(maxsize=MOST_REMEMBERED)
def _remembered(source: str) -> Rendered:
    return _rendered(source)


def _rendered(source: str) -> Rendered:
    formatted, rest = _parted(source)
    environment = fresh_environment()
    tokens = _parser().parse(formatted, environment)
    _shift_headings(tokens)
    headings = tuple(_named_headings(tokens))
    _align_cells(tokens)
    _tick_tasks(tokens)
    _colour_code(tokens)
    html = _parser().renderer.render(tokens, _parser().options, environment)
    if (line := environment["effort"].rest) is not None:
        rest = "\n".join(NEWLINE.split(source)[line:])
    return Rendered(_sanitise(html) + (REST.format(escapeHtml(rest)) if rest else ""), headings)


def _parted(source: str) -> tuple[str, str]:
    """What is formatted, up to the end of a paragraph if there is one, and the rest."""
    if len(source) <= LONGEST:
        return source, ""
    end = next((end for sign in ("\n\n", "\n", " ") if (end := source.rfind(sign, LONGEST // 2, LONGEST)) > 0), LONGEST)
    return source[:end], source[end:].lstrip("\n")


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": True}).enable(["table", "strikethrough", "linkify"])
    # Whole addresses only: README.md is a file, not a site.
    parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False})  # type: ignore[union-attr]
    parser.use(footnote_plugin)
    bounded(parser)
    return parser


def _shift_headings(tokens: list[Token]) -> None:
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    highest = min((int(token.tag[1]) for token in headings), default=2)
    for token in headings:
        token.tag = f"h{min(int(token.tag[1]) - highest + 2, 6)}"


def _named_headings(tokens: list[Token]) -> Iterator[Heading]:
    """Give each an id and a link to it. Of those with the same words only the first has them alone. All are prefixed:
    no heading takes the id of a part of the page."""
    taken: set[str] = set()
    uses: Counter[str] = Counter()
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        title = _plain(inline)
        words = name = f"section-{slugify(title, HEADING_LENGTH)}"
        while name in taken:
            uses[words] += 1
            name = f"{words}-{uses[words]}"
        taken.add(name)
        opening.attrSet("id", name)
        inline.children = [*(inline.children or ()), _permalink(name)]
        yield Heading(name, title, int(opening.tag[1]))


def _permalink(name: str) -> Token:
    """An empty link behind the words: the style sheet shows its sign, so that nobody copies it with them."""
    link = f'<a class="permalink" href="#{name}" aria-label="Link to this section"></a>'
    return Token("html_inline", "", 0, content=link)


def _align_cells(tokens: list[Token]) -> None:
    """An attribute instead of an inline style, which the content security policy would block."""
    for token in tokens:
        if token.type in ("th_open", "td_open") and "style" in token.attrs:
            token.attrSet("align", str(token.attrs.pop("style")).removeprefix("text-align:"))


def _tick_tasks(tokens: list[Token]) -> None:
    """A box for each item of a list that begins with one, named for screen readers."""
    lists: list[Token] = []
    for index, token in enumerate(tokens):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(token)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.type == "list_item_open" and (text := _task(tokens, index)):
            state = TASK[text.content[:4]]
            text.content = text.content[4:]
            tokens[index + 2].children = [_checkbox(state), *(tokens[index + 2].children or ())]
            token.attrSet("class", "task-list-item")
            lists[-1].attrSet("class", "contains-task-list")


def _task(tokens: list[Token], index: int) -> Token | None:
    """The text that a list item begins with, when that says it is a task."""
    paragraph, inline = tokens[index + 1 : index + 3] if index + 2 < len(tokens) else (None, None)
    if paragraph is None or inline is None or paragraph.type != "paragraph_open" or not inline.children:
        return None
    first = inline.children[0]
    return first if first.type == "text" and first.content[:4] in TASK else None


def _checkbox(state: str) -> Token:
    checked = ' checked="checked"' if state == "done" else ""
    box = f'<input class="task-list-item-checkbox" aria-label="{state}"{checked} disabled="disabled" type="checkbox"> '
    return Token("html_inline", "", 0, content=box)


def _colour_code(tokens: list[Token]) -> None:
    """When that was enough, or has taken long enough, what is left stays plain."""
    left, end = MOST_COLOURED, thread_time() + COLOURING_SECONDS
    for token in tokens:
        if token.type != "fence" or not token.info.strip() or len(token.content) > left or thread_time() > end:
            continue
        language = token.info.split()[0]
        code = highlighted(token.content, language, end)
        if code is not None:
            left -= len(token.content)
            token.type = "html_block"
            token.content = f'<pre><code class="language-{escapeHtml(language)}">{code}</code></pre>\n'


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
