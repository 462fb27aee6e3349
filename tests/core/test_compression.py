"""Pages and built files go out compressed to those who take that, and to nobody else."""

import gzip

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.http.pages import DIST, asset

pytestmark = pytest.mark.skipif(not (DIST / "manifest.json").exists(), reason="static/dist is not built")
TAKES = {"Accept-Encoding": "br;q=0.5, gzip"}


def sent(response: TestResponse) -> tuple[str | None, int]:
    """The encoding, and whether the length is that of the body."""
    assert response.headers.get("Content-Length") in (None, str(len(response.data)))
    return response.headers.get("Content-Encoding"), response.status_code


@pytest.mark.parametrize("site", [None, "same-origin", "none"])
def test_a_page_is_compressed(client: FlaskClient, site: str | None) -> None:
    asked = TAKES if site is None else {**TAKES, "Sec-Fetch-Site": site}
    response = client.get("/nowhere", headers={**asked, "Accept": "text/html"})
    assert sent(response) == ("gzip", 404)
    assert response.headers["Vary"] == "Accept, Accept-Encoding, Sec-Fetch-Site"
    assert "<!doctype html>" in gzip.decompress(response.data).decode()


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"Accept-Encoding": "br, zstd"},
        {"Accept-Encoding": "gzip;q=0, identity"},
        {**TAKES, "Sec-Fetch-Site": "cross-site"},
        {**TAKES, "Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_that_is_not(client: FlaskClient, asked: dict[str, str]) -> None:
    response = client.get("/", headers=asked)
    assert sent(response) == (None, 200)
    assert response.text.startswith("<!doctype html>")


@pytest.mark.parametrize("path", ["/insights", "/statistics", "/openapi.json", "/livez"])
def test_what_programs_read_is_sent_as_its_etag_says(client: FlaskClient, path: str) -> None:
    assert sent(client.get(path, headers=TAKES)) == (None, 200)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("app.css", "text/css; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("icons.svg", "image/svg+xml; charset=utf-8"),
    ],
)
def test_a_built_file_is_sent_as_the_build_compressed_it(
    application: Flask, client: FlaskClient, name: str, media_type: str
) -> None:
    with application.test_request_context():
        path = asset(name)
    plain, compressed = client.get(path, buffered=True), client.get(path, headers=TAKES, buffered=True)
    assert (sent(plain), sent(compressed)) == ((None, 200), ("gzip", 200))
    assert plain.headers["Content-Type"] == compressed.headers["Content-Type"] == media_type
    assert gzip.decompress(compressed.data) == plain.data
    assert plain.headers["Vary"] == compressed.headers["Vary"] == "Accept-Encoding"
    assert plain.headers["Cache-Control"] == compressed.headers["Cache-Control"] == "public, max-age=31536000"
    assert plain.headers["ETag"] != compressed.headers["ETag"]
    again = client.get(path, headers={**TAKES, "If-None-Match": compressed.headers["ETag"]}, buffered=True)
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("path", ["/static/nothing.js", "/static/../manifest.json", "/static/%2e%2e/package.json"])
def test_what_was_not_built(client: FlaskClient, path: str) -> None:
    assert client.get(path, headers=TAKES).status_code == 404
