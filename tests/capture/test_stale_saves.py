"""Others saved while somebody wrote: no field of either is lost."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.answers import make_category, make_insight
from tests.capture.conftest import HTML, Browser, fields

EDIT = "/library/1-title/edit"
LINES = "one\ntwo\nthree\nfour\nfive"


@pytest.fixture
def browser(browser_of_nobody: Browser) -> Browser:
    make_category(browser_of_nobody.client, "Technical")
    make_insight(browser_of_nobody.client, content=LINES, tags=["a", "b"], source="s")
    return browser_of_nobody


def others(browser: Browser, **changes: Any) -> None:
    assert browser.client.put("/insights/1", json=changes).status_code == 200


def stored_now(browser: Browser) -> Any:
    found = browser.client.get("/insights/1").get_json()
    return found | {"tags": [tag["name"] for tag in found["tags"]]}


def test_changes_that_do_not_touch_each_other(browser: Browser) -> None:
    page = browser.get(EDIT)
    others(browser, source="theirs", content=LINES.replace("five", "FIVE"), tags=["a", "b", "theirs"])
    answer = browser.send(page, EDIT, priority="high", content=LINES.replace("one", "ONE"), tags="b, mine", act="save")
    assert answer.status_code == 409
    assert "Changed by others, and kept" in answer.text
    saved = browser.send(answer.text, EDIT, act="save")
    assert (saved.status_code, saved.location) == (303, "/library/1-title?done=saved")
    now = stored_now(browser)
    assert (now["source"], now["priority"], now["content"], now["tags"], now["version"]) == (
        "theirs", "high", "ONE\ntwo\nthree\nfour\nFIVE", ["b", "mine", "theirs"], 3,
    )  # fmt: skip


@pytest.mark.parametrize(("choice", "title", "category"), [("yours", "Mine", 1), ("theirs", "Theirs", None)])
def test_what_both_changed_is_chosen(browser: Browser, choice: str, title: str, category: int | None) -> None:
    others(browser, category_id=1, source="was")
    page = browser.get(EDIT)
    others(browser, title="Theirs", category_id=None)
    make_category(browser.client, "Other")
    answer = browser.send(page, EDIT, title="Mine", category_id="2")
    edit = "/library/1-theirs/edit"
    assert answer.status_code == 409
    shown = fields(answer.text, edit)
    assert (shown["yours_title"], shown["theirs_title"], "take_title" in shown) == ("Mine", "Theirs", False)
    assert (shown["yours_category_id"], shown["theirs_category_id"]) == ("2", "")
    assert ">Other</div>" in answer.text
    saved = browser.send(answer.text, edit, take_title=choice, take_category_id=choice)
    assert saved.status_code == 303
    now = stored_now(browser)
    assert (now["title"], now["category_id"], now["source"]) == (title, {1: 2, None: None}[category], "was")


def test_choosing_nothing_asks_again_and_saves_nothing(browser: Browser, stored: Callable[[], object]) -> None:
    page = browser.get(EDIT)
    others(browser, title="Theirs")
    answer = browser.send(page, EDIT, title="Mine", source="mine too")
    before = stored()
    again = browser.send(answer.text, "/library/1-theirs/edit")
    assert again.status_code == 409
    assert "Title: choose one of them." in again.text
    assert stored() == before
    saved = browser.send(again.text, "/library/1-theirs/edit", take_title="yours")
    assert saved.location == "/library/1-mine?done=saved"
    assert stored_now(browser)["source"] == "mine too"


def test_lines_that_meet(browser: Browser, stored: Callable[[], object]) -> None:
    page = browser.get(EDIT)
    others(browser, content=LINES.replace("two", "theirs"))
    answer = browser.send(page, EDIT, content=LINES.replace("two", "mine"))
    shown = fields(answer.text, EDIT)
    assert "take_content" not in shown
    both = "one\r\n<<<<<<< yours\r\nmine\r\n=======\r\ntheirs\r\n>>>>>>> stored now\r\nthree\r\nfour\r\nfive"
    assert shown["merged_content"] == both
    before = stored()
    half = both.replace("mine", "half done")
    marked = browser.send(answer.text, EDIT, take_content="merged", merged_content=half)
    assert marked.status_code == 409
    assert "a place still stands there twice" in marked.text
    assert fields(marked.text, EDIT)["merged_content"] == half
    assert stored() == before
    browser.send(marked.text, EDIT, merged_content="one\r\nboth\r\nthree")
    assert stored_now(browser)["content"] == "one\nboth\nthree"


def test_marks_are_refused_each_time(browser: Browser, stored: Callable[[], object]) -> None:
    page = browser.get(EDIT)
    others(browser, content=LINES.replace("two", "theirs"))
    mine = LINES.replace("two", "mine")
    answer = browser.send(page, EDIT, content=mine)
    before = stored()
    for _ in range(2):
        answer = browser.send(answer.text, EDIT, take_content="merged")
        assert answer.status_code == 409
        assert fields(answer.text, EDIT)["yours_content"] == mine
        assert stored() == before


def test_what_is_not_decided_leaves_the_rest_as_it_was(browser: Browser) -> None:
    page = browser.get(EDIT)
    others(browser, title="Theirs", source="theirs", priority="high")
    answer = browser.send(page, EDIT, title="Mine", source="mine")
    edit = "/library/1-theirs/edit"
    others(browser, source="third")
    again = browser.send(answer.text, edit, take_title="theirs")
    assert again.status_code == 409
    assert "Source: choose one of them." in again.text
    assert "Changed by others, and kept" in again.text
    asked, shown = fields(answer.text, edit), fields(again.text, edit)
    assert shown == asked | {"take_title": "theirs"}
    third = browser.send(again.text, edit, take_source="theirs")
    assert third.status_code == 409
    settled = fields(third.text, edit)
    assert (settled["title"], settled["source"], settled["priority"]) == ("Theirs", "third", "high")


def test_a_third_one_is_part_of_what_is_put_together_next(browser: Browser) -> None:
    page = browser.get(EDIT)
    others(browser, content=LINES.replace("two", "theirs"))
    answer = browser.send(page, EDIT, content=LINES.replace("two", "mine"))
    others(browser, content=LINES.replace("two", "theirs").replace("five", "FIVE"))
    both = LINES.replace("two", "both")
    again = browser.send(answer.text, EDIT, take_content="merged", merged_content=both)
    assert again.status_code == 409
    browser.send(again.text, EDIT)
    assert stored_now(browser)["content"] == both.replace("five", "FIVE")


def test_long_texts_meet(browser: Browser) -> None:
    """Three of them are more than other forms may have."""
    mine, theirs = "é" * 650_000, "è" * 650_000
    typed = fields(browser.get(EDIT), EDIT) | {"content": mine}
    others(browser, content=theirs)
    answer = browser.client.post(EDIT, data=typed, headers=HTML)
    assert answer.status_code == 409
    chosen = fields(answer.text, EDIT) | {"take_content": "yours"}
    assert browser.client.post(EDIT, data=chosen, headers=HTML).status_code == 303
    assert stored_now(browser)["content"] == mine


def test_a_third_one_is_not_overwritten_either(browser: Browser) -> None:
    page = browser.get(EDIT)
    others(browser, title="Second")
    answer = browser.send(page, EDIT, title="First", source="mine")
    others(browser, title="Third", author="Bob")
    again = browser.send(answer.text, "/library/1-second/edit", take_title="yours")
    assert again.status_code == 409
    shown = fields(again.text, "/library/1-third/edit")
    assert (shown["yours_title"], shown["theirs_title"], shown["author"], shown["source"]) == (
        "First", "Third", "Bob", "mine",
    )  # fmt: skip


def test_what_is_stored_already_is_no_conflict(browser: Browser) -> None:
    page = browser.get(EDIT)
    others(browser, title="Same", tags=["b", "A"])
    answer = browser.send(page, EDIT, title="Same", tags="b, A")
    assert answer.location == "/library/1-same?done=unchanged"
    assert stored_now(browser)["version"] == 2


def test_a_form_that_does_not_say_its_version(browser: Browser) -> None:
    answer = browser.send(browser.get(EDIT), EDIT, title="Mine", version=None)
    assert answer.status_code == 409
    shown = fields(answer.text, EDIT)
    assert (shown["yours_title"], shown["theirs_title"]) == ("Mine", "Title")
    assert browser.send(answer.text, EDIT, take_title="yours").location == "/library/1-mine?done=saved"


def test_the_page_that_was_left_is_offered_again(browser: Browser) -> None:
    page = browser.get(EDIT)
    others(browser, title="Theirs")
    browser.send(page, EDIT, title="Mine")
    edit = "/library/1-theirs/edit"
    again = browser.get(edit)
    assert (fields(again, edit)["title"], fields(again, edit)["version"]) == ("Mine", "1")
    assert browser.send(again, edit).status_code == 409


def test_publishing_is_part_of_it(browser: Browser) -> None:
    page = browser.get(EDIT)
    others(browser, title="Theirs")
    answer = browser.send(page, EDIT, title="Mine", act="publish")
    browser.send(answer.text, "/library/1-theirs/edit", take_title="theirs", act="save")
    now = stored_now(browser)
    assert (now["title"], now["status"]) == ("Theirs", "published")
