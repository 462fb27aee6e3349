"""The import page: a file is tried out, looked at row by row, then written, for who brought it."""

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.http.pages import DIST
from app.exchange.running import claimed
from tests.answers import make_insight
from tests.exchange.uploading import BROWSER, FOREIGN, GOOD, figures, shown, titles, upload, work
from tests.search.people import people

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")
BAD = "title,description,priority\nGood,Fine,high\n,Without a title,low\nOdd,Priority,urgent\n"
Stored = Callable[[], dict[str, list[Any]]]


def test_a_file_is_tried_out_and_then_written(client: FlaskClient, application: Flask) -> None:
    address = upload(client, "two.csv", GOOD)
    waiting = shown(client, address)
    assert "Waiting for its turn" in waiting
    assert f'hx-get="{address}"' in waiting
    work(application)
    tried = shown(client, address)
    assert "Tried out: everything fits" in tried
    assert figures(tried) == {"New": "2", "Changed": "0"}
    assert titles(client) == []

    assert client.post(f"{address}/write", headers=BROWSER).location == address
    work(application)
    assert figures(shown(client, address)) == {"New": "2", "Changed": "0"}
    assert titles(client) == ["One", "Two"]
    one = client.get("/insights?q=author:=Unknown+tag:db").get_json()["insights"]
    assert [(insight["title"], insight["status"]) for insight in one] == [("One", "draft")]


def test_the_same_file_again_changes_nothing(client: FlaskClient, application: Flask) -> None:
    for _ in range(2):
        address = upload(client, "two.csv", GOOD)
        work(application)
        client.post(f"{address}/write")
        work(application)
    assert figures(shown(client, address)) == {"New": "0", "Changed": "0", "As before": "2"}
    assert titles(client) == ["One", "Two"]


def test_what_is_wrong_stands_beside_its_row(client: FlaskClient, application: Flask, stored: Stored) -> None:
    make_insight(client, title="There before")
    address = upload(client, "three.csv", BAD)
    before = stored()["insights"]
    work(application)
    text = shown(client, address)
    assert "Tried out: 2 rows need a change" in text
    assert re.findall(r'import-place" data-label="Where">([^<]*)<', text)[:2] == ["three.csv:3", "three.csv:4"]
    assert "<b>priority</b> must be one of low, medium, high, critical" in text
    assert "<b>title</b> is required" in text
    assert stored()["insights"] == before
    assert figures(text) == {"New": "1", "Changed": "0", "Wrong": "2"}

    client.post(f"{address}/write")
    work(application)
    assert "Imported in part" in shown(client, address)
    assert titles(client) == ["Good", "There before"]


def test_what_the_database_refuses_is_set_aside(client: FlaskClient, application: Flask) -> None:
    make_insight(client, title="There before", external_key="k2")
    rows = "title,description,external_key,public_id\n" + "".join(
        f"Row {n},Text,k{n},{'00000000-0000-4000-8000-000000000001' if n in (3, 4) else ''}\n" for n in range(1, 6)
    )
    address = upload(client, "keys.csv", rows)
    work(application)
    client.post(f"{address}/write")
    work(application)
    assert figures(shown(client, address)) == {"New": "3", "Changed": "1", "Wrong": "1"}
    assert titles(client) == ["Row 1", "Row 2", "Row 3", "Row 5"]


def options(text: str) -> dict[str, str]:
    """What each column stands for."""
    found = re.findall(r'<label for="column-\d+">(.*?)</label>(.*?)</select>', text, re.DOTALL)
    return {name: re.findall(r'value="([^"]*)" selected', rest)[0] for name, rest in found}


def test_columns_stand_for_what_is_chosen(client: FlaskClient, application: Flask, stored: Stored) -> None:
    address = upload(client, "foreign.csv", FOREIGN)
    work(application)
    text = shown(client, address)
    assert "<b>title</b> is required" in text
    assert options(text) == {
        "Titel": "kept", "summary": "description", "Thema": "kept", "Firma": "kept", "Intern": "kept",
    }  # fmt: skip
    chosen = ["title", "content", "tags", "kept", "dropped"]
    before = stored()["insights"]
    assert client.post(f"{address}/columns", data={"columns": chosen}, headers=BROWSER).location == address
    work(application)
    text = shown(client, address)
    assert "Tried out: everything fits" in text
    assert list(options(text).values()) == chosen
    assert stored()["insights"] == before
    client.post(f"{address}/write", headers=BROWSER)
    work(application)
    [insight] = client.get("/insights").get_json()["insights"]
    told = client.get(f"/insights/{insight['id']}").get_json()
    assert (told["title"], told["content"], told["metadata"]) == ("Eins", "Erstens", {"Firma": "ACME"})
    assert sorted(tag["name"] for tag in told["tags"]) == ["db", "web"]
    assert "/columns" not in shown(client, address)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (["title"], "These are not the columns of this file."),
        (["title", "content", "tags", "kept", "colour"], "must be one of"),
        ([], "is required"),
    ],
)
def test_columns_that_can_not_be(
    client: FlaskClient, application: Flask, stored: Stored, chosen: list[str], message: str
) -> None:
    address = upload(client, "foreign.csv", FOREIGN)
    waiting = client.post(f"{address}/columns", data={"columns": ["title"] * 5}, headers=BROWSER)
    assert (waiting.status_code, "is being imported" in waiting.text) == (422, True)
    work(application)
    before = stored()
    response = client.post(f"{address}/columns", data={"columns": chosen}, headers=BROWSER)
    assert response.status_code == 422
    assert message in response.text
    assert stored() == before


