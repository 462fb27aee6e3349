"""``/attachments``: a file is kept, and comes back as it was, in a way that nothing of it can run."""

import gzip
import re
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.attachments.rest import KEPT_BY_BROWSERS
from app.attachments.schemas import AttachmentAnswer
from app.config import Settings
from app.core.db import transact
from app.errors import Unavailable
from app.identity.acting import acting
from app.identity.actor import UPKEEP
from app.identity.commands.people import create_person
from app.identity.commands.sessions import begin_session
from app.identity.cookies import SESSION
from app.identity.queries.credentials import forget_callers
from tests.answers import answered, make_insight, problem, wrong_fields
from tests.attachments.files import AVIF, GIF, HTML, JPEG, PDF, PNG, SVG, TEXT, WEBP, attached, upload
from tests.conftest import built

UNKNOWN = "00000000-0000-0000-0000-000000000000"
NOTHING_RUNS = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
Stored = Callable[[], dict[str, list[tuple[object, ...]]]]


def place(settings: Settings, content: bytes) -> Path:
    name = sha256(content).hexdigest()
    return settings.instance / "objects" / name[:2] / name


def test_a_file_is_kept(client: FlaskClient, migrated: Settings) -> None:
    response = upload(client)
    answer = answered(response, AttachmentAnswer, 201)
    address = f"/attachments/{UUID(answer['id'])}/pump-room.png"
    assert answer == {
        "id": answer["id"],
        "name": "Pump room.png",
        "url": address,
        "markdown": f"![Pump room.png]({address})",
        "media_type": "image/png",
        "size": len(PNG),
    }
    assert response.headers["Location"] == address
    assert place(migrated, PNG).read_bytes() == PNG
    [entry] = client.get("/audit?verb=attachment").json["entries"]
    assert {name: entry[name] for name in ("verb", "outcome", "subject_id", "subject_name", "diff")} == {
        "verb": "attachment.create", "outcome": "done", "subject_id": answer["id"], "subject_name": "Pump room.png",
        "diff": {"media_type": [None, "image/png"], "size": [None, len(PNG)]},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(PNG, "image/png"), (JPEG, "image/jpeg"), (GIF, "image/gif"), (WEBP, "image/webp"), (AVIF, "image/avif")],
)
def test_an_image_is_shown(client: FlaskClient, content: bytes, media_type: str) -> None:
    found = client.get(attached(client, content, "named.html")["url"])
    assert (found.status_code, found.data) == (200, content)
    assert found.headers["Content-Type"] == media_type
    assert found.headers["Content-Disposition"] == "inline; filename=named.html"
    assert found.headers["Content-Security-Policy"] == NOTHING_RUNS
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert found.headers["Cache-Control"] == KEPT_BY_BROWSERS
    assert found.headers["ETag"] == f'"{sha256(content).hexdigest()}"'
    assert found.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (SVG, "application/octet-stream"),
        (HTML, "application/octet-stream"),
        (TEXT, "application/octet-stream"),
        (PDF, "application/pdf"),
        (gzip.compress(SVG, mtime=0), "application/gzip"),
        (b"BM" + HTML, "image/bmp"),
        (b"\x00" + PNG, "application/octet-stream"),
        (b"\xef\xbb\xbf" + SVG, "application/octet-stream"),
        (b"<?xml version='1.0'?>" + SVG, "application/octet-stream"),
    ],
)
@pytest.mark.parametrize("name", ["picture.png", "page.html", "drawing.svg"])
def test_anything_else_is_a_download(client: FlaskClient, content: bytes, media_type: str, name: str) -> None:
    answer = attached(client, content, name)
    assert answer["media_type"] == media_type
    assert answer["markdown"] == f"[{name}]({answer['url']})"
    found = client.get(answer["url"], headers={"Accept": "text/html"})
    assert (found.status_code, found.data) == (200, content)
    assert found.headers["Content-Type"] == "application/octet-stream"
    assert found.headers["Content-Disposition"] == f"attachment; filename={name}"
    assert found.headers["Content-Security-Policy"] == NOTHING_RUNS
    assert found.headers["X-Content-Type-Options"] == "nosniff"


