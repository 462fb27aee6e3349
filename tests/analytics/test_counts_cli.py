"""``insights counts`` as an operator runs it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from flask import Flask

from app.analytics import cli as counts_cli
from app.cli import cli
from tests.analytics.ledger import Ledger

Run = Callable[[str], tuple[int, str]]


@pytest.fixture
def run(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Exit status and output of a command with the test's database for its instance."""

    @contextmanager
    def application(instance: Path | None) -> Iterator[Flask]:
        yield app

    def called(command: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["counts", command])
        return done.exit_code, done.stdout

    monkeypatch.setattr(counts_cli, "application", application)
    return called


def test_verify_and_repair(run: Run, session: psycopg.Connection, ledger: Ledger) -> None:
    assert run("verify") == (0, "exact: 3 cells, 3 tags\n")
    ledger.fold()
    session.execute("UPDATE insight_counts SET n = 7 WHERE status = 'draft'")
    assert run("verify") == (1, "insights 1/draft/medium/INTERNAL: shown 7, actual 1\n")
    assert run("repair") == (0, "repaired: 1\n")
    assert run("verify") == (0, "exact: 3 cells, 3 tags\n")
    assert ledger.pending() == 0
