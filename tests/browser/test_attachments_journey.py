"""Attached files in a real browser: pictures are seen, nothing that was attached can run, strangers get nothing."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from app.core.db import transact
from app.identity.acting import acting
from app.identity.actor import UPKEEP
from app.insights.commands.writing import create_insight
from tests.attachments.files import HTML, PNG, SVG
from tests.browser.conftest import Live

Device = Callable[..., Page]
SEND = """async ([bytes, name]) => {
  const form = new FormData();
  form.append("file", new Blob([new Uint8Array(bytes)]), name);
  const token = document.querySelector("[name=csrf_token]").value;
  const answer = await fetch("/attachments", {method: "POST", body: form, headers: {"X-CSRF-Token": token}});
  return answer.json();
}"""


def never(dialog: Dialog) -> None:
    dialog.dismiss()
    raise AssertionError(f"a script ran: {dialog.message}")


def attached(page: Page, content: bytes, name: str) -> dict[str, str]:
    found: dict[str, str] = page.evaluate(SEND, [list(content), name])
    return found


def publish(live: Live, content: str) -> int:
    draft = {"title": "Pump", "description": "It leaks.", "author": "Ada", "content": content, "status": "published"}
    with live.app.app_context(), acting(UPKEEP):
        return transact(create_insight, draft)


def alone(browser: Browser, page: Page, address: str) -> tuple[int, str]:
    """The status of a file that is opened as a page, and as what it is shown. By a browser whose complaints don't
    count: its page around a picture has a style, and is told that the policy is against it."""
    with browser.new_context(base_url=page.url, storage_state=page.context.storage_state()) as context:
        opened = context.new_page()
        opened.on("dialog", never)
        answer = opened.goto(address)
        return answer.status, opened.evaluate("document.contentType")


@pytest.mark.parametrize("scripts", [True, False], ids=["", "without-scripts"])
def test_attached_files(live: Live, browser: Browser, device: Device, scripts: bool) -> None:
    live.person("ada@example.org", "Ada", "editor")
    live.person("eve@example.org", "Eve", "viewer")
    editor = live.let_in(device(), "ada@example.org")
    editor.goto("/library/new")
    picture, drawing, unseen = (
        attached(editor, content, name)
        for content, name in ((PNG, "Überblick.png"), (SVG, "drawing.svg"), (PNG + HTML, "page.html"))
    )
    insight_id = publish(live, f"{picture['markdown']}\n\nAnd {drawing['markdown']}\n\n![]({drawing['url']})")

    reader = live.let_in(device(java_script_enabled=scripts), "eve@example.org")
    reader.on("dialog", never)
    reader.goto(f"/library/{insight_id}")
    image = reader.get_by_role("img", name="Überblick.png")
    expect(image).to_be_visible()
    assert image.bounding_box()["width"] > 0
    with reader.expect_download() as started:
        reader.get_by_role("link", name="drawing.svg").click()
    assert started.value.suggested_filename == "drawing.svg"
    assert started.value.path().read_bytes() == SVG

    assert reader.request.get(unseen["url"]).status == 404  # no insight mentions it
    assert alone(browser, editor, unseen["url"]) == (200, "image/png")

    stranger = device()
    stranger.goto(picture["url"])
    expect(stranger.get_by_label("E-mail")).to_be_visible()
