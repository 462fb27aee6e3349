"""What is logged says nothing that opens a door."""

import logging
import time
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient

from app.config import Settings
from app.core import telemetry
from app.core.redaction import redact, redacted, redacted_text

TOKEN = "ins_4fGh7-kLmN_pQrS9"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"
LINK = "Zm9yZ290dGVuLXBhc3N3b3Jk"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nothing to hide", "nothing to hide"),
        (f"token {TOKEN} was used", "token ins_[redacted] was used"),
        (f"({TOKEN},{TOKEN})", "(ins_[redacted],ins_[redacted])"),
        ("ins_short", "ins_short"),
        ("plugins_directory", "plugins_directory"),
        (f"signed {JWT}.", "signed eyJ[redacted]."),
        ("eyJust a word", "eyJust a word"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]"),
        ("bearer  abc'", "bearer  [redacted]'"),
        (f"GET /links/{LINK}?x=1", "GET /links/[redacted]?x=1"),
        (f"http://localhost:8000/links/{LINK}/", "http://localhost:8000/links/[redacted]/"),
        ("/links/", "/links/"),
        ("/links", "/links"),
        (f"hash {HASH}, then", "hash $argon2[redacted], then"),
        ("postgresql://insights:pa55@db/insights", "postgresql://insights:[redacted]@db/insights"),
        ("redis://:pa55@cache:6379", "redis://:[redacted]@cache:6379"),
        ("https://example.org:443/a@b", "https://example.org:443/a@b"),
        ("{'password': 'pa55', 'name': 'Ada'}", "{'password': [redacted], 'name': 'Ada'}"),
        ('{"new_password": "pa55"}', '{"new_password": [redacted]}'),
        ("secret_key='pa55'", "secret_key=[redacted]"),
        ("X-API-Key: 'pa55'", "X-API-Key: [redacted]"),
        ("the password: none", "the password: none"),
    ],
)
def test_texts(text: str, shown: str) -> None:
    assert redacted_text(text) == shown


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "new_password",
        "PASSWORD",
        "token",
        "access_token",
        "token_hash",
        "Authorization",
        "Cookie",
        "Set-Cookie",
        "client_secret",
        "api_key",
        "X-API-Key",
        "code",
        "otp",
    ],
)
def test_names(name: str) -> None:
    assert redacted({name: "pa55", "name": "Ada"}) == {name: "[redacted]", "name": "Ada"}
    assert redacted({name: b"pa55"}) == {name: "[redacted]"}
    assert redacted({name: ["pa55"]}) == {name: "[redacted]"}


@pytest.mark.parametrize("name", ["status_code", "name", "path", "codes", "key", "author"])
def test_other_names(name: str) -> None:
    assert redacted({name: "Ada"}) == {name: "Ada"}


def test_what_is_no_text_stays() -> None:
    kept = {"token_id": 12, "tokens": None, "secret": True, "milliseconds": 1.5}
    assert redacted(kept) == kept


def test_inside_of_things() -> None:
    class Holder:
        def __repr__(self) -> str:
            return f"Holder({TOKEN})"

    class Plain:
        pass

    plain = Plain()
    event: dict[str, Any] = {
        "event": f"used {TOKEN}",
        "deep": {"list": [TOKEN, {"password": "pa55"}], "pair": (TOKEN, 1)},
        "bytes": TOKEN.encode(),
        "error": ValueError(TOKEN),
        "holder": Holder(),
        "plain": plain,
    }
    assert redact(None, "info", event) == {
        "event": "used ins_[redacted]",
        "deep": {"list": ["ins_[redacted]", {"password": "[redacted]"}], "pair": ["ins_[redacted]", 1]},
        "bytes": "b'ins_[redacted]'",
        "error": "ValueError('ins_[redacted]')",
        "holder": "Holder(ins_[redacted])",
        "plain": plain,
    }


@pytest.mark.parametrize(
    "part",
    ["a", "secret-", "://a:", "eyJ", "eyJa.", "ins_", "token='", "/links/", "bearer ", "$argon2", "token "],
)
def test_no_text_takes_long(part: str) -> None:
    begun = time.perf_counter()
    redacted_text(part * (100_000 // len(part)))
    assert time.perf_counter() - begun < 2


@pytest.fixture(params=["json", "console"])
def logged(settings: Settings, request: pytest.FixtureRequest) -> Any:
    """A logger as the application configures it."""
    before = structlog.get_config()
    telemetry.configure_logging(settings.model_copy(update={"log_format": request.param}))
    yield structlog.get_logger("test")
    structlog.configure(**before)


def test_lines_and_exceptions(logged: Any, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    logged.info("signed in", password="pa55word", note=f"with {TOKEN}")
    try:
        int(f"{TOKEN} at /links/{LINK}")
    except ValueError as error:
        logged.exception("failed", exc_info=error)
    out = b"".join(capfdbinary.readouterr()).decode()
    assert "Traceback (most recent call last)" in out
    assert "invalid literal for int() with base 10: 'ins_[redacted] at /links/[redacted]'" in out
    for secret in ("pa55word", TOKEN, LINK):
        assert secret not in out
    assert out.count("[redacted]") >= 4


def test_statements(settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    """Both ways that ``SQL_ECHO`` shows them."""
    telemetry._echo(None, "SELECT %(password)s, %(name)s", {"password": "pa55word", "name": TOKEN})
    record = logging.LogRecord("x", logging.INFO, "", 0, "[raw sql] %r", ({"token_hash": "pa55word"},), None)
    assert telemetry.REDACTING.filter(record)
    assert record.getMessage() == "[raw sql] {'token_hash': [redacted]}"
    out = capfd.readouterr().out
    assert "SELECT %(password)s, %(name)s" in out
    assert "pa55word" not in out
    assert TOKEN not in out


def test_echoed_statements_pass_the_filter(settings: Settings) -> None:
    logger = logging.getLogger("sqlalchemy.engine.Engine")
    try:
        for _ in range(2):
            telemetry.echo_reads(settings.model_copy(update={"sql_echo": True}))
        assert logger.filters == [telemetry.REDACTING]
    finally:
        logger.removeFilter(telemetry.REDACTING)
        telemetry.statement_read.disconnect(telemetry._echo)


def test_a_request_is_logged_without_its_query_and_its_secret(
    client: FlaskClient, capfd: pytest.CaptureFixture[str]
) -> None:
    client.get(f"/links/{LINK}?page=1&note=hidden-words")
    out = capfd.readouterr().out
    assert "path=/links/[redacted]" in out
    assert LINK not in out
    assert "hidden-words" not in out


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_an_error_does_not_repeat_the_secret(client: FlaskClient, accept: str) -> None:
    response = client.delete(f"/links/{LINK}", headers={"Accept": accept})
    assert response.status_code in (404, 405)
    assert LINK not in response.text
    if accept == "application/json":
        assert response.get_json()["instance"] == "/links/[redacted]"
