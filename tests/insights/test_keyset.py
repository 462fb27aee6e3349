"""``GET /insights?cursor=``: pages that begin where the one before ended."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers

from app.errors import Invalid
from app.identity.audience import EVERYTHING, Audience
from app.identity.permissions import ROLES, Role
from app.insights.queries.keyset import Place, insights_after
from app.insights.queries.listing import InsightFilter
from app.insights.schemas import SORTS, InsightPage
from app.search.queries.wanted import Search
from app.search.rest.cursors import Listing
from tests.answers import answered, ids, make_insight, problem, wrong_fields

# Many of one moment and of one title, moments a microsecond apart, and half of them never published.
ROWS = """
INSERT INTO insights (title, description, author, status, visibility, owner_id, created_at, updated_at, published_at)
SELECT (ARRAY['Öl', 'oil', 'Oil', 'a b', 'ab', 'Zebra', 'zebra', repeat('😀', 500)])[1 + n % 8], 'Text', 'Ada',
    (ARRAY['draft', 'published', 'archived'])[1 + n % 3], (ARRAY['INTERNAL', 'RESTRICTED', 'PUBLIC'])[1 + n % 5 % 3],
    CASE WHEN n % 2 = 0 THEN 1 END, '2026-01-01Z'::timestamptz + n / 4 * interval '1 microsecond',
    '2026-01-01Z'::timestamptz + n * 7 % 5 * interval '1 day',
    CASE WHEN n % 3 = 1 OR n % 4 = 0 THEN '2026-01-01Z'::timestamptz + n * 11 % 6 * interval '1 hour' END
