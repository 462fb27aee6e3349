"""Reading an insight, its history, and bringing an earlier text back, in a real browser; without scripts too. axe finds
nothing to object to, and nothing goes beyond the width of a phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.core.db import transact
from app.identity.acting import acting
from app.identity.actor import LOCAL_ADMINISTRATOR
from app.insights.commands.updating import update_insight
from app.insights.commands.writing import create_insight
from tests.browser.conftest import PHONE, Live

Device = Callable[..., Page]
EDITOR = "ada@reading.example.org"
CONTENT = """# What happened

The pool ran dry[^1]. See [the plan](/library/2-plan).

- [x] Lower the size
- [ ] Alert on waiting clients

## How we found it

```sql
SELECT pid, 'it''s', 42 FROM pg_stat_activity WHERE state <> 'idle'; -- a comment that is longer than a phone is wide
```

```python
class Pool(Base):
    @property
    def size(self) -> int:
        return int(os.environ["SIZE"])  # from outside
```

```diff
- timeout: 30
+ timeout: 5
```

```console
$ kubectl get pods
web-1 Running
```

| Time | Waiting | Median | Slowest | Share | Which |
|------|--------:|:------:|---------|-------|-------|
| 09:00 | 2 | 14 | 20 | 1 | averylongnamewithoutanyspaceinit |

[^1]: At nine.
"""


@pytest.fixture
def shelf(live: Live) -> Live:
    """A pool with three revisions, and a plan that links to it."""
    live.person(EDITOR, "Ada", "editor")
    draft = {"description": "What we saw.", "author": "Ada"}

    def command() -> None:
        create_insight({**draft, "title": "The pool", "content": CONTENT, "tags": ["Incident"]})
        create_insight({**draft, "title": "The plan", "content": "After [the pool](/library/1-the-pool)."})
        update_insight(1, {"content": CONTENT.replace("ran dry", "ran completely dry"), "priority": "high"})
        update_insight(1, {"title": "The dry pool", "message": "Found by its name"})

    with live.app.app_context(), acting(LOCAL_ADMINISTRATOR):
        transact(command)
    return live


def signed_in(live: Live, page: Page) -> Page:
    return live.let_in(page, EDITOR)


@pytest.fixture
def editor(request: pytest.FixtureRequest, shelf: Live, device: Device) -> Page:
    return signed_in(shelf, device(java_script_enabled=getattr(request, "param", True)))


@pytest.mark.parametrize("editor", [True, False], ids=["with scripts", "without"], indirect=True)
def test_reading_and_following_links_there_and_back(editor: Page) -> None:
    editor.goto("/library/1")
    expect(editor.get_by_role("heading", level=1)).to_have_text("The dry pool")
    editor.get_by_label("On this page").get_by_role("link", name="How we found it").first.click()
    expect(editor).to_have_url(re.compile("#section-how-we-found-it$"))
    editor.get_by_role("link", name="the plan", exact=True).click()
    expect(editor.get_by_role("heading", level=1)).to_have_text("The plan")
    editor.get_by_role("region", name="Linked from").get_by_role("link", name="The dry pool").click()
    editor.locator("summary[aria-label='More about this insight']").click()
    editor.get_by_role("link", name="Show as Markdown").click()
    expect(editor.locator("body")).to_contain_text("# The dry pool")


@pytest.mark.parametrize("editor", [False], ids=["without scripts"], indirect=True)
def test_an_earlier_text_comes_back(editor: Page) -> None:
    editor.goto("/library/1")
    editor.get_by_role("link", name="History").last.click()
    editor.get_by_role("link", name="Changed content and priority").click()
    expect(editor.get_by_role("table", name="Content, line by line").locator("ins")).to_have_text("completely ")
    editor.get_by_role("link", name="Side by side").click()
    expect(editor.locator(".lines-split ins")).to_have_text("completely ")
    editor.get_by_role("link", name="Older").click()
    editor.get_by_role("link", name="Restore revision 1").click()
    expect(editor.get_by_role("heading", name="What would change")).to_be_visible()
    editor.get_by_label("Why").fill("It was right before")
    editor.get_by_role("button", name="Restore").click()
    expect(editor.get_by_role("status").first).to_contain_text("as it was in that revision")
    expect(editor.get_by_role("heading", level=1)).to_have_text("The pool")
    editor.get_by_role("link", name="History").last.click()
    expect(editor.locator(".revision").first).to_contain_text("It was right before")


def test_publishing_and_the_trash_with_a_way_back(editor: Page) -> None:
    editor.goto("/library/1")
    editor.get_by_role("button", name="Publish").click()
    expect(editor.get_by_role("status").first).to_contain_text("was published")
    expect(editor.locator(".detail-facts")).to_contain_text("Published")
    editor.locator("summary[aria-label='More about this insight']").click()
    editor.get_by_role("button", name="Move to the trash").click()
    expect(editor.get_by_role("status").first).to_contain_text("in the trash")
    editor.get_by_role("button", name="Undo").click()
    editor.goto("/library/1")
    expect(editor.locator(".detail-facts")).to_contain_text("Published")


def test_copying_as_markdown_and_the_keyboard(shelf: Live, device: Device) -> None:
    page = signed_in(shelf, device(permissions=["clipboard-read", "clipboard-write"]))
    page.goto("/library/1")
    page.locator("summary[aria-label='More about this insight']").press("Enter")
    page.get_by_role("button", name="Copy as Markdown").press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("# The dry pool\n\nWhat we saw.\n\n# What happened\n")
    page.keyboard.press("Escape")
    page.locator("h2 .permalink").first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/library/1#section-what-happened$"))
    page.keyboard.press("e")
    page.wait_for_url("**/library/1-the-dry-pool/edit")


PATHS = ("/library/1", "/library/1/history", "/library/1/history/2", "/library/1/history/3?against=1&view=split",
         "/library/1/history/1/restore")  # fmt: skip


def test_nothing_to_object_to(shelf: Live, device: Device, check: Callable[[Page], None]) -> None:
    page = signed_in(shelf, device())
    page.goto("/library/1")
    page.locator("summary[aria-label='More about this insight']").click()
    check(page)


def test_nothing_goes_beyond_the_width(shelf: Live, device: Device) -> None:
    page = signed_in(shelf, device(viewport=PHONE))
    for path in PATHS:
        page.goto(path)
        for width in (320, 390, 768, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
