"""What a page says after a redirect."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.http.pages import DIST
from app.identity.pages.notices import NOTICES, done

RECEIPT = "01a200b5-eb8f-720e-929b-87ca1083a1cc"
needs_assets = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")


def told(client: FlaskClient, **query: str) -> str:
    """The notice of a page, as it reads."""
    html = client.get("/library", query_string=query).text
    notices = re.findall(r'<div class="notice notice-good done" role="status">(.*?)</div>', html, re.DOTALL)
    assert len(notices) <= 1
    return " ".join(re.sub(r"<[^>]+>", " ", notices[0]).split()) if notices else ""


@pytest.mark.parametrize(
    ("path", "more", "address"),
    [
        ("/acts", {}, "/acts?done=saved"),
        ("/library?q=a+b&page=2", {"n": 37}, "/library?q=a+b&page=2&done=saved&n=37"),
        ("/library?q=1&q=2", {"receipt": RECEIPT}, f"/library?q=1&q=2&done=saved&receipt={RECEIPT}"),
        ("/library?done=old&n=1&left=2&receipt=x&q=", {"n": None}, "/library?q=&done=saved"),
    ],
)
def test_an_address_carries_one_notice(app: Flask, path: str, more: dict[str, object], address: str) -> None:
    response = done(path, "saved", **more)
    assert (response.status_code, response.headers["Location"]) == (303, address)


@needs_assets
def test_words_follow_the_number(client: FlaskClient) -> None:
    assert told(client, done="bulk-tag", n="1") == "One insight was tagged."
    assert told(client, done="bulk-tag", n="1234") == "1,234 insights were tagged."
    assert told(client, done="bulk-tag", n="37", left="1") == "37 insights were tagged. 1 was left as it is."
    assert told(client, done="bulk-tag", n="37", left="2") == "37 insights were tagged. 2 were left as they are."
    assert told(client, done="captured") == "The insight was captured."


@needs_assets
@pytest.mark.parametrize("number", ["", "-1", "1.5", "x", "9" * 30, "٣", "<script>"])
def test_what_is_no_number_counts_as_none(client: FlaskClient, number: str) -> None:
    assert told(client, done="bulk-tag", n=number) == "0 insights were tagged."


@needs_assets
@pytest.mark.parametrize("code", ["", "unknown", "<script>alert(1)</script>"])
def test_only_known_codes_are_told(client: FlaskClient, code: str) -> None:
    assert told(client, done=code, receipt=RECEIPT) == ""


@needs_assets
def test_a_receipt_offers_the_way_back_to_here(client: FlaskClient) -> None:
    assert told(client, done="bulk-tag", n="2", receipt=RECEIPT) == "2 insights were tagged. What was done Undo"
    assert (
        told(client, done="undone-insights", n="2", receipt=RECEIPT)
        == "Undone for 2 insights. What was done Do it again"
    )
    assert told(client, done="bulk-tag", n="2", receipt="no receipt") == "2 insights were tagged."
    html = client.get(f"/library?q=a&page=2&done=bulk-tag&n=2&receipt={RECEIPT}").text
    assert f'action="/acts/{RECEIPT}/undo"' in html
    assert 'name="next" value="/library?q=a&amp;page=2"' in html


def test_every_counted_text_takes_a_number() -> None:
    counted = [texts for texts in NOTICES.values() if isinstance(texts, tuple)]
    assert all("{n}" in several and "{" not in one for one, several in counted)