FROM generate_series(1, 48) n"""
VIEWER = "INSERT INTO users (kind, name, role) VALUES ('person', 'Vera', 'viewer')"
NARROW = Audience.of([ROLES[Role.VIEWER]], reader=1)
SEEN_BY_VERA = "(visibility <> 'RESTRICTED' AND status <> 'draft' OR status = 'draft' AND owner_id = 1)"


@pytest.fixture
def library(client: FlaskClient, owner_url: str) -> FlaskClient:
    with psycopg.connect(owner_url) as connection:
        connection.execute(VIEWER)
        connection.execute(ROWS)
    return client


@pytest.fixture
def five(client: FlaskClient) -> FlaskClient:
    for number in range(5):
        make_insight(client, author=f"Ada {number % 2}", status="published" if number < 3 else "draft")
    return client


def pages(client: FlaskClient, address: str) -> Iterator[dict[str, Any]]:
    """Every page from this address on, as the Link headers lead."""
    following: str | None = address
    while following:
        response = client.get(following)
        yield answered(response, InsightPage)
        following = next_address(response.headers)


def next_address(headers: Headers) -> str | None:
    link = re.fullmatch(r'<([^<>]+)>; rel="next"', headers["Link"]) if "Link" in headers else None
    return link[1] if link else None


def walked(client: FlaskClient, address: str) -> list[int]:
    return [insight["id"] for page in pages(client, address) for insight in page["insights"]]


def in_order(owner_url: str, sort: str, where: str = "true") -> list[int]:
    column, way = sort.removeprefix("-"), "DESC" if sort.startswith("-") else "ASC"
    with psycopg.connect(owner_url) as connection:
        rows = connection.execute(
            f"SELECT id FROM insights WHERE {where} ORDER BY {column} {way} NULLS LAST, id {way}"
        ).fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 5, 24, 100])
def test_pages_put_together_are_the_whole_order(library: FlaskClient, owner_url: str, sort: str, limit: int) -> None:
    wanted = in_order(owner_url, sort)
    assert len(wanted) == 48
    assert walked(library, f"/insights?cursor=&limit={limit}&sort={sort}") == wanted


@pytest.mark.parametrize("sort", SORTS)
def test_pages_by_number_have_the_same_order(library: FlaskClient, owner_url: str, sort: str) -> None:
    wanted = in_order(owner_url, sort)
    for page, expected in enumerate((wanted[:20], wanted[20:40], wanted[40:]), start=1):
        assert ids(library.get(f"/insights?page={page}&page_size=20&sort={sort}")) == expected
    assert ids(library.post("/insights/search", json={"sort": sort, "page_size": 100})) == wanted


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("status", [None, "published", "draft"])
def test_a_narrowed_audience_sees_its_part_of_the_order(
    library: FlaskClient, app: Flask, owner_url: str, sort: str, status: str | None
) -> None:
    found, after, wanted = [], None, InsightFilter(status=status)
    while True:
        portion = insights_after(NARROW, wanted, sort, after, 3)
        found += [insight["id"] for insight in json.loads(portion.body)["insights"]]
        if (after := portion.end) is None:
            break
    seen = f"{SEEN_BY_VERA} AND status = '{status}'" if status else SEEN_BY_VERA
    assert found == in_order(owner_url, sort, seen) != []


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("-published_at", [4, 2, 6, 5, 3, 1]),
        ("published_at", [2, 4, 1, 3, 5, 6]),
        ("title", [1, 4, 2, 5, 3, 6]),
        ("-title", [6, 3, 5, 2, 4, 1]),
    ],
)
def test_what_has_no_value_comes_last_both_ways(
    client: FlaskClient, owner_url: str, sort: str, expected: list[int]
) -> None:
    for title in ("a", "b", "c", "a", "b", "c"):
        make_insight(client, title=title)
    with psycopg.connect(owner_url) as connection:
        connection.execute("UPDATE insights SET published_at = '2026-01-02Z' WHERE id = 4")
        connection.execute("UPDATE insights SET published_at = '2026-01-01Z' WHERE id = 2")
    assert walked(client, f"/insights?cursor=&limit=2&sort={sort}") == expected


def test_an_empty_library(client: FlaskClient) -> None:
    response = client.get("/insights?cursor=")
    empty = {"total": 0, "page_size": 20, "matched": None, "insights": [], "next_cursor": None}
    assert answered(response, InsightPage) == empty
    assert "Link" not in response.headers


def test_where_the_next_page_is(five: FlaskClient) -> None:
    first = five.get("/insights?cursor=&limit=2&author=%3CA%3E&author=x&colour=red&author=")
    assert answered(first, InsightPage)["total"] == 0
    first = five.get("/insights?author=ada&colour=red&cursor=&limit=2")
    page = answered(first, InsightPage)
    assert list(page) == ["total", "page_size", "matched", "insights", "next_cursor"]
    assert (page["total"], page["page_size"], page["matched"], ids(first)) == (5, 2, None, [5, 4])
    cursor = page["next_cursor"]
    assert first.headers.getlist("Link") == [
        f'</insights?author=ada&sort=-created_at&limit=2&cursor={cursor}>; rel="next"'
    ]
    assert page["insights"][0] == five.get("/insights/5").get_json()
    second = five.get(f"/insights?author=ada&cursor={cursor}&page_size=3")
    assert ids(second) == [3, 2, 1]
    assert "Link" not in second.headers
    page = answered(second, InsightPage)
    assert (page["total"], page["page_size"], page["next_cursor"]) == (5, 3, None)
    assert ids(five.get(f"/insights?author=ada&cursor={cursor}&limit=2")) == [3, 2]


def test_pages_by_number_have_no_cursor(five: FlaskClient) -> None:
    response = five.get("/insights?page_size=2")
    assert list(response.get_json()) == ["total", "page", "page_size", "matched", "insights"]
    assert "Link" not in response.headers


def test_filters_hold_on_every_page(five: FlaskClient) -> None:
    answers = list(pages(five, "/insights?cursor=&limit=1&status=published&author=0&sort=created_at"))
    assert [[insight["id"] for insight in page["insights"]] for page in answers] == [[1], [3]]
    assert [page["total"] for page in answers] == [2, 2]


def test_a_row_that_is_gone_still_marks_its_place(five: FlaskClient) -> None:
    cursor = five.get("/insights?cursor=&limit=2").get_json()["next_cursor"]
    for gone in (4, 3):
        assert five.delete(f"/insights/{gone}").status_code == 204
    make_insight(five)
    assert ids(five.get(f"/insights?cursor={cursor}")) == [2, 1]


def test_an_unchanged_page_is_not_sent_again(five: FlaskClient) -> None:
    address = "/insights?cursor=&limit=2&sort=title"
    first = five.get(address)
    again = five.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert (again.headers["ETag"], again.headers["Link"]) == (first.headers["ETag"], first.headers["Link"])
    head = five.head(address)
    assert (head.status_code, head.data) == (200, b"")
    assert (head.headers["ETag"], head.headers["Link"]) == (first.headers["ETag"], first.headers["Link"])
    make_insight(five, title="A")
    assert five.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize("sort", SORTS)
def test_a_page_is_one_statement(five: FlaskClient, statements: Callable[[], list[str]], sort: str) -> None:
    address = f"/insights?cursor=&limit=2&sort={sort}"
    before = len(statements())
    assert len(list(pages(five, address))) == 3
    assert len(statements()[before:]) == 3


def test_a_browser_is_sent_to_the_library(five: FlaskClient) -> None:
    response = five.get("/insights?cursor=&limit=2&status=draft", headers={"Accept": "text/html"})
    assert (response.status_code, response.headers["Location"]) == (303, "/library?status=draft&page=1&page_size=2")


@pytest.mark.parametrize("limit", [1, 100])
def test_the_least_and_the_most_of_a_page(five: FlaskClient, limit: int) -> None:
    page = answered(five.get(f"/insights?cursor=&limit={limit}"), InsightPage)
    assert (page["page_size"], len(page["insights"])) == (limit, min(limit, 5))


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("cursor=&limit=0", {"query.limit": "too_small"}),
        ("cursor=&limit=101&sort=id", {"query.limit": "too_large", "query.sort": "unknown_token"}),
        ("cursor=&sort=--title", {"query.sort": "unknown_token"}),
        ("sort=", {"query.sort": "unknown_token"}),
        ("cursor=&page=1", {"query.page": "beside_cursor"}),
        ("cursor=x&offset=0", {"query.offset": "beside_cursor"}),
        (
            "cursor=&page=2&offset=20&limit=x",
            {"query.page": "beside_cursor", "query.offset": "beside_cursor", "query.limit": "type"},
        ),
        ("cursor=%00", {"query.cursor": "nul_character"}),
        ("cursor=x", {"query.cursor": "unknown_cursor"}),
        ("cursor=0", {"query.cursor": "unknown_cursor"}),
        ("cursor=..", {"query.cursor": "unknown_cursor"}),
        ("cursor=%20", {"query.cursor": "unknown_cursor"}),
        ("cursor=%F0%9F%98%80.%C3%A9", {"query.cursor": "unknown_cursor"}),
        (f"cursor={'A' * 5000}", {"query.cursor": "unknown_cursor"}),
    ],
)
def test_what_is_wrong_is_named(five: FlaskClient, query: str, wrong: dict[str, str]) -> None:
    assert wrong_fields(five.get(f"/insights?{query}")) == wrong


def test_no_character_of_a_cursor_can_be_altered(five: FlaskClient) -> None:
    cursor = five.get("/insights?cursor=&limit=1").get_json()["next_cursor"]
    for place, character in enumerate(cursor[:-1]):  # of the last one, some bits mean nothing
        altered = cursor[:place] + ("A" if character != "A" else "B") + cursor[place + 1 :]
        assert wrong_fields(five.get(f"/insights?limit=1&cursor={altered}")) == {"query.cursor": "unknown_cursor"}
    response = five.get(f"/insights?limit=1&cursor={cursor}A")
    problem(response, 422, "cursor: is not one that was given here; an empty cursor begins again")


@pytest.mark.parametrize(
    "query",
    [
        "sort=created_at", "sort=-published_at", "author=ada&author=b", "author=ad", "author=",
        "author=ada&status=draft", "author=ada&visibility=PUBLIC",
        "author=ada&category_id=0", "author=ada&category=x", "author=ada&priority=low",
    ],
)  # fmt: skip
def test_a_cursor_is_of_one_list(five: FlaskClient, query: str) -> None:
    cursor = five.get("/insights?cursor=&limit=1&author=ada").get_json()["next_cursor"]
    same = five.get(f"/insights?limit=3&author=ada&cursor={cursor}")
    assert ids(same) == [4, 3, 2]
    response = five.get(f"/insights?{query}&cursor={cursor}")
    if query.startswith("author=ada&author"):  # of a repeated key the first counts
        assert ids(response) == [4, 3, 2, 1]
        return
    assert wrong_fields(response) == {"query.cursor": "cursor_of_another_list"}
    detail = "cursor: was given for another sort, other filters or another caller; an empty cursor begins again"
    problem(response, 422, detail)


def test_a_cursor_is_of_one_caller_and_one_installation(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place("2026-01-01T00:00:00.000000Z", 4)
    whole, narrow = (Listing(Search(), audience) for audience in (EVERYTHING, NARROW))
    cursor = narrow.cursor(place)
    assert narrow.place(cursor) == place
    assert narrow.cursor(place) == cursor
    another = Listing(Search(), Audience.of([ROLES[Role.VIEWER]], reader=2))
    for listing in (whole, another):
        with pytest.raises(Invalid, match="another caller"):
            listing.place(cursor)
    monkeypatch.setitem(app.config, "SECRET_KEY", "of another installation")
    with pytest.raises(Invalid, match="is not one that was given here"):
        narrow.place(cursor)


def test_the_longest_title_fits_into_an_address(client: FlaskClient) -> None:
    titles = ["".join(chr(0x4E00 + (n * 7919 + k * 104729) % 20000) for k in range(500)) for n in range(3)]
    for title in titles:
        make_insight(client, title=title)
    response = client.get("/insights?cursor=&limit=1&sort=title")
    assert len(response.headers["Link"]) < 4096
    assert len(walked(client, "/insights?cursor=&limit=1&sort=title")) == 3
