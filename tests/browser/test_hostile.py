"""What people write is text on every page, whatever it looks like: nothing of it runs, loads, or becomes an element.

Each text of the corpus is in every field of one insight, and in the names of a category, a tag, a saved search, a
template and so on (`tests.browser.stock`). The policy of the pages would stop most of them; it has to have nothing to
stop, which the console would tell (`device`).
"""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import PATIENCE, Live
from tests.browser.pages import PAGES, addresses
from tests.browser.stock import CURATOR, Stock

TEXTS = (
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' autofocus onfocus=alert(1) x='",
    '<iframe src="javascript:alert(1)">',
    '<iframe srcdoc="<script>alert(1)</script>">',
    "[x](javascript:alert(1)) <javascript:alert(1)>",
    "[x](JaVaScRiPt&#58;alert(1)) [y](data:text/html,x)",
    "![x](data:image/svg+xml,<svg onload=alert(1)>)",
    '![x](x"onerror="alert(1))',
    "[x]: javascript:alert(1)\n\n[x] **x**",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<template><script>alert(1)</script></template>",
    '<base href=//evil.example/><meta http-equiv=refresh content="0;//evil.example">',
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>*{background:url(//evil.example/x)}</style>",
    "<form action=//evil.example><button formaction=javascript:alert(1)>x",
    "<details open ontoggle=alert(1)>",
    "<input id=csrf_token name=csrf_token><a id=location>",
    "<div hx-get=/ hx-trigger=load hx-on:click=alert(1) data-hx-get=/>",
    "{{ 7*7 }}{% raw %}${7*7}#{7*7}",
    "--><!--<script>alert(1)//",
    "```\n</code></pre><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "\u202e<img/src='x'/onerror=alert(1)>\u2028x",
    "＜script＞alert(1)＜/script＞ %3Cscript%3E &lt;script&gt;alert(1)&lt;/script&gt;",
    '<a href="vbscript:x" target=_blank style="position:fixed;inset:0" class="bar">x',
)  # fmt: skip
# What no page of ours has, or only with what is ours in it.
STRANGE = """() => {
  const strange = [...document.querySelectorAll(`iframe, frame, object, embed, applet, base, math, template, noscript,
    main style, main script, main link, main meta, [style], [srcdoc], [formaction], [autofocus]:not(input, textarea),
    [hx-on], [data-hx-get], a#location, .prose [class="bar"], svg style, mglyph`)];
  for (const each of document.querySelectorAll("*")) {
    for (const { name, value } of each.attributes) {
      if (name.startsWith("on") || name.startsWith("hx-on")) strange.push(each);
      if (["href", "src", "action", "xlink:href"].includes(name) && /^\\W*[a-z]+:/i.test(value)
          && !/^(https?|mailto):/.test(value)) strange.push(each);
    }
  }
  return strange.map((each) => each.outerHTML.slice(0, 200));
}"""


@pytest.fixture
def stock(live: Live, owner_url: str) -> Stock:
    return Stock(live, owner_url, TEXTS)


@pytest.fixture
def visitor(stock: Stock, device: Callable[..., Page]) -> Page:
    """Signed in; a dialog, and a request to somebody else, fail the test."""
    page = device()
    page.set_default_timeout(2 * PATIENCE)  # some pages hold all of the corpus many times

    def ours(request: Request) -> None:
        assert request.url.startswith(stock.live.url), request.url

    page.on("request", ours)
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message} at {page.url}"))
    return stock.live.let_in(page, CURATOR)


def look(page: Page, path: str) -> None:
    answer = page.goto(path)
    assert answer is not None
    assert answer.ok or path == "/nowhere", path
    assert page.evaluate(STRANGE) == [], path


def test_it_is_text(stock: Stock, visitor: Page) -> None:
    for path in (path for group in PAGES for path in addresses(group, stock)):
        if path != "/graphql":  # shows nothing that is stored before one asks, and its editors style themselves
            look(visitor, path)


def test_it_is_read_as_it_was_written(visitor: Page) -> None:
    for number in range(1, len(TEXTS)):  # the last one lies in the trash
        look(visitor, f"/library/{number}/edit")
        look(visitor, f"/library/{number}")
        if number in (1, 5, 13):
            title = visitor.locator("h1").inner_text()
            assert title == TEXTS[number - 1] + (" 2" if number == 1 else "")


def test_what_is_strange_is_seen(live: Live, device: Callable[..., Page]) -> None:
    """Of the test's own eyes."""
    page = device()
    page.goto("/sign-in")
    for html in ('<a href=" javascript:x">x</a>', "<math></math>", "<template></template>", '<a id="location">x</a>'):
        page.evaluate("html => { document.querySelector('main').innerHTML = html }", html)
        assert len(page.evaluate(STRANGE)) == 1, html


def test_it_is_text_while_one_types(visitor: Page) -> None:
    visitor.goto("/library")
    options = visitor.get_by_role("listbox", name="Suggestions").get_by_role("option")
    for typed in ("script", "img", "svg", "alert"):
        visitor.locator("[data-suggest]").first.fill("")
        expect(options).to_have_count(0)
        visitor.locator("[data-suggest]").first.press_sequentially(typed)
        options.first.wait_for()
        assert visitor.evaluate(STRANGE) == [], typed
    visitor.goto("/library/new")
    visitor.get_by_label("Title").fill(TEXTS[2])
    visitor.locator("details:has([data-editor]) > summary").click()
    visitor.get_by_role("textbox", name="Content").fill("\n\n".join(TEXTS))
    visitor.locator("#preview p").first.wait_for()
    visitor.locator("#similar a").first.wait_for()
    assert visitor.evaluate(STRANGE) == []


def test_it_is_text_when_it_is_asked_for(visitor: Page) -> None:
    names = ("q", "author", "status", "category_id", "tag_ids", "page", "done", "view", "sort")
    for number, text in enumerate(TEXTS):
        path = ("/library", "/library/export", "/admin/audit", "/searches/gaps")[number % 4]
        for asked in {"/library", path}:
            visitor.goto(f"{asked}?{urlencode(dict.fromkeys(names, text))}")
            assert visitor.evaluate(STRANGE) == [], (asked, text)
