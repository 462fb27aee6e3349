"""Saved searches: five verbs, whose they are, every refusal."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.search.schemas.saved import SavedSearchAnswer
from tests.answers import answered, make, problem, refused_because, wrong_fields
from tests.search.people import Call, people

DRAFT = {"name": " Incidents ", "query": "tag:incident vacuum"}
PATH = "/search/saved"
Stored = Callable[[], dict[str, list[Any]]]


@pytest.fixture
def call(
    application_with: Callable[..., Flask], clean_database: None, owner_connection: psycopg.Connection
) -> Iterator[Call]:
    with people(application_with, owner_connection, anonymous_reading=True) as call:
        yield call


@pytest.fixture
def entries(owner_connection: psycopg.Connection, clean_database: None) -> Callable[[], list[Any]]:
    """What was written down of saved searches: verb, id, name and what differs."""
    statement = (
        "SELECT verb, subject_id, subject_name, diff FROM audit_log WHERE subject_type = 'saved_search' ORDER BY id"
    )
    return lambda: owner_connection.execute(statement).fetchall()


def save(client: FlaskClient, name: str, query: str = "vacuum", **more: Any) -> Any:
    return make(client, PATH, name=name, query=query, **more)


def made(response: TestResponse) -> int:
    assert response.status_code == 201, response.text
    return int(response.get_json()["id"])


def names(response: TestResponse) -> list[str]:
    return [saved["name"] for saved in answered(response, SavedSearchAnswer(many=True))]


def test_a_search_is_saved_under_a_name(client: FlaskClient, entries: Callable[[], list[Any]]) -> None:
    response = client.post(PATH, json=DRAFT)
    saved = answered(response, SavedSearchAnswer, 201)
    assert saved.pop("created_at") == saved.pop("updated_at")
    assert saved == {
        "id": 1,
        "name": "Incidents",
        "query": "tag:incident vacuum",
        "shared": False,
        "owner": None,
        "may_change": True,
        "feed": "/search/saved/1/feed.atom",
        "has_feed_key": False,
        "version": 1,
    }
    assert response.headers["Location"] == "/search/saved/1"
    assert client.get("/search/saved/1").data == response.data
    assert entries() == [
        ("saved_search.create", "1", "Incidents", {"name": [None, "Incidents"], "query": [None, "tag:incident vacuum"]})
    ]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"body.name": "required", "body.query": "required"}),
        ({"name": " ", "query": ""}, {"body.name": "too_short", "body.query": "too_short"}),
        ({"name": "n" * 101, "query": "q" * 5001}, {"body.name": "too_long", "body.query": "too_long"}),
        ({"name": None, "query": 5}, {"body.name": "null", "body.query": "type"}),
        ({"name": "n", "query": "q", "shared": "yes"}, {"body.shared": "type"}),
        ({"name": "n", "query": "a\0b", "owner": 1}, {"body.query": "nul_character", "body.owner": "unknown_field"}),
    ],
)
def test_wrong_fields_are_all_named(
    client: FlaskClient, stored: Stored, body: dict[str, Any], wrong: dict[str, str]
) -> None:
    before = stored()
    assert wrong_fields(client.post(PATH, json=body)) == wrong
    assert stored() == before


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_query_that_does_not_parse_is_refused_with_its_place(
    client: FlaskClient, stored: Stored, method: str
) -> None:
    save(client, "One")
    before = stored()
    path = PATH if method == "POST" else f"{PATH}/1"
    document = problem(client.open(path, method=method, json={"name": "n", "query": "vacuum status:publishd"}), 422)
    [error] = document["errors"]
    assert (error["loc"], error["pointer"]) == (["body", "query"], "#/query")
    assert (error["position"], error["length"], error["suggestion"]) == (14, 8, "published")
    assert stored() == before


@pytest.mark.parametrize("name", ["Café", "CAFÉ", "cafe"])
def test_a_name_is_its_owners_only_once(client: FlaskClient, stored: Stored, name: str) -> None:
    save(client, "Café")
    save(client, "Other")
    before = stored()
    detail = f"You have a saved search named {name!r} already."
    refused_because(client.post(PATH, json={"name": name, "query": "q"}), detail, "name", "duplicate")
    refused_because(client.put(f"{PATH}/2", json={"name": name}), detail, "name", "duplicate")
    assert stored() == before


def test_the_list_is_a_bare_array_by_name(client: FlaskClient) -> None:
    for name in ("beta", "Zebra", "Éclair", "api"):
        save(client, name)
    assert names(client.get(PATH)) == ["api", "beta", "Éclair", "Zebra"]
    assert names(client.get(f"{PATH}?skip=1&limit=2")) == ["beta", "Éclair"]
    assert names(client.get(f"{PATH}?skip=4")) == []


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/search/saved", "/searches"),
        ("/search/saved/7", "/searches/7"),
        ("/search/gaps?days=7", "/searches/gaps?days=7&limit=100"),
    ],
)
def test_people_are_sent_on_to_the_page(client: FlaskClient, path: str, page: str) -> None:
    response = client.get(path, headers={"Accept": "text/html"})
    assert (response.status_code, response.headers["Location"]) == (303, page)


def test_a_change_leaves_absent_fields(client: FlaskClient, entries: Callable[[], list[Any]]) -> None:
    saved = save(client, "Old", "vacuum")
    response = client.put(f"{PATH}/1", json={"name": "New", "shared": True}, headers={"If-Match": '"1"'})
    changed = answered(response, SavedSearchAnswer)
    assert (changed["name"], changed["query"], changed["shared"], changed["version"]) == ("New", "vacuum", True, 2)
    assert changed["updated_at"] > saved["updated_at"]
    assert entries()[-1] == ("saved_search.update", "1", "Old", {"name": ["Old", "New"], "shared": [False, True]})


def test_a_change_of_nothing_writes_nothing(client: FlaskClient, stored: Stored, entries: Callable[[], Any]) -> None:
    saved = save(client, "Same")
    before = stored(), entries()
    assert client.put(f"{PATH}/1", json={}).get_json() == saved
    assert client.put(f"{PATH}/1", json={"name": "Same", "shared": False}).get_json() == saved
    assert (stored(), entries()) == before


def test_a_stale_change_is_told_what_differs(client: FlaskClient, stored: Stored) -> None:
    save(client, "One", "vacuum")
    client.put(f"{PATH}/1", json={"query": "locks"})
    before = stored()
    response = client.put(f"{PATH}/1", json={"query": "indexes"}, headers={"If-Match": '"1"'})
    document = problem(response, 412, "Saved search 1 has changed since it was read: its version is now 2.")
    assert document["differs"] == [{"field": "query", "yours": "indexes", "now": "locks"}]
    problem(client.delete(f"{PATH}/1", headers={"If-Match": '"1"'}), 412)
    assert stored() == before


def test_what_is_deleted_is_gone(client: FlaskClient, entries: Callable[[], list[Any]]) -> None:
    save(client, "One")
    response = client.delete(f"{PATH}/1", headers={"If-Match": '"1"'})
    assert (response.status_code, response.data) == (204, b"")
    problem(client.get(f"{PATH}/1"), 404, "Saved search 1 does not exist.")
    assert names(client.get(PATH)) == []
    assert entries()[-1] == ("saved_search.delete", "1", "One", None)


@pytest.mark.parametrize("saved_id", [99, 0, -1, 2**31, 10**30])
def test_an_unknown_id(client: FlaskClient, saved_id: int) -> None:
    for method, more in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/results"), ("POST", "/feed-key")):
        body = {} if method in ("PUT", "POST") else None
        answer = client.open(f"{PATH}/{saved_id}{more}", method=method, json=body)
        problem(answer, 404, f"Saved search {saved_id} does not exist.")


def test_the_same_request_under_its_key_saves_once(client: FlaskClient) -> None:
    first, again = (client.post(PATH, json=DRAFT, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, again.status_code, again.data) == (201, 201, first.data)
    assert names(client.get(PATH)) == ["Incidents"]


class TestOthers:
    def test_private_ones_do_not_exist(self, call: Call, stored: Stored) -> None:
        saved_id = made(call("viewer", "POST", PATH, DRAFT))
        before = stored()
        for role in ("contributor", "editor", "analyst", "admin"):
            for method, more in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/results"), ("GET", "/feed.atom"),
                                 ("POST", "/feed-key"), ("DELETE", "/feed-key")):  # fmt: skip
                body = {} if method in ("PUT", "POST") else None
                answer = call(role, method, f"{PATH}/{saved_id}{more}", body)
                problem(answer, 404, f"Saved search {saved_id} does not exist.")
            assert names(call(role, "GET", PATH)) == []
        assert stored() == before

    def test_a_stale_version_tells_nothing_of_what_is_not_seen(self, call: Call) -> None:
        saved_id = made(call("viewer", "POST", PATH, DRAFT))
        answer = call("editor", "PUT", f"{PATH}/{saved_id}", {"shared": True}, **{"If-Match": '"9"'})
        assert "current_version" not in problem(answer, 404)

    def test_shared_ones_are_seen_and_changed_by_administrators_alone(self, call: Call, stored: Stored) -> None:
        saved_id = made(call("viewer", "POST", PATH, {**DRAFT, "shared": True}))
        before = stored()
        for role in ("contributor", "editor", "analyst"):
            seen = answered(call(role, "GET", f"{PATH}/{saved_id}"), SavedSearchAnswer)
            assert (seen["owner"], seen["may_change"]) == ({"id": 1, "name": "Viewer"}, False)
            assert names(call(role, "GET", PATH)) == ["Incidents"]
            for method, more in (("PUT", ""), ("DELETE", ""), ("POST", "/feed-key"), ("DELETE", "/feed-key")):
                body = {"shared": False} if method in ("PUT", "POST") else None
                answer = call(role, method, f"{PATH}/{saved_id}{more}", {} if more and body else body)
                problem(answer, 403)
        assert stored() == before
        assert call("admin", "GET", f"{PATH}/{saved_id}").get_json()["may_change"] is True

    def test_an_administrator_changes_and_deletes_a_shared_one(self, call: Call) -> None:
        saved_id = made(call("viewer", "POST", PATH, {**DRAFT, "shared": True}))
        changed = answered(call("admin", "PUT", f"{PATH}/{saved_id}", {"name": "Kept"}), SavedSearchAnswer)
        assert (changed["name"], changed["owner"]["id"]) == ("Kept", 1)
        assert call("admin", "DELETE", f"{PATH}/{saved_id}").status_code == 204
        assert names(call("viewer", "GET", PATH)) == []

    def test_what_an_administrator_unshares_is_its_owners_alone(self, call: Call) -> None:
        saved_id = made(call("viewer", "POST", PATH, {**DRAFT, "shared": True}))
        unshared = answered(call("admin", "PUT", f"{PATH}/{saved_id}", {"shared": False}), SavedSearchAnswer)
        assert (unshared["shared"], unshared["version"]) == (False, 2)
        assert call("admin", "GET", f"{PATH}/{saved_id}").status_code == 404
        assert names(call("viewer", "GET", PATH)) == ["Incidents"]

    def test_names_are_unique_for_each_owner(self, call: Call) -> None:
        for role in ("viewer", "editor"):
            made(call(role, "POST", PATH, DRAFT))
        assert call("viewer", "POST", PATH, DRAFT).status_code == 400

    def test_strangers_have_none(self, call: Call, stored: Stored) -> None:
        saved_id = made(call("viewer", "POST", PATH, {**DRAFT, "shared": True}))
        before = stored()
        for method, path in (("GET", PATH), ("POST", PATH), ("GET", f"{PATH}/{saved_id}"),
                             ("GET", f"{PATH}/{saved_id}/results"), ("GET", f"{PATH}/{saved_id}/feed.atom"),
                             ("DELETE", f"{PATH}/{saved_id}")):  # fmt: skip
            problem(call("anonymous", method, path, DRAFT if method == "POST" else None), 401)
        assert stored() == before

    def test_ones_without_an_owner_are_the_administrators(self, client: FlaskClient, call: Call) -> None:
        save(client, "Of this machine")
        save(client, "Shared", shared=True)
        assert names(call("admin", "GET", PATH)) == ["Of this machine", "Shared"]
        assert names(call("viewer", "GET", PATH)) == ["Shared"]
        assert call("viewer", "GET", f"{PATH}/1").status_code == 404
        assert call("admin", "DELETE", f"{PATH}/1").status_code == 204
