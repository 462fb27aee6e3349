"""``insights counts`` as an operator runs it."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from app.config import Settings
from tests.analytics.ledger import Ledger


@pytest.fixture
def environment(settings: Settings, database_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": settings.redis_url or "",
        "INSIGHTS_INSTANCE": str(tmp_path),
    }


def run(environment: dict[str, str], command: str) -> tuple[int, str]:
    program = "from app.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "counts", command], env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def test_verify_and_repair(environment: dict[str, str], session: psycopg.Connection, ledger: Ledger) -> None:
    assert run(environment, "verify") == (0, "exact: 3 cells, 3 tags\n")
    ledger.fold()
    session.execute("UPDATE insight_counts SET n = 7 WHERE status = 'draft'")
    assert run(environment, "verify") == (1, "insights 1/draft/medium/INTERNAL: shown 7, actual 1\n")
    assert run(environment, "repair") == (0, "repaired: 1\n")
    assert run(environment, "verify") == (0, "exact: 3 cells, 3 tags\n")
    assert ledger.pending() == 0