def test_a_zip_of_markdown_files(client: FlaskClient, application: Flask) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("notes/a.md", "---\ntitle: From a zip\n---\nThe first sentence. More.\n")
        archive.writestr("__MACOSX/notes/._a.md", b"\x00\x01")
        archive.writestr("../../outside.md", "---\ntitle: Outside\n---\nNo.\n")
    address = upload(client, "notes.zip", packed.getvalue())
    work(application)
    client.post(f"{address}/write")
    work(application)
    assert titles(client) == ["From a zip"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.zip", b"PK not a zip", "The zip file is damaged, its files are encrypted, or their names are too long."),
        ("a.zip", None, "The zip file holds no .md file."),
    ],
)
def test_a_zip_that_can_not_be_read(
    client: FlaskClient, application: Flask, name: str, content: bytes | None, message: str
) -> None:
    if content is None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("a.txt", "x")
        content = packed.getvalue()
    address = upload(client, name, content)
    work(application)
    text = shown(client, address)
    assert "It could not be read" in text
    assert message in text
    assert "/write" not in text


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("insights.xlsx", b"x", "must be one of .csv, .tsv, .json, .jsonl, .ndjson, .zip, .md"),
        ("empty.csv", b"", "is empty"),
        ("", b"", "is required"),
    ],
)
def test_a_file_that_is_none(client: FlaskClient, stored: Stored, name: str, content: bytes, message: str) -> None:
    before = stored()
    response = client.post(
        "/library/import", data={"file": (io.BytesIO(content), name), "status": "archived"}, headers=BROWSER
    )
    assert response.status_code == 422
    assert f'id="file-error">{message}</p>' in response.text
    assert '<option value="archived" selected>' in response.text
    assert stored() == before


@pytest.mark.parametrize(
    ("name", "content", "shown_as"),
    [
        ("a.json", b'[{"title": "Half \\ud800", "description": "d"}]', "Half \\ud800"),
        ("a.json", b'[{"title": "No \\u0000", "description": "d"}]', "No \\x00"),
        # The six signs themselves, which JSON writes as an escape of their first one.
        ("a.csv", b"title,description\nLook at \\u0000 here,\n", "Look at \\u0000 here"),
        ("a.csv", b"title,description\nTurned \xe2\x80\xae,\n", "Turned \\u202e"),
    ],
)
def test_what_a_report_can_not_hold_is_spelt_out(
    client: FlaskClient, application: Flask, name: str, content: bytes, shown_as: str
) -> None:
    address = upload(client, name, content)
    work(application)
    assert f'class="table-main">{shown_as}<' in shown(client, address)
    with application.app_context():
        assert claimed() is None


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (f"{'é' * 200}.csv", f"{'é' * 125}.csv"),
        ("../../etc/passwd.csv", "passwd.csv"),
        (".md", ".md"),
    ],
)
def test_any_name_of_a_file(client: FlaskClient, application: Flask, name: str, kept: str) -> None:
    content = "---\ntitle: One\n---\nText.\n" if name.endswith("md") else GOOD
    address = upload(client, name, content)
    work(application)
    text = shown(client, address)
    assert "everything fits" in text
    assert f"<h1>{kept}</h1>" in text


def test_a_file_may_be_larger_than_other_bodies(
    client: FlaskClient, application: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(application.config, "MAX_CONTENT_LENGTH", 10_000)
    upload(client, "long.csv", "title,description\nLong," + "x" * 200_000)
    monkeypatch.setitem(application.config, "MAX_IMPORT_BYTES", 1024)
    given = {"file": (io.BytesIO(b"x" * 100_000), "a.csv")}
    refused = client.post("/library/import", data=given, headers=BROWSER)
    assert refused.status_code == 413
    assert len(re.findall(r'class="table-main"', shown(client, "/library/import"))) == 1


def test_a_run_is_written_once(client: FlaskClient, application: Flask, stored: Stored) -> None:
    address = upload(client, "two.csv", GOOD)
    before = stored()
    refused = client.post(f"{address}/write", headers=BROWSER)
    assert refused.status_code == 422
    assert "is being imported, or was imported already" in refused.text
    assert stored() == before
    work(application)
    assert client.post(f"{address}/discard", headers=BROWSER).location == "/library/import?done=import-discarded"
    assert client.get(address, headers=BROWSER).status_code == 404


def test_uploads_are_their_owners(
    application_with: Callable[..., Flask], owner_connection: psycopg.Connection, clean_database: None, stored: Stored
) -> None:
    with people(application_with, owner_connection) as call:
        body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="two.csv"\r\n\r\n%s\r\n--x--\r\n'
        typed = {"Accept": "text/html", "Content-Type": "multipart/form-data; boundary=x"}
        uploaded = call("editor", "POST", "/library/import", data=body % GOOD.encode(), **typed)
        address = str(uploaded.location)
        assert uploaded.status_code == 303
        before = stored()
        for act in ("", "/write", "/discard"):
            response = call("admin", "POST" if act else "GET", f"{address}{act}", Accept="text/html")
            assert response.status_code == 404
        assert address not in call("admin", "GET", "/library/import", Accept="text/html").text
        assert stored() == before
        assert call("contributor", "GET", "/library/import", Accept="text/html").status_code == 403
        assert call("editor", "GET", "/library/import", Accept="text/html").status_code == 200


def test_few_statements(client: FlaskClient, application: Flask, statements: Callable[[], list[str]]) -> None:
    address = upload(client, "two.csv", GOOD)
    work(application)
    before = len(statements())
    shown(client, address)
    assert len(statements()) - before == 1
    shown(client, "/library/import")
    assert len(statements()) - before == 2
