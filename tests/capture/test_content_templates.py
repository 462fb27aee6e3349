"""What new insights begin with: one's own templates, and those that others share."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from app.capture.queries.templates import KIND
from tests.capture.conftest import Browser, fields

LIST, ONE, NEW = "/library/templates", "/library/templates/1", "/library/new"
TYPED = {
    "name": "Postmortem <1>", "title": "Postmortem: ", "description": "d", "content": "## Why\r\n\r\n",
    "tags": '"a, b", c', "priority": "high", "category_id": "",
}  # fmt: skip
Rows = Callable[[], list[tuple[Any, ...]]]
SignIn = Callable[..., Browser]


@pytest.fixture
def templates(owner_url: str, clean_database: None) -> Iterator[Rows]:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield lambda: connection.execute(
            "SELECT id, owner_id, name, shared, fields, version FROM content_templates ORDER BY id"
        ).fetchall()


def make(browser: Browser, **changed: Any) -> Any:
    return browser.send(browser.get(LIST), LIST, **TYPED | changed)


def test_made_and_used(browser_of_nobody: Browser, templates: Rows) -> None:
    assert make(browser_of_nobody).location == "/library/templates?done=template-saved"
    kept = {
        "title": "Postmortem: ",
        "description": "d",
        "content": "## Why\n\n",
        "tags": '"a, b", c',
        "priority": "high",
    }
    assert templates() == [(1, None, "Postmortem <1>", False, kept, 1)]
    assert '<a href="/library/new?template=1"><b>Postmortem &lt;1&gt;</b></a>' in browser_of_nobody.get(LIST)
    page = browser_of_nobody.get(f"{NEW}?template=1")
    shown = fields(page, NEW)
    used = {name: text for name, text in TYPED.items() if name != "name"}
    assert {name: shown[name] for name in used} == used
    assert 'aria-current="true">Postmortem &lt;1&gt;</a>' in page


def test_changed_and_deleted(browser_of_nobody: Browser, templates: Rows) -> None:
    make(browser_of_nobody)
    page = browser_of_nobody.get(ONE)
    answer = browser_of_nobody.send(page, ONE, name="Other", content="", shared="true")
    assert answer.location == "/library/templates?done=template-saved"
    [(_, _, name, shared, kept, version)] = templates()
    assert (name, shared, "content" in kept, version) == ("Other", True, False, 2)
    stale = browser_of_nobody.send(page, ONE, name="Third")
    assert stale.status_code == 409
    assert fields(stale.text, ONE)["name"] == "Third"
    assert "Somebody else changed this meanwhile." in stale.text
    assert browser_of_nobody.send(page, f"{ONE}/delete").status_code == 409
    assert templates()[0][2] == "Other"
    page = browser_of_nobody.get(ONE)
    answer = browser_of_nobody.send(page, f"{ONE}/delete")
    assert answer.location == "/library/templates?done=template-deleted"
    assert templates() == []


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(sign_in: SignIn, templates: Rows) -> None:
    ada = sign_in("Ada")
    make(ada)
    before = templates()
    answer = make(ada, name="postmortem <1>")
    assert answer.status_code == 422
    assert "You have a template named &#39;postmortem &lt;1&gt;&#39; already." in answer.text
    assert {name: fields(answer.text, LIST)[name] for name in TYPED} == TYPED | {"name": "postmortem <1>"}
    answer = make(ada, name=" ", tags="x" * 51)
    assert 'id="name-error">is required' in answer.text
    assert 'id="tags-error">' in answer.text
    assert templates() == before


def test_whose_they_are(sign_in: SignIn, templates: Rows) -> None:
    ada, bob, root = sign_in("Ada"), sign_in("Bob"), sign_in("Root", "admin")
    make(ada, name="Mine")
    make(ada, name="Ours", shared="true")
    shared = "/library/templates/2"
    before = templates()
    page = bob.get(LIST)
    assert ("Ours</b>" in page, "Mine</b>" in page, "by Ada" in page) == (True, False, True)
    assert f"{KIND} 1 does not exist." in bob.get(ONE, 404)
    bob.get(f"{NEW}?template=1", 404)
    assert fields(bob.get(f"{NEW}?template=2"), NEW)["title"] == "Postmortem: "
    assert "Save the changes" not in bob.get(shared)
    word = fields(page, LIST)["csrf_token"]
    answers = [
        bob.client.post(path, data={"name": "x", "version": "1", "csrf_token": word})
        for path in (ONE, shared, f"{ONE}/delete", f"{shared}/delete")
    ]
    assert [answer.status_code for answer in answers] == [404, 403, 404, 403]
    assert templates() == before
    assert root.send(root.get(shared), shared, name="Everybody's").status_code == 303
    assert [row[2] for row in templates()] == ["Mine", "Everybody's"]


def test_two_people_may_use_the_same_name_also_when_they_go(sign_in: SignIn, templates: Rows, owner_url: str) -> None:
    assert make(sign_in("Ada")).status_code == make(sign_in("Bob")).status_code == 303
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("DELETE FROM users")
    assert [row[:3] for row in templates()] == [(1, None, "Postmortem <1>"), (2, None, "Postmortem <1>")]


def test_a_category_that_is_gone(browser_of_nobody: Browser, templates: Rows) -> None:
    make(browser_of_nobody, category_id="99")
    shown = fields(browser_of_nobody.get(f"{NEW}?template=1"), NEW)
    answer = browser_of_nobody.send(browser_of_nobody.get(f"{NEW}?template=1"), NEW, author="A")
    assert (shown["category_id"], answer.status_code) == ("99", 422)
    assert "category 99 does not exist" in answer.text
