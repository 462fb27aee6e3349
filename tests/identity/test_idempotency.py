"""A request that is sent again under its key has its effect once."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from threading import Event
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import Connection, event, text
from werkzeug.test import TestResponse

from app.config import Settings
from app.core.db import after_commit
from app.errors import Refused, StillRunning
from app.extensions import db
from app.identity.acting import acting
from app.identity.actor import LOCAL_ADMINISTRATOR
from app.identity.idempotency import once
from app.identity.jobs import UPKEEP
from app.identity.queries.credentials import forget_callers
from app.identity.secrets import hashed
from app.insights.schemas import InsightAnswer
from benchmarks.idempotency_proof import prove
from tests.answers import answered, make_category, problem, refused_because
from tests.attachments.files import upload
from tests.conftest import built
from tests.identity.world import build, headers

DRAFT = {"title": "Café", "description": "Text", "author": "Ada", "tags": ["new", "words"], "category_name": "New"}
RUNNING = "The first request with this Idempotency-Key is still running; send this one again."
REUSED = "was used for another request already, or with other rights; a new request needs a new key"
WRONG = "must be 1 to 255 printable ASCII characters"
# They write nothing.
READING = {"/insights/search", "/graphql", "/v1/graphql"}
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('local:local administrator' || chr(31) || %s, 0))"


def send(client: FlaskClient, key: str, body: Any = DRAFT, path: str = "/insights", **more: str) -> TestResponse:
    return client.post(path, json=body, headers={"Idempotency-Key": key, **more})


def wrong_key(response: TestResponse, message: str, code: str) -> None:
    found = problem(response, 422, f"Idempotency-Key: {message}")["errors"]
    name = "Idempotency-Key"
    assert found == [{"loc": ["header", name], "pointer": f"#/{name}", "message": message, "code": code}]


def header_names(operation: dict[str, Any]) -> set[str]:
    return {taken["name"] for taken in operation.get("parameters", ()) if taken["in"] == "header"}


def example_body(operation: dict[str, Any]) -> Any:
    return operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")


def example_path(path: str, item: dict[str, Any]) -> str:
    """The path with an id that nothing has to have: the header is looked at first."""
    for taken in item.get("parameters", ()):
        path = path.replace(
            f"{{{taken['name']}}}", str(UUID(int=1)) if taken["schema"].get("format") == "uuid" else "1"
        )
    return path


def kept(response: TestResponse) -> dict[str, str]:
    return {name: value for name, value in response.headers if name not in ("X-Request-ID", "Idempotency-Replayed")}


@contextmanager
def ending_after(app: Flask, steps: int) -> Iterator[None]:
    """The server ends the connection of a transaction after so many statements, the commit not being one."""
    with app.app_context():
        engine = db.engine
    step = count(1)

    def end(connection: Connection, *_: object) -> None:
        if next(step) == steps:
            cursor = connection.connection.cursor()
            with suppress(psycopg.OperationalError):
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    event.listen(engine, "after_cursor_execute", end)
    try:
        yield
    finally:
        event.remove(engine, "after_cursor_execute", end)


@pytest.fixture
def query(owner_url: str) -> Iterator[Callable[..., list[Any]]]:
    with psycopg.connect(owner_url, autocommit=True) as connection:

        def run(statement: str, *values: object) -> list[Any]:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

        yield run


@pytest.fixture
def asked(app: Flask) -> Callable[..., Any]:
    """Call `once` with a command, in a request of its own, as the local administrator."""

    def run(command: Callable[[], Response], key: str | None = "k") -> Response:
        named = {} if key is None else {"Idempotency-Key": key}
        with app.test_request_context("/insights", method="POST", headers=named), acting(LOCAL_ADMINISTRATOR):
            return once(command)

    return run


class TestTheSameRequest:
    def test_gets_the_first_answer_byte_for_byte(
        self, client: FlaskClient, stored: Callable[[], dict[str, list[Any]]]
    ) -> None:
        first = send(client, "key 1")
        answered(first, InsightAnswer, 201)
        assert "Idempotency-Replayed" not in first.headers
        before = stored()
        client.put("/insights/1", json={"title": "Changed since"})
        client.put("/insights/1", json={"title": "Café"})
        after = stored()
        again = send(client, "key 1")
        assert (again.status_code, again.data) == (201, first.data)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert kept(again) == kept(first)
        assert {"Content-Type", "ETag", "Location", "Cache-Control"} <= set(kept(first))
        assert stored() == after != before
        assert len(after["insights"]) == 1

    @pytest.mark.parametrize(
        ("path", "body"), [("/tags", {"name": "One", "slug": "one"}), ("/categories", {"name": "One", "slug": "one"})]
    )
    def test_of_other_things(self, client: FlaskClient, path: str, body: dict[str, str]) -> None:
        first, again = (send(client, "k", body, path) for _ in range(2))
        assert (first.status_code, again.status_code, again.data) == (201, 201, first.data)
        assert kept(again) == kept(first)
        assert client.post(path, json=body).status_code == 400

    def test_writes_no_second_audit_entry(self, client: FlaskClient, entries: Callable[[], list[Any]]) -> None:
        send(client, "k")
        before = entries()
        send(client, "k")
        assert entries() == before
        assert before

    def test_goes_on_while_another_repetition_holds_the_lock(self, client: FlaskClient, owner_url: str) -> None:
        first = send(client, "k")
        with psycopg.connect(owner_url) as connection:
            connection.execute(LOCK.encode(), ["k"])
            assert send(client, "k").data == first.data

    def test_a_new_key_is_a_new_request(self, client: FlaskClient) -> None:
        assert [send(client, key).get_json()["id"] for key in ("a", "A", "a ", "b")] == [1, 2, 3, 4]


class TestAnotherRequest:
    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/insights", {**DRAFT, "title": "Cafe"}),
            ("/insights?a=1", DRAFT),
            ("/tags", {"name": "One", "slug": "one"}),
        ],
    )
    def test_under_the_same_key_is_refused(
        self, client: FlaskClient, stored: Callable[[], object], path: str, body: object
    ) -> None:
        send(client, "k")
        before = stored()
        wrong_key(send(client, "k", body, path), REUSED, "key_reused")
        assert stored() == before

    def test_may_mean_the_same_in_other_bytes(self, client: FlaskClient) -> None:
        send(client, "k")
        named = {"Idempotency-Key": "k", "Content-Type": "application/json"}
        wrong_key(client.post("/insights", data=json.dumps(DRAFT, indent=1), headers=named), REUSED, "key_reused")

    def test_of_another_caller_is_a_first_one(self, client: FlaskClient, owner_connection: psycopg.Connection) -> None:
        build(owner_connection)
        forget_callers()
        answers = [send(client, "k", **headers(role)) for role in ("contributor", "editor", "admin")]
        answers.append(send(client, "k"))
        assert [answer.status_code for answer in answers] == [201] * 4
        assert len({answer.get_json()["id"] for answer in answers}) == 4
        assert not any("Idempotency-Replayed" in answer.headers for answer in answers)
        for role, answer in zip(("contributor", "editor", "admin"), answers, strict=False):
            assert send(client, "k", **headers(role)).data == answer.data

    def test_with_another_token_of_the_same_person_is_the_same(
        self, client: FlaskClient, owner_connection: psycopg.Connection, query: Callable[..., list[Any]]
    ) -> None:
        build(owner_connection)
        query(
            "INSERT INTO api_tokens (user_id, name, token_hash, last4)"
            " SELECT id, 'second', %s, '----' FROM users WHERE email = 'editor@example.org'",
            hashed("ins_second"),
        )
        forget_callers()
        first = send(client, "k", **headers("editor"))
        again = send(client, "k", **{"X-API-Key": "ins_second"})
        assert (again.status_code, again.data) == (201, first.data)
        assert again.headers["Idempotency-Replayed"] == "true"

    def test_with_other_rights_than_then_is_refused(
        self,
        client: FlaskClient,
        owner_connection: psycopg.Connection,
        query: Callable[..., list[Any]],
        stored: Callable[[], dict[str, object]],
    ) -> None:
        build(owner_connection)
        forget_callers()
        assert send(client, "k", **headers("editor")).status_code == 201
        query("UPDATE users SET role = 'contributor' WHERE email = 'editor@example.org'")
        forget_callers()
        before = stored()
        wrong_key(send(client, "k", **headers("editor")), REUSED, "key_reused")
        assert stored() == before

    def test_a_caller_who_may_not_write_gets_no_kept_answer(
        self, client: FlaskClient, owner_connection: psycopg.Connection, query: Callable[..., list[Any]]
    ) -> None:
        build(owner_connection)
        forget_callers()
        assert send(client, "k", **headers("editor")).status_code == 201
        query("UPDATE users SET role = 'viewer' WHERE email = 'editor@example.org'")
        forget_callers()
        problem(send(client, "k", **headers("editor")), 403)


class TestStillRunning:
    def test_is_told_to_come_back(self, client: FlaskClient, owner_url: str, stored: Callable[[], object]) -> None:
        before = stored()
        with psycopg.connect(owner_url) as connection:
            connection.execute(LOCK.encode(), ["k"])
            response = send(client, "k")
            problem(response, 409, RUNNING)
            assert response.headers["Retry-After"] == "2"
            assert stored() == before
            assert send(client, "another key").status_code == 201
        assert send(client, "k").status_code == 201

    def test_while_the_first_command_works(self, app: Flask, asked: Callable[..., Response]) -> None:
        begun, go_on = Event(), Event()

        def slow() -> Response:
            begun.set()
            assert go_on.wait(timeout=10)
            return Response("slow", 201)

        def first() -> Response:
            with app.app_context():
                return asked(slow)

        with ThreadPoolExecutor(1) as threads:
            running = threads.submit(first)
            assert begun.wait(timeout=10)
            with pytest.raises(StillRunning):
                asked(lambda: Response("second", 201))
            go_on.set()
            assert running.result(timeout=10).data == b"slow"
        assert asked(lambda: Response("third", 201)).data == b"slow"


class TestTime:
    def test_a_day_later_the_key_is_free(self, client: FlaskClient, query: Callable[..., list[Any]]) -> None:
        send(client, "k")
        query("UPDATE idempotency_keys SET at = now() - interval '23 hours 59 minutes'")
        assert send(client, "k").get_json()["id"] == 1
        query("UPDATE idempotency_keys SET at = now() - interval '24 hours'")
        later = send(client, "k", {**DRAFT, "title": "Another"})
        assert (later.status_code, later.get_json()["id"]) == (201, 2)
        assert send(client, "k", {**DRAFT, "title": "Another"}).data == later.data
        assert query("SELECT count(*), max(at) > now() - interval '1 minute' FROM idempotency_keys") == [(1, True)]

    def test_upkeep_forgets_what_nobody_gets_any_more(
        self, app: Flask, client: FlaskClient, query: Callable[..., list[Any]]
    ) -> None:
        for key in ("old", "young"):
            send(client, key)
        query("UPDATE idempotency_keys SET at = now() - interval '24 hours' WHERE key = 'old'")
        query("UPDATE idempotency_keys SET at = now() - interval '23 hours 59 minutes' WHERE key = 'young'")
        [job] = UPKEEP
        assert job.every_seconds == 3600
        job.run()
        assert query("SELECT caller, key FROM idempotency_keys") == [("local:local administrator", "young")]


class TestFailure:
    def test_a_refused_request_leaves_the_key_free(self, client: FlaskClient, stored: Callable[[], object]) -> None:
        make_category(client, "Taken")
        before = stored()
        for _ in range(2):
            response = send(client, "k", {"name": "Taken", "slug": "other"}, "/categories")
            refused_because(response, "A category named 'Taken' already exists.", "name", "duplicate")
        problem(send(client, "k", {}), 422)
        assert stored() == before
        assert send(client, "k").status_code == 201

    def test_an_error_of_ours_keeps_nothing(self, asked: Callable[..., Response], stored: Callable[[], object]) -> None:
        before = stored()

        def command() -> Response:
            db.session.execute(text("INSERT INTO tags (name, slug) VALUES ('a', 'a')"))
            raise Refused("No.")

        with pytest.raises(Refused):
            asked(command)
        assert stored() == before

    def test_a_connection_that_ends_at_any_moment_leaves_both_or_neither(
        self, application: Flask, client: FlaskClient, stored: Callable[[], dict[str, list[Any]]]
    ) -> None:
        before = stored()
        for steps in count(1):
            with ending_after(application, steps):
                response = send(client, "k")
            if response.status_code == 201:
                break
            problem(response, 503, "The database can't be reached just now.")
            assert stored() == before
        assert steps > 5
        assert len(stored()["insights"]) == len(stored()["idempotency_keys"]) == 1
        assert send(client, "k").data == response.data

    def test_a_lost_race_runs_everything_again(
        self, asked: Callable[..., Response], query: Callable[..., list[Any]]
    ) -> None:
        runs: list[str] = []

        def command() -> Response:
            runs.append("command")
            after_commit(lambda: runs.append("callback"))
            db.session.execute(text("INSERT INTO tags (name, slug) VALUES ('a', 'a')"))
            if len(runs) == 1:
                db.session.execute(text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$"))
            return Response(str(len(runs)), 201)

        assert asked(command).data == b"2"
        assert runs == ["command", "command", "callback"]
        assert asked(command).data == b"2"
        assert runs == ["command", "command", "callback"]
        assert query("SELECT (SELECT count(*) FROM tags), (SELECT count(*) FROM idempotency_keys)") == [(1, 1)]


class TestTheHeader:
    @pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "a\tb", "\x7f"])
    def test_must_be_printable_ascii(self, client: FlaskClient, stored: Callable[[], object], key: str) -> None:
        before = stored()
        wrong_key(send(client, key), WRONG, "invalid")
        assert stored() == before

    @pytest.mark.parametrize("keys", [("a", "b"), ("a", "a"), ("a,b",)])
    def test_must_be_one(self, client: FlaskClient, stored: Callable[[], object], keys: tuple[str, ...]) -> None:
        before = stored()
        answer = client.post("/insights", json=DRAFT, headers=[("Idempotency-Key", key) for key in keys])
        wrong_key(answer, "must be given once, and hold no comma", "invalid")
        assert stored() == before

    @pytest.mark.parametrize("key", ["x", "x" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', " !~"])
    def test_may_be_any_such_text(self, client: FlaskClient, key: str) -> None:
        first, again = send(client, key), send(client, key)
        assert (first.status_code, again.data) == (201, first.data)

    def test_costs_three_statements_and_nothing_where_it_is_absent(
        self, client: FlaskClient, statements: Callable[[], list[str]]
    ) -> None:
        client.post("/insights", json=DRAFT)
        before = len(statements())
        client.post("/insights", json=DRAFT)
        without = statements()[before:]
        send(client, "k")
        with_key = statements()[before + len(without) :]
        assert [name for name in without if "idempotency" in name or "advisory" in name] == []
        assert len(with_key) == len(without) + 3
        again = len(statements())
        send(client, "k")
        assert len(statements()) == again + 2

    def test_is_for_writes_only(self, client: FlaskClient, query: Callable[..., list[Any]]) -> None:
        assert send(client, "k", {}, "/insights/search").status_code == 200
        assert send(client, "", {}, "/insights/search").status_code == 200
        assert query("SELECT * FROM idempotency_keys") == []

    def test_is_documented_and_honoured_by_every_post_that_writes(self, client: FlaskClient) -> None:
        paths = json.loads(client.get("/openapi.json").text)["paths"]
        posts = {path: item["post"] for path, item in paths.items() if "post" in item}
        assert {path for path, post in posts.items() if "Idempotency-Key" not in header_names(post)} == READING
        for path in set(posts) - READING:
            assert {"409", "422"} <= set(posts[path]["responses"]), path
            if "multipart/form-data" in posts[path].get("requestBody", {}).get("content", {}):
                response = upload(client, **{"Idempotency-Key": ""})
            else:
                response = send(client, "", example_body(posts[path]), example_path(path, paths[path]))
            wrong_key(response, WRONG, "invalid")


def test_thousands_of_concurrent_creates_are_there_once(migrated: Settings, clean_database: None) -> None:
    with built(migrated.model_copy(update={"web_threads": 16, "log_level": "warning"})) as app:
        proof = prove(app, creates=2000, threads=16)
    assert proof.exact, proof
    assert (proof.insights, proof.replayed, proof.statuses) == (2000, 200, {201: 2200})
    assert proof.told_to_wait > 0