def test_a_picture_that_goes_on_as_a_page_stays_a_picture(client: FlaskClient) -> None:
    found = client.get(attached(client, PNG + HTML, "x.html")["url"], headers={"Accept": "text/html"})
    assert (found.data, found.headers["Content-Type"]) == (PNG + HTML, "image/png")
    assert (found.headers["X-Content-Type-Options"], found.headers["Content-Security-Policy"]) == (
        "nosniff", NOTHING_RUNS,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "name", "ending", "header"),
    [
        ("../../etc/passwd", "passwd", "passwd", "filename=passwd"),
        (
            "Überblick 2026.png", "Überblick 2026.png", "uberblick-2026.png",
            "filename=uberblick-2026.png; filename*=UTF-8''%C3%9Cberblick%202026.png",
        ),
        ("図.png", "図.png", "%E5%9B%B3.png", "filename=\"?.png\"; filename*=UTF-8''%E5%9B%B3.png"),
        (
            "a](javascript:x) [b.png", "a](javascript:x) [b.png", "a-javascript-x-b.png",
            'filename="a](javascript:x) [b.png"',
        ),
        ("<script>.png", "<script>.png", "script.png", 'filename="<script>.png"'),
    ],
)  # fmt: skip
def test_a_name_comes_back(client: FlaskClient, given: str, name: str, ending: str, header: str) -> None:
    answer = attached(client, PNG, given)
    assert answer["name"] == name
    assert answer["url"] == f"/attachments/{answer['id']}/{ending}"
    found = client.get(answer["url"])
    assert found.data == PNG
    assert found.headers["Content-Disposition"] == f"inline; {header}"


def test_the_name_in_the_address_decides_nothing(client: FlaskClient) -> None:
    answer = attached(client, SVG, "drawing.svg")
    found = client.get(f"/attachments/{answer['id']}/picture.png")
    assert (found.data, found.headers["Content-Disposition"]) == (SVG, "attachment; filename=drawing.svg")


@pytest.mark.parametrize(
    ("wanted", "status", "content", "content_range"),
    [
        ("bytes=0-3", 206, TEXT[:4], f"bytes 0-3/{len(TEXT)}"),
        ("bytes=4-", 206, TEXT[4:], f"bytes 4-9/{len(TEXT)}"),
        ("bytes=-2", 206, TEXT[-2:], f"bytes 8-9/{len(TEXT)}"),
        ("bytes=0-99", 206, TEXT, f"bytes 0-9/{len(TEXT)}"),
        ("lines=1-2", 416, None, f"bytes */{len(TEXT)}"),
        ("bytes=10-", 416, None, f"bytes */{len(TEXT)}"),
    ],
)
def test_a_range(client: FlaskClient, wanted: str, status: int, content: bytes | None, content_range: str) -> None:
    found = client.get(attached(client, TEXT, "t.txt")["url"], headers={"Range": wanted})
    assert (found.status_code, found.headers["Content-Range"]) == (status, content_range)
    if content is None:
        problem(found, 416)
    else:
        assert (found.data, found.content_length) == (content, len(content))


def test_what_a_browser_has_is_not_sent_again(client: FlaskClient) -> None:
    address = attached(client)["url"]
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == KEPT_BY_BROWSERS
    head = client.head(address)
    assert (head.status_code, head.data, head.content_length) == (200, b"", len(PNG))


def test_the_same_bytes_are_kept_once(client: FlaskClient, migrated: Settings) -> None:
    first, second = attached(client, TEXT, "one.txt"), attached(client, TEXT, "two.txt")
    assert first["id"] != second["id"]
    assert [found.name for found in place(migrated, TEXT).parent.iterdir()] == [sha256(TEXT).hexdigest()]
    for answer in (first, second):
        assert client.get(answer["url"]).data == TEXT


def test_under_a_key_it_is_kept_once(client: FlaskClient) -> None:
    """Sent again by a browser the lines between the parts of the form are others."""
    first = attached(client, PNG, **{"Idempotency-Key": "k"})
    again = upload(client, PNG, **{"Idempotency-Key": "k"})
    assert (again.status_code, again.get_json(), again.headers["Idempotency-Replayed"]) == (201, first, "true")
    for content, name in ((GIF, "Pump room.png"), (PNG, "other.png")):
        reused = upload(client, content, name, **{"Idempotency-Key": "k"})
        assert wrong_fields(reused) == {"header.Idempotency-Key": "key_reused"}
    assert client.get("/audit?verb=attachment.create").json["total"] == 1


@pytest.mark.parametrize(
    ("data", "field", "code"),
    [
        ({}, "body.file", "required"),
        ({"file": "only words"}, "body.file", "required"),
        ({"file": (BytesIO(b""), "empty.png")}, "body.file", "required"),
        ({"file": [(BytesIO(PNG), "a.png"), (BytesIO(GIF), "b.gif")]}, "body.file", "type"),
        ({"file": (BytesIO(PNG), "a.png"), "other": (BytesIO(PNG), "b.png")}, "body.other", "unknown_field"),
    ],
)
def test_what_is_no_file_is_refused(
    client: FlaskClient, stored: Stored, data: dict[str, Any], field: str, code: str
) -> None:
    before = stored()
    response = client.post("/attachments", data=data, content_type="multipart/form-data")
    assert wrong_fields(response) == {field: code}
    assert stored() == before


