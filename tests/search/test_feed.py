"""The feed of a saved search: valid Atom, for whoever may see it, and the key that opens it."""

from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree as ET

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.redaction import redacted_text
from app.identity.secrets import hashed
from app.search.schemas.saved import FeedKeyAnswer
from tests.answers import answered, make, make_category, make_insight, problem
from tests.search.people import Call, people

PATH = "/search/saved"
ATOM = "{http://www.w3.org/2005/Atom}"
HOST = "http://localhost"
Query = Callable[..., list[Any]]


@pytest.fixture
def call(
    application_with: Callable[..., Flask], clean_database: None, owner_connection: psycopg.Connection
) -> Iterator[Call]:
    with people(application_with, owner_connection, anonymous_reading=True) as call:
        yield call


@pytest.fixture
def query(owner_connection: psycopg.Connection, clean_database: None) -> Query:
    def run(statement: str, *values: object) -> list[Any]:
        cursor = owner_connection.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []

    return run


def parsed(response: TestResponse) -> ET.Element:
    assert (response.status_code, response.content_type) == (200, "application/atom+xml; charset=utf-8"), response.text
    return ET.fromstring(response.data)


def texts(element: ET.Element, *path: str) -> list[str | None]:
    return [found.text for found in element.findall("/".join(ATOM + name for name in path))]


def titles(response: TestResponse) -> list[str | None]:
    return texts(parsed(response), "entry", "title")


def feed(client: FlaskClient, query: str, name: str = "Feed") -> TestResponse:
    saved = make(client, PATH, name=name, query=query)
    return client.get(saved["feed"])


class TestTheDocument:
    def test_has_all_that_readers_need(self, client: FlaskClient) -> None:
        make_category(client, "Databases")
        made = make_insight(
            client, title="Vacuum & <b>locks</b>", description='"When" it runs > often.\n& why', author="Ada <x>",
            status="published", category_id=1, tags=["Zebra", "api & co"],
        )  # fmt: skip
        make_insight(client, title="Other")
        response = feed(client, 'vacuum "locks" & more', "Vacuum & co <1>")
        root = parsed(response)
        saved = client.get(f"{PATH}/1").get_json()
        assert root.tag == f"{ATOM}feed"
        assert texts(root, "title") == ["Vacuum & co <1>"]
        assert texts(root, "subtitle") == ['vacuum "locks" & more']
        assert texts(root, "updated") == [max(saved["updated_at"], made["updated_at"])]
        assert [link.attrib for link in root.findall(f"{ATOM}link")] == [
            {"rel": "self", "type": "application/atom+xml", "href": f"{HOST}/search/saved/1/feed.atom"},
            {"rel": "alternate", "type": "text/html", "href": f"{HOST}/library?q=vacuum+%22locks%22+%26+more"},
        ]
        [entry] = root.findall(f"{ATOM}entry")
        assert texts(entry, "id") == [f"urn:uuid:{made['public_id']}"]
        assert texts(entry, "title") == ["Vacuum & <b>locks</b>"]
        assert texts(entry, "summary") == ['"When" it runs > often.\n& why']
        assert texts(entry, "author", "name") == ["Ada <x>"]
        assert texts(entry, "published") == [made["published_at"]]
        assert texts(entry, "updated") == [made["updated_at"]]
        assert [category.attrib for category in entry.findall(f"{ATOM}category")] == [
            {"term": name} for name in ("Databases", "api & co", "Zebra")
        ]
        [link] = entry.findall(f"{ATOM}link")
        assert link.attrib["href"] == f"{HOST}/library/{made['id']}"

    def test_keeps_its_name(self, client: FlaskClient) -> None:
        first = texts(parsed(feed(client, "vacuum")), "id")
        assert str(first[0]).startswith("urn:uuid:")
        client.put(f"{PATH}/1", json={"name": "Another", "query": "locks"})
        assert texts(parsed(client.get(f"{PATH}/1/feed.atom", base_url="http://127.0.0.1")), "id") == first
        assert texts(parsed(feed(client, "vacuum")), "id") != first

    def test_holds_any_text(self, client: FlaskClient) -> None:
        hostile = "\x01\x0b\x1f\ufffe\uffff]]> &#0; \t\r\n\u2028 \U0001f600 <![CDATA["
        make_insight(client, title=f"a{hostile}z", description=hostile, author=f"Ada {hostile}!", tags=[f"t{hostile}t"])
        [entry] = parsed(feed(client, "author:Ada", f"n{hostile}n")).findall(f"{ATOM}entry")
        shown = "\ufffd\ufffd\ufffd\ufffd\ufffd]]> &#0; \t\n\u2028 \U0001f600 <![CDATA["
        assert texts(entry, "title") == [f"a{shown}z"]
        assert texts(entry, "author", "name") == [f"Ada {shown}!"]

    def test_shortens_long_summaries(self, client: FlaskClient) -> None:
        for length in (2000, 2001):
            make_insight(client, title=str(length), description="ä" * length)
        assert texts(parsed(feed(client, "author:Ada")), "entry", "summary") == ["ä" * 2000 + "…", "ä" * 2000]

    @pytest.mark.parametrize("text", ["vacuum", "author:Ada", "%&"])
    def test_has_the_newest_fifty_by_publication(self, client: FlaskClient, query: Query, text: str) -> None:
        query(
            "INSERT INTO insights (title, description, author, created_at, status, published_at)"
            " SELECT n, 'vacuum %%&', 'Ada', now() - make_interval(days => 100 + n),"
            "  CASE WHEN n %% 2 = 0 THEN 'published' ELSE 'draft' END,"
            "  CASE WHEN n %% 2 = 0 THEN now() - make_interval(days => 161 - n) END"
            " FROM generate_series(1, 60) n"
        )
        # Drafts count from when they were made: 1 is 101 days old; 60 was published 101 days ago.
        ages = {n: 161 - n if n % 2 == 0 else 100 + n for n in range(1, 61)}
        expected = sorted(ages, key=lambda n: (ages[n], -n))[:50]
        assert titles(feed(client, text)) == [str(n) for n in expected]

    def test_of_nothing_found_is_a_feed_without_entries(self, client: FlaskClient) -> None:
        root = parsed(feed(client, "vacuum"))
        assert texts(root, "entry", "title") == []
        assert texts(root, "updated") == [client.get(f"{PATH}/1").get_json()["updated_at"]]

    def test_has_the_public_address(
        self, application_with: Callable[..., Flask], clean_database: None, owner_connection: psycopg.Connection
    ) -> None:
        with people(application_with, owner_connection, public_url="https://insights.example.org/") as call:
            saved = call("viewer", "POST", PATH, {"name": "n", "query": "world"}).get_json()
            links = parsed(call("viewer", "GET", saved["feed"])).findall(f"{ATOM}link")
            assert links[0].attrib["href"] == "https://insights.example.org/search/saved/1/feed.atom"


