"""ETag, If-None-Match and If-Match."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.answers import make_category, make_insight, make_tag, problem

THINGS = {
    "/insights/1": ("Insight 1", {"title": "Second"}, {"title": "Third"}),
    "/tags/1": ("Tag 1", {"name": "Second"}, {"name": "Third"}),
    "/categories/1": ("Category 1", {"name": "Second"}, {"name": "Third"}),
}
CACHED = [
    "/insights",
    "/insights/1",
    "/tags",
    "/tags/1",
    "/categories",
    "/categories/1",
    "/categories/tree",
    "/statistics",
]


@pytest.fixture
def things(client: FlaskClient) -> FlaskClient:
    make_category(client, "First")
    make_tag(client, "First")
    make_insight(client, title="First", category_id=1, tag_ids=[1])
    return client


@pytest.mark.parametrize("path", CACHED)
def test_what_was_read_is_not_sent_again(things: FlaskClient, path: str) -> None:
    first = things.get(path)
    assert first.headers["Cache-Control"] == "private, no-cache"
    etag, weak = first.get_etag()
    assert (bool(etag), weak) == (True, False)
    for header in (f'"{etag}"', f'"other", "{etag}"', "*", f'W/"{etag}"'):
        again = things.get(path, headers={"If-None-Match": header})
        assert (again.status_code, again.data, again.get_etag()[0]) == (304, b"", etag)
    assert things.get(path, headers={"If-None-Match": '"other"'}).data == first.data


@pytest.mark.parametrize("path", CACHED)
def test_a_write_changes_the_validator(things: FlaskClient, path: str) -> None:
    etag = things.get(path).headers["ETag"]
    things.put("/insights/1", json={"title": "New", "tag_ids": [], "category_id": None})
    changed = things.get(path, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != etag


def test_a_validator_also_sees_what_changes_beside_the_row(things: FlaskClient) -> None:
    etag = things.get("/insights/1").headers["ETag"]
    things.put("/tags/1", json={"name": "Renamed"})
    assert things.get("/insights/1", headers={"If-None-Match": etag}).status_code == 200
    assert things.put("/insights/1", json={"title": "New"}, headers={"If-Match": etag}).status_code == 200


@pytest.mark.parametrize("path", CACHED)
def test_head_is_get_without_its_body(things: FlaskClient, path: str) -> None:
    got, head = things.get(path), things.head(path)
    assert (head.status_code, head.data) == (200, b"")
    for name in ("ETag", "Content-Type", "Content-Length"):
        assert head.headers[name] == got.headers[name]


@pytest.mark.parametrize("path", THINGS)
def test_a_writer_names_the_version_it_read(things: FlaskClient, path: str) -> None:
    _, second, third = THINGS[path]
    read = things.get(path)
    written = things.put(path, json=second, headers={"If-Match": read.headers["ETag"]})
    assert (written.status_code, written.get_json()["version"]) == (200, 2)
    assert written.headers["ETag"] == things.get(path).headers["ETag"] != read.headers["ETag"]
    assert things.put(path, json=third, headers={"If-Match": written.headers["ETag"]}).get_json()["version"] == 3


@pytest.mark.parametrize("header", ['"2"', '"2-anything"', '"1", "2"', '"2", "1"', "2", "*"])
def test_ways_to_name_the_current_version(things: FlaskClient, header: str) -> None:
    things.put("/insights/1", json={"title": "Second"})
    assert things.put("/insights/1", json={"title": "Third"}, headers={"If-Match": header}).status_code == 200


CHANGED = "{} has changed since it was read: its version is now 2."
WEAK = "If-Match takes a strong ETag, and a weak one (W/) was sent: leave out the W/. The version is now 2."
UNKNOWN = "If-Match names no version: send the ETag that a GET answers, or the version in quotes. The version is now 2."


@pytest.mark.parametrize("path", THINGS)
@pytest.mark.parametrize(
    ("header", "why"),
    [
        ('"1"', CHANGED),
        ('"1-0123"', CHANGED),
        ('W/"2", "1"', CHANGED),
        ('"3"', CHANGED),
        ('"99999999999999"', UNKNOWN),
        ('"x"', UNKNOWN),
        ('""', UNKNOWN),
        ("²", UNKNOWN),
        ('W/"2"', WEAK),
        ('W/"2-0123", "x"', WEAK),
    ],
)
def test_any_other_version_is_refused(things: FlaskClient, stored: Any, path: str, header: str, why: str) -> None:
    said, second, third = THINGS[path]
    things.put(path, json=second)
    before = stored()
    for response in (
        things.put(path, json=third, headers={"If-Match": header}),
        things.delete(path, headers={"If-Match": header}),
    ):
        assert problem(response, 412, why.format(said))["current_version"] == 2
    assert stored() == before


def test_a_deletion_of_the_version_that_was_read(things: FlaskClient) -> None:
    etag = things.get("/insights/1").headers["ETag"]
    assert things.delete("/insights/1", headers={"If-Match": etag}).status_code == 204


def test_a_tag_keeps_its_version_when_it_is_used(things: FlaskClient) -> None:
    etag = things.get("/tags/1").headers["ETag"]
    make_insight(things, tag_ids=[1])
    assert things.put("/tags/1", json={"name": "Second"}, headers={"If-Match": etag}).status_code == 200