def test_another_body_is_refused(client: FlaskClient, stored: Stored) -> None:
    before = stored()
    problem(client.post("/attachments", json={"file": "x"}), 415, "Send the file as multipart/form-data.")
    problem(client.post("/attachments", data=PNG, content_type="image/png"), 415)
    assert stored() == before


def test_the_limit(migrated: Settings, client: FlaskClient, stored: Stored) -> None:
    """A little above it the file is named; far above it nothing of it is read."""
    with built(migrated.model_copy(update={"max_attachment_bytes": 2048})) as small:
        caller = small.test_client()
        assert attached(caller, bytes(2048), "zeros.bin")["size"] == 2048
        before = stored()
        slightly = upload(caller, bytes(2049), "zeros.bin")
        assert wrong_fields(slightly) == {"body.file": "too_large"}
        assert slightly.get_json()["detail"] == "file: must have 2 KiB at most"
        problem(upload(caller, bytes(2**17), "zeros.bin"), 413, "The file must have 2 KiB at most.")
        assert stored() == before


def test_more_than_another_body_may_have(migrated: Settings, clean_database: None) -> None:
    content = bytes(range(256)) * 1024
    with built(migrated.model_copy(update={"max_body_bytes": 2**17})) as app:
        caller = app.test_client()
        answer = attached(caller, content, "large.bin")
        assert caller.get(answer["url"]).data == content
        part = caller.get(answer["url"], headers={"Range": "bytes=196608-196611"})
        assert part.data == bytes(range(4))
        problem(caller.post("/insights", json={"title": "x" * 2**18}), 413, "The body must have 128 KiB at most.")


def test_a_form_with_a_large_file_has_to_repeat_the_word(
    migrated: Settings, clean_database: None, stored: Stored
) -> None:
    """Also behind the file, and without a script, which sends a header."""
    forget_callers()
    content = bytes(range(256)) * 1024
    with built(migrated.model_copy(update={"auth_mode": "required", "max_body_bytes": 2**17})) as app:
        caller = app.test_client()
        with app.app_context(), acting(UPKEEP):
            person = transact(create_person, "ada@example.org", "Ada", "contributor")
            begun = transact(begin_session, person, "password", "127.0.0.1", "tests", 30)
        caller.set_cookie(SESSION.plain_name, begun.secret)
        word = re.search(r'name="csrf_token" value="([^"]+)"', caller.get("/library/new").text)
        assert word
        before = stored()
        for wrong in ({}, {"csrf_token": "x" * 64}):
            given = {"file": (BytesIO(content), "large.bin"), **wrong}
            assert caller.post("/attachments", data=given).status_code == 403
        assert [row for name, row in stored().items() if name != "audit_log"] == [
            row for name, row in before.items() if name != "audit_log"
        ]
        given = {"file": (BytesIO(content), "large.bin"), "csrf_token": word[1]}
        assert caller.post("/attachments", data=given).status_code == 201
    forget_callers()


def test_an_address_that_is_none(client: FlaskClient) -> None:
    problem(client.get(f"/attachments/{UNKNOWN}/x.png"), 404, f"Attachment {UNKNOWN} does not exist.")
    problem(client.get("/attachments/1/x.png"), 404, "There is nothing at this address.")
    assert client.get(f"/attachments/{UNKNOWN}").status_code == 404


def test_missing_bytes_are_told(client: FlaskClient, migrated: Settings) -> None:
    answer = attached(client, b"soon gone", "x.bin")
    place(migrated, b"soon gone").unlink()
    problem(client.get(answer["url"]), 404, f"The file of attachment {answer['id']} is missing in the store.")
    attached(client, b"soon gone", "again.bin")  # who sends it again mends it
    assert client.get(answer["url"]).data == b"soon gone"


def test_a_store_that_is_away(
    client: FlaskClient, application: Flask, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, before = attached(client), stored()

    def away(*_: object) -> None:
        raise Unavailable("The store of attached files can't be reached just now.")

    for name in ("size", "part"):
        monkeypatch.setattr(application.extensions["objects"], name, away)
    for response in (upload(client, GIF, "new.gif"), client.get(answer["url"])):
        problem(response, 503, "The store of attached files can't be reached just now.")
    assert stored() == before


def test_few_statements(client: FlaskClient, statements: Callable[[], list[str]]) -> None:
    address = attached(client)["url"]
    before = len(statements())
    client.get(address)
    assert len(statements()) - before == 1


def test_an_insight_shows_it(client: FlaskClient) -> None:
    answer = attached(client, PNG, "<b>.png")
    insight = make_insight(client, content=f"See {answer['markdown']}", status="published")
    page = client.get(f"/library/{insight['id']}", headers={"Accept": "text/html"}, follow_redirects=True).text
    assert f'<img src="{answer["url"]}" alt="&lt;b&gt;.png">' in page
