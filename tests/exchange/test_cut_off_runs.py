"""Runs whose worker ended before they did: begun again, given up in the end, gone on with when somebody asks."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import Settings
from app.core.http.pages import DIST
from app.exchange import importing, running
from app.exchange.commands import Written, import_batch
from app.exchange.rows import Row
from app.exchange.running import GIVEN_UP, claimed
from tests.exchange.uploading import BROWSER, FOREIGN, GOOD, figures, shown, titles, upload, work

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")
POISON = GOOD + "Three,Kills the worker,,poison\nFour,Last,,k4\n"
# A worker that writes row by row, and that one row of a file kills.
WORKER = """
import os, signal, sys
from app import create_app
from app.config import load_settings
from app.exchange import importing
from app.exchange.running import claimed, run

def import_batch(rows, write=importing.import_batch):
    if any(row.label == "poison" for row in rows):
        os.kill(os.getpid(), signal.SIGKILL)
    return write(rows)

importing.import_batch, importing.LARGEST_BATCH = import_batch, 1
with create_app(load_settings(instance=sys.argv[1], database_url=sys.argv[2]), serves=False).app_context():
    run(claimed())
"""
LONG_AGO = "UPDATE import_runs SET heard_at = now() - interval '3 minutes' WHERE state = 'running'"
Claim = Callable[[], str | None]


@pytest.fixture
def cut_off(application: Flask, owner_connection: psycopg.Connection) -> Claim:
    """Take the next upload up and never be heard of again; its name."""

    def claim() -> str | None:
        with application.app_context():
            upload = claimed()
        owner_connection.execute(LONG_AGO)
        return upload and upload.file_name

    return claim


@pytest.fixture
def killed(migrated: Settings, owner_connection: psycopg.Connection) -> Callable[[], None]:
    """Let a worker take the next upload up, and be killed by it."""

    def kill() -> None:
        called = [sys.executable, "-c", WORKER, str(migrated.instance), str(migrated.database_url)]
        ended = subprocess.run(called, check=False, capture_output=True, text=True, timeout=120)
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        owner_connection.execute(LONG_AGO)

    return kill


def test_what_was_cut_off_is_run_again(client: FlaskClient, application: Flask, cut_off: Claim) -> None:
    address = upload(client, "two.csv", GOOD)
    with application.app_context():
        assert claimed() is not None
        assert claimed() is None
    cut_off()
    assert cut_off() == "two.csv"
    work(application)
    assert "everything fits" in shown(client, address)


def test_what_is_cut_off_each_time_is_given_up_and_the_others_go_on(
    client: FlaskClient, application: Flask, cut_off: Claim, stored: Callable[[], dict[str, list[Any]]]
) -> None:
    fatal = upload(client, "fatal.csv", GOOD)
    assert cut_off() == "fatal.csv"
    other = upload(client, "other.csv", GOOD)
    work(application)
    assert "everything fits" in shown(client, other)
    assert [cut_off(), cut_off()] == ["fatal.csv", "fatal.csv"]
    assert "Trying it out" in shown(client, fatal)

    client.post(f"{other}/write")
    work(application)
    assert "Imported" in shown(client, other)
    text = shown(client, fatal)
    assert "It could not be read" in text
    assert GIVEN_UP in text
    assert "This file was tried 3 times and the worker ended each time" in text
    before = stored()
    refused = client.post(f"{fatal}/write", headers=BROWSER)
    assert (refused.status_code, "could not be tried out" in refused.text) == (422, True)
    assert stored() == before
    assert (cut_off(), len(before["insights"])) == (None, 2)


def test_a_worker_that_is_killed_leaves_what_it_stored_and_somebody_goes_on(
    client: FlaskClient, application: Flask, killed: Callable[[], None], cut_off: Claim
) -> None:
    address = upload(client, "poison.csv", POISON)
    work(application)
    client.post(f"{address}/write")
    for _ in range(3):
        killed()
        assert "2 rows are stored." in shown(client, address)
        assert titles(client) == ["One", "Two"]

    assert cut_off() is None
    text = shown(client, address)
    assert "It was not imported to its end" in text
    assert GIVEN_UP in text
    assert "2 rows are stored. Going on leaves them alone and imports the others." in text

    assert client.post(f"{address}/write", headers=BROWSER).location == address
    work(application)
    text = shown(client, address)
    assert figures(text) == {"New": "2", "Changed": "0", "As before": "2"}
    assert "4 rows were stored in all, the earlier ones count as before" in text
    assert titles(client) == ["Four", "One", "Three", "Two"]
    assert client.post(f"{address}/write", headers=BROWSER).status_code == 422


def test_each_time_somebody_asks_the_attempts_begin_anew(
    client: FlaskClient, application: Flask, cut_off: Claim
) -> None:
    address = upload(client, "two.csv", GOOD)
    for step in ("Tried out", "Imported"):
        assert [cut_off(), cut_off()] == ["two.csv", "two.csv"]
        work(application)
        assert step in shown(client, address)
        client.post(f"{address}/write")
    assert titles(client) == ["One", "Two"]


def test_the_columns_stay_chosen_when_a_run_fails(client: FlaskClient, application: Flask, cut_off: Claim) -> None:
    address = upload(client, "foreign.csv", FOREIGN)
    work(application)
    client.post(f"{address}/columns", data={"columns": ["title", "content", "tags", "kept", "dropped"]})
    work(application)
    client.post(f"{address}/write")
    for _ in range(3):
        cut_off()
    assert cut_off() is None
    assert "0 rows are stored" in shown(client, address)

    client.post(f"{address}/write")
    work(application)
    [insight] = client.get("/insights").get_json()["insights"]
    told = client.get(f"/insights/{insight['id']}").get_json()
    assert (told["title"], told["content"], told["metadata"]) == ("Eins", "Erstens", {"Firma": "ACME"})


def test_a_run_is_heard_of_while_a_batch_takes_long(
    client: FlaskClient, application: Flask, owner_connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[bool] = []

    def slow(rows: Sequence[Row]) -> list[Written]:
        owner_connection.execute(LONG_AGO)
        until = time.monotonic() + 30
        while time.monotonic() < until and not heard:
            fresh = "SELECT true FROM import_runs WHERE heard_at > now() - interval '1 minute'"
            heard.extend(value for (value,) in owner_connection.execute(fresh))
            time.sleep(0.01)
        return import_batch(rows)

    monkeypatch.setattr(running, "BETWEEN_BREATHS", 0.02)
    monkeypatch.setattr(importing, "import_batch", slow)
    address = upload(client, "two.csv", GOOD)
    work(application)
    assert heard == [True]
    assert "everything fits" in shown(client, address)
