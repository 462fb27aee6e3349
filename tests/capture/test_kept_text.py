"""Whatever goes wrong in the middle of writing: the answer carries what was typed."""

from collections.abc import Callable

import pytest

from app.capture.pages import new
from app.errors import Unavailable
from app.identity.cookies import SESSION
from tests.capture.conftest import HTML, Browser, fields

NEW = "/library/new"
TYPED = {
    "title": 'An <hour> & "more"',
    "description": "D",
    "author": "Ada",
    "content": "\r\n\r\n# Head\r\n" + "A long line. " * 40,
    "tags": '"a, b", c',
}
Stored = Callable[[], dict[str, object]]
SignIn = Callable[..., Browser]


def typed_in(page: str) -> dict[str, str]:
    shown = fields(page, NEW)
    return {name: shown[name] for name in TYPED}


def test_a_session_that_ended(sign_in: SignIn, stored: Stored) -> None:
    ada = sign_in("Ada")
    page = ada.get(NEW)
    before = stored()
    ada.client.delete_cookie(SESSION.plain_name)
    answer = ada.send(page, NEW, **TYPED, act="save")
    assert (answer.status_code, answer.mimetype) == (401, "text/html")
    assert typed_in(answer.text) == TYPED
    assert 'href="/sign-in" target="_blank"' in answer.text
    assert stored() == before
    # Signed in again, in another tab: the word of the old form is not good for the new session.
    again = sign_in("Ada")
    looked = again.send(answer.text, NEW)
    assert looked.status_code == 403
    assert typed_in(looked.text) == TYPED
    assert stored() == before
    saved = again.send(looked.text, NEW)
    assert (saved.status_code, saved.location) == (303, "/library/1-an-hour-more?done=captured")
    found = again.client.get("/insights/1").get_json()
    assert (found["title"], found["status"]) == (TYPED["title"], "draft")
    assert found["content"] == TYPED["content"].replace("\r\n", "\n")
    assert [tag["name"] for tag in found["tags"]] == ["a, b", "c"]


def test_a_right_that_was_taken_away(sign_in: SignIn, stored: Stored) -> None:
    page = sign_in("Ada").get(NEW)
    viewer = sign_in("Bob", "viewer")
    before = stored()
    answer = viewer.send(page, NEW, **TYPED)
    assert answer.status_code == 403
    assert typed_in(answer.text) == TYPED
    assert stored() == before


def test_publishing_is_the_editors(sign_in: SignIn, stored: Stored) -> None:
    ada = sign_in("Ada")
    page = ada.get(NEW)
    assert "Publish</button>" not in page
    assert 'name="status"' not in page
    before = stored()
    answer = ada.send(page, NEW, **TYPED, act="publish")
    assert answer.status_code == 422  # her form, with what she may do
    assert "Publishing and archiving are the editors&#39;: leave the status at draft." in answer.text
    assert typed_in(answer.text) == TYPED
    assert {**stored(), "working_copies": []} == before  # what she typed is kept for her


def test_a_draft_that_was_published_meanwhile(sign_in: SignIn) -> None:
    ada, editor = sign_in("Ada"), sign_in("Eve", "editor")
    ada.send(ada.get(NEW), NEW, **TYPED)
    edit = "/library/1-an-hour-more/edit"
    page = ada.get(edit)
    editor.send(editor.get(edit), edit, act="publish")
    answer = ada.send(page, edit, content="Another hour")
    assert answer.status_code == 409
    assert "A draft is its author&#39;s and the editors&#39; to change" in answer.text
    assert fields(answer.text, NEW)["content"] == "Another hour"
    ada.get(edit, 403)
    assert ada.send(answer.text, NEW).location == "/library/2-an-hour-more?done=captured"


@pytest.mark.parametrize("fault", [Unavailable("The database can't be reached just now."), RuntimeError("a bug")])
def test_a_fault_of_ours(
    browser_of_nobody: Browser, monkeypatch: pytest.MonkeyPatch, stored: Stored, fault: Exception
) -> None:
    page = browser_of_nobody.get(NEW)
    before = stored()

    def fail(*_: object, **__: object) -> None:
        raise fault

    with monkeypatch.context() as patched:
        patched.setattr(new, "save_new", fail)
        patched.setattr(new, "capture_page", fail)  # which asks the database, too
        answer = browser_of_nobody.send(page, NEW, **TYPED)
    assert answer.status_code == (503 if isinstance(fault, Unavailable) else 500)
    assert typed_in(answer.text) == TYPED
    assert browser_of_nobody.send(answer.text, NEW).status_code == 303
    assert stored() != before


def test_another_sites_form_is_not_shown(browser_of_nobody: Browser, stored: Stored) -> None:
    before = stored()
    headers = {**HTML, "Sec-Fetch-Site": "cross-site"}
    answer = browser_of_nobody.client.post(NEW, data={**TYPED, "title": "Buy this"}, headers=headers)
    assert answer.status_code == 403
    assert "Buy this" not in answer.text
    assert stored() == before


def test_a_program_is_told_as_always(browser_of_nobody: Browser, stored: Stored) -> None:
    before = stored()
    answer = browser_of_nobody.client.put(NEW, data=TYPED)
    assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")
    assert stored() == before


def test_the_author_is_who_signed_in(sign_in: SignIn) -> None:
    assert fields(sign_in("Ada").get(NEW), NEW)["author"] == "Ada"
