"""What nothing mentions is forgotten in time, and never what somebody needs."""

import json
import threading
import time
from datetime import timedelta

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.attachments.commands import forgetting
from app.attachments.commands.forgetting import DAYS_UNMENTIONED, SWEEP_LOCK, drop_unnamed
from app.attachments.jobs import UPKEEP, forget
from app.attachments.store import Objects
from tests.answers import make_insight
from tests.attachments.files import GIF, PNG, TEXT, attached

COPY = "INSERT INTO working_copies (id, fields) VALUES (gen_random_uuid(), %s)"
TEMPLATE = "INSERT INTO content_templates (name, fields) VALUES ('Mine', %s)"


@pytest.fixture
def world(app: Flask, owner: psycopg.Connection) -> None:
    owner.execute("DELETE FROM working_copies; DELETE FROM content_templates")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the store is too young to go."""
    monkeypatch.setattr(forgetting, "YOUNG", timedelta(0))


def age(owner: psycopg.Connection, days: int = DAYS_UNMENTIONED + 1) -> None:
    owner.execute("UPDATE attachments SET created_at = now() - make_interval(days => %s)", (days,))


def names(owner: psycopg.Connection) -> list[str]:
    return [row[0] for row in owner.execute("SELECT name FROM attachments ORDER BY name")]


def digests(objects: Objects) -> set[bytes | None]:
    return {each.digest for some in objects.kept() for each in some}


def test_what_is_forgotten(world: None, client: FlaskClient, owner: psycopg.Connection) -> None:
    """Not what an insight mentions or did, what somebody is writing, or what a template has."""
    for name in ("mentioned", "once", "trashed", "writing", "template", "nobody's"):
        answer = attached(client, TEXT, name)
        if name in ("mentioned", "once", "trashed"):
            insight = make_insight(client, content=answer["url"])
        if name == "once":
            client.put(f"/insights/{insight['id']}", json={"content": "changed"})
        if name == "trashed":
            client.delete(f"/insights/{insight['id']}")
        if name in ("writing", "template"):
            fields = json.dumps({"title": "t", "content": f"![it]({answer['url']})"})
            owner.execute(COPY if name == "writing" else TEMPLATE, (fields,))
    forget()
    assert len(names(owner)) == 6  # they are new
    age(owner, DAYS_UNMENTIONED - 1)
    forget()
    assert len(names(owner)) == 6
    age(owner)
    forget()
    assert names(owner) == ["mentioned", "once", "template", "trashed", "writing"]
    [entry] = client.get("/audit?verb=attachment.purge").json["entries"]
    assert (entry["subject_name"], entry["actor_kind"]) == ("nobody's", "local")
    assert client.delete("/insights/trash").status_code == 200
    owner.execute("DELETE FROM working_copies; DELETE FROM content_templates")
    forget()
    assert names(owner) == ["mentioned", "once"]


def test_many_are_forgotten(world: None, client: FlaskClient, owner: psycopg.Connection) -> None:
    attached(client)
    owner.execute(
        "INSERT INTO attachments (id, name, media_type, size, sha256)"
        " SELECT gen_random_uuid(), n::text, 'x/y', 1, sha256('x') FROM generate_series(1, 1500) n"
    )
    age(owner)
    forget()
    assert names(owner) == []


def test_bytes_that_no_file_has_are_dropped(
    world: None, client: FlaskClient, owner: psycopg.Connection, objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    attached(client, PNG)
    attached(client, GIF)
    lost = objects.keep(TEXT)
    kept = digests(objects)
    assert drop_unnamed() == 0  # one that is young may be in use
    assert digests(objects) == kept
    monkeypatch.setattr(forgetting, "YOUNG", timedelta(0))
    assert drop_unnamed() == 1
    assert digests(objects) == kept - {lost}
    age(owner)
    forget()
    assert drop_unnamed() == 2
    assert digests(objects) == set()


def test_foreign_files_in_the_folder_stay(world: None, at_once: None, objects: Objects) -> None:
    folder = objects._folder
    assert folder is not None
    (folder / "notes").mkdir(parents=True, exist_ok=True)
    (folder / "notes" / "mine.txt").write_text("x")
    assert drop_unnamed() == 0
    assert (folder / "notes" / "mine.txt").exists()
    (folder / "notes" / "mine.txt").unlink()


def test_a_backup_keeps_them(
    world: None, at_once: None, client: FlaskClient, objects: Objects, owner: psycopg.Connection
) -> None:
    lost = objects.keep(TEXT)
    owner.execute("SELECT pg_advisory_lock_shared(%s)", (SWEEP_LOCK,))
    assert drop_unnamed() == 0
    assert digests(objects) == {lost}
    owner.execute("SELECT pg_advisory_unlock_shared(%s)", (SWEEP_LOCK,))
    assert drop_unnamed() == 1


def test_whoever_mentions_it_just_then_keeps_it(
    world: None, application: Flask, client: FlaskClient, owner: psycopg.Connection, owner_url: str
) -> None:
    answer = attached(client)
    age(owner)
    with psycopg.connect(owner_url) as writer:
        writer.execute(
            "INSERT INTO insights (title, description, author, content) VALUES ('t', 'd', 'a', %s)", (answer["url"],)
        )
        forget()  # it is locked
        assert names(owner) == ["Pump room.png"]
    forget()
    assert names(owner) == ["Pump room.png"]
    assert client.get(answer["url"]).status_code == 200


def test_whoever_mentions_it_too_late_loses_nothing_else(
    world: None, client: FlaskClient, owner: psycopg.Connection, owner_url: str
) -> None:
    answer = attached(client)
    saved = []
    with psycopg.connect(owner_url) as upkeep:
        upkeep.execute("SELECT FROM attachments FOR UPDATE")
        writing = threading.Thread(target=lambda: saved.append(make_insight(client, content=answer["url"])))
        writing.start()
        time.sleep(0.3)
        assert saved == []
        upkeep.execute("DELETE FROM attachments")
    writing.join(timeout=5)
    assert [insight["content"] for insight in saved] == [answer["url"]]
    assert owner.execute("SELECT count(*) FROM insight_attachments").fetchone() == (0,)


def test_kept_and_dropped_at_once(
    world: None, at_once: None, application: Flask, client: FlaskClient, objects: Objects, owner_url: str
) -> None:
    """Of those who bring and delete the same bytes while they are dropped, each finds them until it deletes its own."""
    stop = threading.Event()

    def sweep() -> None:
        with application.app_context():
            while not stop.is_set():
                drop_unnamed()

    def bring(number: int) -> None:
        caller = application.test_client()
        with psycopg.connect(owner_url, autocommit=True) as connection:
            for turn in range(12):
                answer = attached(caller, b"same", f"{number}-{turn}.bin")
                if caller.get(answer["url"]).status_code != 200:
                    missing.append(answer)
                connection.execute("DELETE FROM attachments WHERE id = %s", (answer["id"],))

    missing: list[object] = []
    sweeper = threading.Thread(target=sweep)
    bringing = [threading.Thread(target=bring, args=(number,)) for number in range(4)]
    for thread in (sweeper, *bringing):
        thread.start()
    for thread in bringing:
        thread.join()
    stop.set()
    sweeper.join()
    assert missing == []
    with application.app_context():
        drop_unnamed()
    assert digests(objects) == set()


def test_the_folder_is_its_owners(objects: Objects) -> None:
    objects.keep(TEXT)
    assert objects._folder is not None
    assert objects._folder.stat().st_mode & 0o777 == 0o700


def test_the_worker_runs_them() -> None:
    assert [job.name for job in UPKEEP] == ["forget files that nothing mentions", "drop the bytes of forgotten files"]
