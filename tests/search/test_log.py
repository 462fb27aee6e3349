"""The search log: what is kept of a search, by whom it may be added to, and what it tells."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import Settings
from app.core.reading import statement_read
from app.errors import NotFound, Unavailable
from app.identity.acting import acting
from app.identity.actor import LOCAL_ADMINISTRATOR, Actor
from app.search import noting
from app.search.commands.logging_searches import Asked, log_opened, log_search
from app.search.jobs import UPKEEP
from app.search.noting import asked, note
from app.search.schemas.log import GapsAnswer
from tests.answers import answered, make_insight, problem, wrong_fields
from tests.conftest import built
from tests.search.people import people

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADA, GRACE = b"ada", b"grace"
Entries = Callable[[], list[Any]]
Query = Callable[..., list[Any]]


@pytest.fixture
def query(owner_connection: psycopg.Connection, clean_database: None) -> Query:
    def run(statement: str, *values: object) -> list[Any]:
        cursor = owner_connection.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture
def entries(query: Query) -> Entries:
    """Query, results, matched and what was opened, in the order of the entries."""
    return lambda: query("SELECT query, results, matched, opened FROM search_log ORDER BY id")


def typed(text: str, seconds: float = 0, searcher: bytes = ADA, results: int = 3) -> None:
    log_search(Asked(NOON + timedelta(seconds=seconds), searcher), text, results, "words" if results else None)


class TestLetterByLetter:
    def test_one_entry_is_left_of_a_word(self, app: Flask, entries: Entries) -> None:
        for second, text in enumerate(("v", "va", "vac", "vacuum", "vacuum s", "vacuum settings")):
            typed(text, second)
        assert entries() == [("vacuum settings", 3, "words", [])]

    def test_what_is_taken_back_counts_with_it(self, app: Flask, entries: Entries) -> None:
        for second, text in enumerate(("vacuumm", "vacuum", "vacuum", "vac")):
            typed(text, second)
        assert [entry[0] for entry in entries()] == ["vac"]

    def test_texts_are_folded(self, app: Flask, entries: Entries) -> None:
        for second, text in enumerate(("Ca", "  Café", "CAFE  \n crème ")):
            typed(text, second)
        assert [entry[0] for entry in entries()] == ["cafe creme"]

    def test_an_hour_of_typing_is_one_search(self, app: Flask, entries: Entries) -> None:
        for letters in range(1, 41):
            typed("x" * letters, 59 * letters)
        assert [entry[0] for entry in entries()] == ["x" * 40]

    @pytest.mark.parametrize("second", [60, 61, 3600])
    def test_a_minute_later_it_is_another_search(self, app: Flask, entries: Entries, second: int) -> None:
        typed("vacuum")
        typed("vacuum", second)
        assert len(entries()) == 2

    def test_another_text_is_another_search(self, app: Flask, entries: Entries) -> None:
        for second, text in enumerate(("vacuum", "locks", "vacuu_", "vac%")):
            typed(text, second)
        assert [entry[0] for entry in entries()] == ["vacuum", "locks", "vacuu_", "vac%"]

    def test_other_searchers_have_entries_of_their_own(self, app: Flask, entries: Entries) -> None:
        for searcher in (ADA, GRACE, ADA):
            typed("vacuum", 1, searcher)
        assert len(entries()) == 2

    def test_an_entry_that_comes_late_replaces_nothing(self, app: Flask, entries: Entries) -> None:
        for second, text in ((2, "vacuum"), (1, "vacu"), (0, "v")):
            typed(text, second)
        assert [entry[0] for entry in entries()] == ["vacuum"]

    def test_answers_that_go_out_together_lose_nothing(self, application: Flask, query: Query) -> None:
        def type_it(thread: int) -> None:
            with application.app_context():
                for letters in range(1, 12):
                    typed("vacuum sett"[:letters], letters / 100 + thread / 1000)

        with ThreadPoolExecutor(6) as threads:
            assert list(threads.map(type_it, range(6))) == [None] * 6
        latest = query("SELECT query FROM search_log ORDER BY at DESC")
        assert latest[0] == ("vacuum sett",)
        assert len(latest) <= 6

    @pytest.mark.parametrize("text", ["", "  ", "\n"])
    def test_no_text_is_no_search(self, app: Flask, entries: Entries, text: str) -> None:
        typed(text)
        assert entries() == []

    def test_any_text_and_any_number_are_kept(self, app: Flask, entries: Entries) -> None:
        typed("%s :x \\ ' \u2028 " + "long " * 1000, results=10**12)
        [(text, results, _, _)] = entries()
        assert (text.startswith("%s :x \\ ' "), len(text) > 4990, results) == (True, True, 2**31 - 1)


class TestOpened:
    def test_what_was_opened_is_kept_once(self, app: Flask, entries: Entries) -> None:
        typed("vacuum")
        for insight_id in (5, 3, 5):
            log_opened(Asked(NOON, ADA), insight_id)
        assert entries() == [("vacuum", 3, "words", [5, 3])]

    def test_of_an_answer_that_was_typed_on_from(self, app: Flask, entries: Entries) -> None:
        typed("vac")
        typed("vacuum", 2)
        typed("locks", 70)
        log_opened(Asked(NOON, ADA), 5)
        log_opened(Asked(NOON + timedelta(seconds=70), ADA), 6)
        assert [(entry[0], entry[3]) for entry in entries()] == [("vacuum", [5]), ("locks", [6])]

    def test_stays_when_the_same_is_asked_again(self, app: Flask, entries: Entries) -> None:
        typed("vacuum")
        log_opened(Asked(NOON, ADA), 5)
        typed("vacuum", 20)
        assert [(entry[0], entry[3]) for entry in entries()] == [("vacuum", [5])]

    def test_of_somebody_elses_or_a_forgotten_search_is_nothing(self, app: Flask, entries: Entries) -> None:
        typed("vacuum")
        log_opened(Asked(NOON, GRACE), 5)
        log_opened(Asked(NOON + timedelta(seconds=1), ADA), 5)
        log_opened(Asked(NOON - timedelta(hours=1), ADA), 5)
        assert entries() == [("vacuum", 3, "words", [])]

    def test_is_bounded(self, app: Flask, entries: Entries) -> None:
        typed("vacuum")
        for insight_id in range(1, 103):
            log_opened(Asked(NOON, ADA), insight_id)
        assert entries()[0][3] == list(range(1, 101))


class TestWhoSearches:
    def searcher(self, app: Flask, search_id: str, actor: Actor = LOCAL_ADMINISTRATOR, **environment: str) -> bytes:
        with app.test_request_context("/", environ_overrides=environment), acting(actor):
            return asked(search_id).searcher

    @pytest.fixture
    def search_id(self, app: Flask) -> str:
        with app.test_request_context("/"):
            return note("vacuum", 3, "words")

    def test_is_a_hash_of_the_day_that_knows_people_from_one_another(self, app: Flask, search_id: str) -> None:
        here, agent = {"REMOTE_ADDR": "203.0.113.5"}, {"HTTP_USER_AGENT": "another"}
        anybody = self.searcher(app, search_id, **here)
        assert len(anybody) == 32
        assert b"203" not in anybody
        assert self.searcher(app, search_id, **here) == anybody
        assert self.searcher(app, search_id, REMOTE_ADDR="203.0.113.6") != anybody
        assert self.searcher(app, search_id, **here, **agent) != anybody

    def test_somebody_with_an_account_is_the_same_anywhere(self, app: Flask, search_id: str) -> None:
        ada, grace = (replace(LOCAL_ADMINISTRATOR, user_id=number) for number in (1, 2))
        one = self.searcher(app, search_id, ada, REMOTE_ADDR="203.0.113.5")
        assert self.searcher(app, search_id, ada, REMOTE_ADDR="203.0.113.6") == one
        assert self.searcher(app, search_id, grace, REMOTE_ADDR="203.0.113.5") != one

    def test_is_another_one_tomorrow(self, app: Flask, search_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(noting, "now", lambda: datetime.now(UTC) + timedelta(days=1))
        with app.test_request_context("/"):
            tomorrow = note("vacuum", 3, "words")
        assert self.searcher(app, tomorrow) != self.searcher(app, search_id)

    def test_is_another_one_under_another_key(self, app: Flask, search_id: str, migrated: Settings) -> None:
        with built(migrated.model_copy(update={"secret_key": "another secret of this installation"})) as other:
            with other.test_request_context("/"):
                theirs = note("vacuum", 3, "words")
            assert self.searcher(other, theirs) != self.searcher(app, search_id)
            with pytest.raises(NotFound):
                self.searcher(app, theirs)

    @pytest.mark.parametrize("search_id", ["", "1", "x.y", "1700000000000000.", "\xe9", "1700000000000000.AAAA"])
    def test_an_id_that_was_not_given_here_is_none(self, app: Flask, search_id: str) -> None:
        with pytest.raises(NotFound):
            self.searcher(app, search_id)


class TestAfterTheAnswer:
    """With `POST /insights/search`; what tests call it with is closed, as a server does when the answer is out."""

    def search(self, client: FlaskClient, text: str = "Vacuum", **more: Any) -> Any:
        with client.post("/insights/search", json={"query": text, **more}) as response:
            assert response.status_code == 200, response.text
            return response.get_json()

    def test_an_entry_is_written_when_it_is_out(self, client: FlaskClient, entries: Entries) -> None:
        make_insight(client, title="Vacuum settings")
        response = client.post("/insights/search", json={"query": " Vacuum "})
        assert entries() == []
        response.close()
        assert entries() == [("vacuum", 1, "words", [])]

    def test_nothing_is_written_of_what_has_no_text(self, client: FlaskClient, entries: Entries) -> None:
        assert "search_id" not in self.search(client, "", status="draft")
        with client.post("/insights/search", json={"query": "status:publishd"}) as refused:
            assert refused.status_code == 422
        assert entries() == []

    def test_a_search_that_finds_nothing_is_kept(self, client: FlaskClient, entries: Entries) -> None:
        self.search(client, "holiday")
        self.search(client, "tag:unknown beach", page=1)
        assert entries() == [("holiday", 0, None, []), ("tag:unknown beach", 0, None, [])]

    def test_conditions_alone_are_no_search(self, client: FlaskClient, entries: Entries) -> None:
        make_insight(client, tags=["Incident"])
        for conditions in ("tag:incident", "tag:unknown", "-is:draft sort:title"):
            answer = client.post("/insights/search", json={"query": conditions})
            assert (answer.status_code, "search_id" in answer.get_json()) == (200, False)
            assert client.get("/library", query_string={"q": conditions}).status_code == 200
        assert entries() == []

    def test_a_further_page_is_the_same_search(self, client: FlaskClient, entries: Entries) -> None:
        for title in ("Vacuum one", "Vacuum two"):
            make_insight(client, title=title)
        for page in (1, 2):
            self.search(client, page=page, page_size=1)
        assert entries() == [("vacuum", 2, "words", [])]

    def test_nobody_waits_for_the_disk(self, client: FlaskClient) -> None:
        sent: list[str] = []

        def record(engine: object, statement: str, parameters: object) -> None:
            sent.append(statement)

        with statement_read.connected_to(record):
            self.search(client)
        assert "set_config('synchronous_commit', 'off', true)" in sent[-1]

    @pytest.mark.parametrize("error", [Unavailable("away"), RuntimeError("a bug")])
    def test_what_goes_wrong_is_nobodys_trouble(
        self, client: FlaskClient, entries: Entries, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr(noting, "log_search", fail)
        assert self.search(client)["total"] == 0
        assert entries() == []

    def test_what_was_opened_is_told_by_whoever_asked(self, client: FlaskClient, entries: Entries) -> None:
        make_insight(client, title="Vacuum settings")
        search_id = self.search(client)["search_id"]
        response = client.post(f"/search/{search_id}/opened", json={"insight_id": 1})
        assert (response.status_code, response.data) == (204, b"")
        assert entries() == [("vacuum", 1, "words", [1])]

    def test_what_was_not_there_was_not_opened(self, client: FlaskClient, entries: Entries) -> None:
        search_id = self.search(client)["search_id"]
        before = entries()
        problem(client.post(f"/search/{search_id}/opened", json={"insight_id": 9}), 404, "Insight 9 does not exist.")
        problem(client.post("/search/1.x/opened", json={"insight_id": 9}), 404, "Search 1.x does not exist.")
        assert wrong_fields(client.post(f"/search/{search_id}/opened", json={})) == {"body.insight_id": "required"}
        assert entries() == before

    def test_pages_of_results_tell_by_themselves(self, client: FlaskClient, entries: Entries) -> None:
        make_insight(client, title="Vacuum settings")
        with client.get("/library?q=vacuum") as page:
            [address] = set(re.findall(r'href="(/library/1-[^"]*\?search=[^"]+)"', page.text))
        assert entries() == [("vacuum", 1, "words", [])]
        for path in (address, "/library/1", "/library/1?search=x", "/library/9" + address.removeprefix("/library/1")):
            client.get(path).close()
        assert entries() == [("vacuum", 1, "words", [1])]

    def test_nobody_marks_what_others_searched(
        self,
        application_with: Callable[..., Flask],
        clean_database: None,
        owner_connection: psycopg.Connection,
        entries: Entries,
    ) -> None:
        with people(application_with, owner_connection) as call:
            search_id = call("viewer", "POST", "/insights/search", {"query": "world"}).get_json()["search_id"]
            before = entries()
            public = call("editor", "GET", "/insights?status=published&visibility=PUBLIC").get_json()
            insight_id = public["insights"][0]["id"]
            for role, opened in (("editor", []), ("viewer", [insight_id])):
                answer = call(role, "POST", f"/search/{search_id}/opened", {"insight_id": insight_id})
                assert answer.status_code == 204
                assert [entry[3] for entry in entries()] == [opened]
            assert len(before) == 1


class TestGaps:
    def gaps(self, client: FlaskClient, address: str = "/search/gaps") -> list[Any]:
        return list(answered(client.get(address), GapsAnswer)["gaps"])

    @pytest.fixture
    def searched(self, query: Query) -> Callable[..., None]:
        def insert(text: str, results: int, searcher: str, opened: str = "{}", ago: str = "1 hour") -> None:
            query(
                "INSERT INTO search_log (at, query, results, matched, opened, searcher)"
                " VALUES (now() - CAST(%s AS interval), %s, %s, 'words', CAST(%s AS integer[]), %s)",
                ago, text, results, opened, searcher.encode(),
            )  # fmt: skip

        return insert

    def test_tell_what_is_wanted_most(self, client: FlaskClient, searched: Callable[..., None]) -> None:
        for searcher in "abc":
            searched("holiday", 0, searcher)
        for _ in range(4):
            searched("travel", 7, "a")
        searched("travel", 7, "b")
        searched("found", 7, "a", "{3}")
        searched("found", 7, "b")
        searched("rare", 0, "a", ago="3 hours")
        gaps = self.gaps(client)
        moments = [gap.pop("last_at") for gap in gaps]
        assert moments[0] > moments[2]
        counts = ("searches", "searchers", "without_results", "unopened")
        assert [(gap["query"], gap["kind"], *(gap[name] for name in counts)) for gap in gaps] == [
            ("holiday", "nothing", 3, 3, 3, 0),
            ("travel", "unopened", 5, 2, 0, 5),
            ("rare", "nothing", 1, 1, 1, 0),
        ]
        assert [gap["query"] for gap in self.gaps(client, "/search/gaps?limit=1")] == ["holiday"]

    def test_what_is_found_by_now_and_opened_is_none(self, client: FlaskClient, searched: Callable[..., None]) -> None:
        searched("holiday", 0, "a", ago="2 days")
        searched("holiday", 1, "b", "{4}", ago="1 day")
        searched("travel", 0, "a", ago="2 days")
        searched("travel", 1, "b", ago="1 day")
        [gap] = self.gaps(client)
        told = {name: gap[name] for name in ("query", "kind", "without_results", "unopened")}
        assert told == {"query": "travel", "kind": "unopened", "without_results": 1, "unopened": 1}

    def test_are_those_of_the_last_days(self, client: FlaskClient, searched: Callable[..., None]) -> None:
        for days in (1, 29, 31, 89):
            searched(f"{days} days", 0, "a", ago=f"{days} days")
        assert [gap["query"] for gap in self.gaps(client)] == ["1 days", "29 days"]
        assert len(self.gaps(client, "/search/gaps?days=90")) == 4
        assert client.get("/search/gaps?days=7").get_json()["days"] == 7

    @pytest.mark.parametrize(
        ("asked_for", "wrong"),
        [
            ("days=0&limit=0", {"query.days": "too_small", "query.limit": "too_small"}),
            ("days=91&limit=1001", {"query.days": "too_large", "query.limit": "too_large"}),
            ("days=x", {"query.days": "type"}),
        ],
    )
    def test_of_a_wrong_period_are_refused(self, client: FlaskClient, asked_for: str, wrong: dict[str, str]) -> None:
        assert wrong_fields(client.get(f"/search/gaps?{asked_for}")) == wrong


class TestUpkeep:
    def test_forgets_after_ninety_days(self, app: Flask, query: Query) -> None:
        query(
            "INSERT INTO search_log (at, query, results, searcher) VALUES (now() - interval '89 days 23 hours', 'kept',"
            " 0, 'a'), (now() - interval '90 days 1 second', 'forgotten', 0, 'a')"
        )
        [job] = [job for job in UPKEEP if job.name == "forget old searches"]
        assert job.every_seconds == 3600
        for _ in range(2):
            job.run()
        assert query("SELECT query FROM search_log") == [("kept",)]
