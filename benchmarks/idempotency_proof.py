"""Concurrent creates under keys of their own, some of them sent again: is each there once, and what does a key cost?

    python -m benchmarks.idempotency_proof --creates 10000 --threads 16 [--retried 0.1]

A PostgreSQL of its own is started in a temporary folder. Half of the retries go out beside their first request, half at
a random later moment; whoever is told to wait (409) tries again. Exit status 1 when an insight is missing or there
twice, or when an answer is another than the first one.
"""

import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import click
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from app.core.db import close_connections, read_rows
from benchmarks.database import throwaway_servers

CREATED, CONFLICT = 201, 409
PATIENCE_SECONDS = 0.01
STORED = """
SELECT (SELECT count(*) FROM insights) AS insights, (SELECT count(DISTINCT title) FROM insights) AS titles,
    (SELECT count(*) FROM idempotency_keys) AS keys
"""


class Sent(NamedTuple):
    """The end of one request and its retries while the first one was running."""

    number: int
    status: int
    replayed: bool
    body: bytes
    told_to_wait: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What happened and what came of it."""

    creates: int
    seconds: float
    statuses: Counter[int]
    replayed: int
    told_to_wait: int
    differing: int
    insights: int
    titles: int
    keys: int

    @property
    def exact(self) -> bool:
        """Every create is there once, and every answer to it is the first one."""
        return (
            self.insights == self.titles == self.keys == self.creates
            and self.statuses == {CREATED: self.statuses.total()}
            and self.replayed == self.statuses.total() - self.creates
            and self.differing == 0
        )


def prove(app: Flask, creates: int, threads: int, retried: float = 0.1, seed: int = 1) -> Proof:
    """Send ``creates`` requests and the share ``retried`` of them twice.

    The database must hold no insights; the application needs a connection for each thread, or some wait in vain.
    """
    numbers = _order(creates, round(creates * retried), random.Random(seed))
    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        sent = list(pool.map(lambda number: _send(app.test_client(), number), numbers))
    return _judge(app, creates, time.perf_counter() - started, sent)


def _order(creates: int, retries: int, chance: random.Random) -> list[int]:
    """The numbers of the creates in the order of sending: a retry follows at once or some time later."""
    places = {float(number): number for number in range(creates)}
    for position, number in enumerate(chance.sample(range(creates), retries)):
        places[number + 0.5 if position % 2 else chance.uniform(number + 1, creates)] = number
    return [places[place] for place in sorted(places)]


def _send(client: FlaskClient, number: int) -> Sent:
    told_to_wait = 0
    while (response := _create(client, number, f"create-{number}")).status_code == CONFLICT:
        told_to_wait += 1
        time.sleep(PATIENCE_SECONDS)
    replayed = response.headers.get("Idempotency-Replayed") == "true"
    return Sent(number, response.status_code, replayed, response.data, told_to_wait)


def _create(client: FlaskClient, number: int, key: str | None) -> TestResponse:
    draft = {"title": f"Insight {number}", "description": "What we learned.", "author": "Ada"}
    return client.post("/insights", json=draft, headers={"Idempotency-Key": key} if key else {})


def _judge(app: Flask, creates: int, seconds: float, sent: Sequence[Sent]) -> Proof:
    bodies = defaultdict(set)
    for one in sent:
        bodies[one.number].add(one.body)
    with app.app_context():
        [stored] = read_rows(STORED)
    return Proof(
        creates=creates,
        seconds=seconds,
        statuses=Counter(one.status for one in sent),
        replayed=sum(one.replayed for one in sent),
        told_to_wait=sum(one.told_to_wait for one in sent),
        differing=sum(len(answers) > 1 for answers in bodies.values()),
        insights=stored.insights,
        titles=stored.titles,
        keys=stored.keys,
    )


def cost(client: FlaskClient, pairs: int) -> tuple[float, float]:
    """The median milliseconds of a create without and with a key; both take turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(pairs):
        for with_key in (False, True) if number % 2 else (True, False):
            started = time.perf_counter()
            response = _create(client, number, f"cost-{number}" if with_key else None)
            times[with_key].append(time.perf_counter() - started)
            assert response.status_code == CREATED, response.text
    without, keyed = (statistics.median(some) * 1000 for some in times)
    return without, keyed


def figures(proof: Proof) -> Iterator[str]:
    """The proof as lines of text."""
    total = proof.statuses.total()
    yield f"{'requests':24} {total:8} in {proof.seconds:.1f} s, {total / proof.seconds:.0f}/s"
    for status, count in proof.statuses.most_common():
        yield f"{f'answers {status}':24} {count:8}"
    yield f"{'first answer again':24} {proof.replayed:8}"
    yield f"{'told to wait (409)':24} {proof.told_to_wait:8}"
    yield f"{'answers that differ':24} {proof.differing:8}"
    yield f"{'creates':24} {proof.creates:8}"
    yield f"{'insights':24} {proof.insights:8} ({proof.titles} different)"
    yield f"{'keys':24} {proof.keys:8}"


@click.command(help=__doc__.splitlines()[0] if __doc__ else None)
@click.option("--creates", default=10_000, show_default=True, type=click.IntRange(10))
@click.option("--threads", default=16, show_default=True, type=click.IntRange(1, 100))
@click.option("--retried", default=0.1, show_default=True, type=click.FloatRange(0, 1))
@click.option("--seed", default=1, show_default=True)
@click.option("--pairs", default=500, show_default=True, type=click.IntRange(1), help="Creates to compare the cost of.")
def main(creates: int, threads: int, retried: float, seed: int, pairs: int) -> None:
    with throwaway_servers() as settings:
        app = create_app(settings.model_copy(update={"log_level": "warning", "web_threads": threads}))
        proof = prove(app, creates, threads, retried, seed)
        without, with_key = cost(app.test_client(), pairs)
        with app.app_context():
            close_connections()
    for line in figures(proof):
        click.echo(line)
    click.echo(f"a create takes {without:.2f} ms, with a key {with_key:.2f} ms: ratio {with_key / without:.2f}")
    raise SystemExit(not proof.exact)


if __name__ == "__main__":
    main()
