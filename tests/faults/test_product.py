"""The whole product while parts of it are killed or hang. A longer run: ``make soak``."""

import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPResponse

import orjson
import pytest

from benchmarks.faults_proof import HITS, prove
from benchmarks.product import Product, product

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
SECONDS = {"WEB_CONCURRENCY": "2", "INSIGHTS_STATEMENT_TIMEOUT_SECONDS": "2"}
# A ping and a new connection, three seconds each, and what a loaded machine adds.
BOUND = 9.0


@pytest.fixture(scope="module")
def running() -> Iterator[Product]:
    with product(**SECONDS, INSIGHTS_RATE_LIMIT_PER_IP="100000/minute") as running:
        threading.Thread(target=running.drain, daemon=True).start()
        yield running


def quick(running: Product, path: str, **headers: str) -> HTTPResponse:
    """An answer that took no longer than it may."""
    began = time.monotonic()
    response = running.answer(path, timeout=60, **headers)
    assert time.monotonic() - began < BOUND
    return response


def test_what_was_acknowledged_is_there_once_whatever_was_killed(running: Product) -> None:
    proof = prove(running, list(HITS), staff=3, pause=0.3)
    assert proof.exact, proof
    assert proof.tally["captured"] > 20
    assert {hit: max(seconds) < 20 for hit, seconds in proof.hits.items()} == dict.fromkeys(HITS, True), proof.hits
    assert proof.slowest < 20


def test_a_database_that_hangs_keeps_nobody_waiting(running: Product) -> None:
    assert running.serves()
    with running.frozen(running.postgres):
        health = quick(running, "/health")
        assert (health.status, orjson.loads(health.body)["database_connected"]) == (503, False)  # type: ignore[attr-defined]
        page, program = quick(running, "/library", Accept="text/html"), quick(running, "/insights")
        assert {(each.status, each.headers["Retry-After"]) for each in (health, page, program)} == {(503, "2")}
        assert "The database can&#39;t be reached just now." in page.body  # type: ignore[attr-defined]
        problem = orjson.loads(program.body)  # type: ignore[attr-defined]
        assert (problem["status"], problem["detail"]) == (503, "The database can't be reached just now.")
        assert quick(running, "/livez").status == 200
    web = running.web_workers()
    assert running.seconds_to_serve() < 5
    assert running.web_workers() == web  # nothing was started anew


def test_without_the_cache_everything_is_right(running: Product) -> None:
    limited = running.answer("/insights", timeout=10)
    assert limited.headers["RateLimit-Limit"] == "100000"
    with running.frozen(running.valkey):
        for _ in range(4):  # each worker notices for itself
            assert quick(running, "/insights").status == 200
        assert orjson.loads(quick(running, "/readyz").body)["cache"] is False  # type: ignore[attr-defined]
    end = time.monotonic() + 15
    while running.answer("/insights", timeout=10).headers["RateLimit-Limit"] is None:
        assert time.monotonic() < end
        time.sleep(0.1)