class TestConditionalRequests:
    def test_what_is_known_is_not_sent_again(self, client: FlaskClient) -> None:
        make_insight(client, title="Vacuum")
        first = feed(client, "vacuum")
        again = client.get(f"{PATH}/1/feed.atom", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
        assert first.headers["Cache-Control"] == "private, no-cache"
        client.put("/insights/1", json={"title": "Vacuum again"})
        newer = client.get(f"{PATH}/1/feed.atom", headers={"If-None-Match": first.headers["ETag"]})
        assert titles(newer) == ["Vacuum again"]


class TestWhoReads:
    def test_everybody_what_they_see(self, call: Call) -> None:
        saved = call("admin", "POST", PATH, {"name": "n", "query": "world", "shared": True}).get_json()
        for role, own_drafts in (("viewer", 4), ("analyst", 4)):
            found = titles(call(role, "GET", saved["feed"]))
            total = call(role, "GET", "/insights?page_size=100").get_json()["total"]
            assert len(found) == total
            assert sum(str(title).startswith("draft") for title in found) == own_drafts
        assert len(titles(call("editor", "GET", saved["feed"]))) == 50

    def test_nobody_without_credentials_or_the_key(self, call: Call) -> None:
        saved = call("viewer", "POST", PATH, {"name": "n", "query": "world", "shared": True}).get_json()
        answer = call("anonymous", "GET", saved["feed"])
        problem(answer, 401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        wrong = call("anonymous", "GET", saved["feed"], Authorization="Bearer ins_unknown")
        problem(wrong, 401, "The token is unknown, expired or revoked.")
        problem(call("anonymous", "GET", f"{PATH}/99/feed.atom"), 401)


class TestTheKey:
    def make_key(self, call: Call, role: str = "viewer", name: str = "n", **more: str) -> tuple[int, str]:
        saved = call(role, "POST", PATH, {"name": name, "query": "world"}).get_json()
        answer = call(role, "POST", f"{PATH}/{saved['id']}/feed-key", {}, **more)
        return saved["id"], str(answered(answer, FeedKeyAnswer)["key"])

    def read(self, call: Call, saved_id: int, key: str) -> TestResponse:
        return call("anonymous", "GET", f"{PATH}/{saved_id}/feed.atom?key={key}")

    def test_opens_the_feed_for_anybody(self, call: Call, query: Query) -> None:
        saved_id, key = self.make_key(call)
        assert titles(self.read(call, saved_id, key)) == titles(call("viewer", "GET", f"{PATH}/{saved_id}/feed.atom"))
        assert len(titles(self.read(call, saved_id, key))) > 4
        assert query("SELECT feed_key_hash FROM saved_searches") == [(hashed(key),)]
        assert call("viewer", "GET", f"{PATH}/{saved_id}").get_json()["has_feed_key"] is True
        assert key not in self.read(call, saved_id, key).text

    def test_is_given_with_the_address_and_kept_out_of_logs(self, call: Call) -> None:
        saved = call("viewer", "POST", PATH, {"name": "n", "query": "world"}).get_json()
        made = call("viewer", "POST", f"{PATH}/{saved['id']}/feed-key", {}).get_json()
        assert made["feed"] == f"{HOST}{saved['feed']}?key={made['key']}"
        assert redacted_text(made["feed"]) == f"{HOST}{saved['feed']}?key=ins_[redacted]"
        assert titles(call("anonymous", "GET", made["feed"].removeprefix(HOST)))

    def test_opens_no_other_feed_and_nothing_else(self, call: Call) -> None:
        saved_id, key = self.make_key(call)
        other, _ = self.make_key(call, name="other")
        for wrong_id, wrong_key in ((saved_id, "x"), (saved_id, ""), (saved_id, key[:-1]), (other, key), (99, key)):
            problem(self.read(call, wrong_id, wrong_key), 404, f"Saved search {wrong_id} does not exist.")
        problem(call("anonymous", "GET", f"{PATH}/{saved_id}?key={key}"), 401)
        problem(call("anonymous", "GET", f"{PATH}/{saved_id}", Authorization=f"Bearer {key}"), 401)

    def test_shows_what_the_owner_sees_now(self, call: Call, query: Query) -> None:
        saved_id, key = self.make_key(call, "editor")
        assert len(titles(self.read(call, saved_id, key))) == 50
        query("UPDATE users SET role = 'viewer' WHERE email = 'editor@example.org'")
        found = titles(self.read(call, saved_id, key))
        others = [str(title) for title in found if not str(title).startswith("draft")]
        assert {title.split()[1] for title in others} == {"PUBLIC", "INTERNAL"}
        assert sum(str(title).startswith("draft") for title in found) == 4

    def test_of_somebody_kept_out_opens_nothing(self, call: Call, query: Query) -> None:
        saved_id, key = self.make_key(call)
        query("UPDATE users SET disabled_at = now() WHERE email = 'viewer@example.org'")
        problem(self.read(call, saved_id, key), 404)
        query("UPDATE users SET disabled_at = NULL")
        assert titles(self.read(call, saved_id, key))

    def test_a_new_one_ends_the_one_before(self, call: Call) -> None:
        saved_id, first = self.make_key(call)
        second = call("viewer", "POST", f"{PATH}/{saved_id}/feed-key", {}).get_json()["key"]
        problem(self.read(call, saved_id, first), 404)
        assert titles(self.read(call, saved_id, second))

    def test_that_is_revoked_opens_nothing(self, call: Call, query: Query) -> None:
        saved_id, key = self.make_key(call)
        for _ in range(2):
            assert call("viewer", "DELETE", f"{PATH}/{saved_id}/feed-key").status_code == 204
        problem(self.read(call, saved_id, key), 404)
        statement = "SELECT verb FROM audit_log WHERE subject_type = 'saved_search' ORDER BY id"
        verbs = [row[0].partition(".")[2] for row in query(statement)]
        assert verbs == ["create", "make_feed_key", "revoke_feed_key"]

    def test_is_revoked_by_an_administrator_also(self, call: Call) -> None:
        saved_id, key = self.make_key(call)
        call("viewer", "PUT", f"{PATH}/{saved_id}", {"shared": True})
        problem(call("admin", "POST", f"{PATH}/{saved_id}/feed-key", {}), 403)
        assert titles(self.read(call, saved_id, key))
        assert call("admin", "DELETE", f"{PATH}/{saved_id}/feed-key").status_code == 204
        problem(self.read(call, saved_id, key), 404)

    def test_is_not_made_with_credentials_that_see_less(self, call: Call, query: Query) -> None:
        query("UPDATE api_tokens SET role = 'viewer' WHERE user_id = 3")
        saved = call("editor", "POST", PATH, {"name": "n", "query": "world"}).get_json()
        before = query("SELECT * FROM saved_searches")
        problem(call("editor", "POST", f"{PATH}/{saved['id']}/feed-key", {}), 403)
        assert query("SELECT * FROM saved_searches") == before

    def test_the_same_request_gets_the_same_key_which_nobody_else_can_read(self, call: Call, query: Query) -> None:
        saved_id, key = self.make_key(call, **{"Idempotency-Key": "k"})
        again = call("viewer", "POST", f"{PATH}/{saved_id}/feed-key", {}, **{"Idempotency-Key": "k"})
        assert answered(again, FeedKeyAnswer)["key"] == key
        assert again.headers["Idempotency-Replayed"] == "true"
        assert titles(self.read(call, saved_id, key))
        [(body,)] = query("SELECT body FROM idempotency_keys")
        assert key.encode() not in bytes(body)

    def test_of_a_search_without_an_owner_ends_where_people_sign_in(
        self, application: Flask, call: Call, query: Query
    ) -> None:
        client = application.test_client()
        saved = make(client, PATH, name="n", query="world")
        key = client.post(f"{PATH}/{saved['id']}/feed-key", json={}).get_json()["key"]
        assert len(titles(client.get(f"{saved['feed']}?key={key}"))) == 50
        problem(self.read(call, saved["id"], key), 404)
