"""Search at full size: how long an answer takes, and how that compares with bare PostgreSQL on the same words.

    python -m benchmarks.search [--insights 1000000] [--samples 40]

The product answers `POST /insights/search` in process, with all that an answer holds (page, total, highlights,
facets); no socket is in between. Beside it, on a connection of its own, PostgreSQL is asked for ids alone: the first 20
that have all the words (`@@` over the same vectors with a plain index), the 20 best of them by `ts_rank`, and the
newest 20 by `ILIKE` with the total. A ratio is the median over questions of the product's time by that of the
statement which directly follows it.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from http import HTTPStatus
from statistics import median
from typing import Any

import click
import psycopg
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.config import Settings, load_settings
from app.core.db import close_connections
from app.search.commands.refreshing import refresh
from benchmarks.bare import PATIENCE_MS, make_bare, parameters, statements, timed
from benchmarks.corpus import fill, lengths_of
from benchmarks.data import Writer
from benchmarks.database import owner_libpq, throwaway_servers
from benchmarks.load import LoadError, percentile
from benchmarks.offers import Offer, offers
from benchmarks.questions import Kind, Question, kinds

WARM_UP = 3
COMPARED_ILIKE = 3
TENFOLD = 10


@dataclass
class Measured:
    """Milliseconds of one kind's answers; of each bare statement those of it, and the ratios of the product to it."""

    kind: Kind
    answers: list[float] = field(default_factory=list)
    found: list[int] = field(default_factory=list)
    bare: dict[str, list[float]] = field(default_factory=dict)
    ratios: dict[str, list[float]] = field(default_factory=dict)


@dataclass
class Bench:
    """The product and PostgreSQL alone, over the same database."""

    client: FlaskClient
    connection: psycopg.Connection
    compared: int  # questions of each kind that PostgreSQL alone is asked too

    def measure(self, kind: Kind) -> Measured:
        measured = Measured(kind)
        for question in kind.questions[:WARM_UP]:
            self.answer(question)
        for number, question in enumerate(kind.questions):
            took, answer = self.answer(question)
            measured.answers.append(took)
            measured.found.append(int(answer["total"]))
            if number < self.compared:
                self.compare(question, took, measured, with_ilike=number < COMPARED_ILIKE)
        return measured

    def answer(self, question: Question) -> tuple[float, dict[str, Any]]:
        return self.call("POST", "/insights/search", question.body)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[float, dict[str, Any]]:
        """Milliseconds, and what was answered."""
        begun = time.perf_counter()
        answer = self.client.open(path, method=method, json=body)
        took = (time.perf_counter() - begun) * 1000
        if answer.status_code != HTTPStatus.OK:
            raise LoadError(f"{path} {body}: {answer.get_data(as_text=True)}")
        return took, answer.json or {}

    def offered(self, offer: Offer) -> list[float]:
        """Milliseconds of each answer."""
        for path in offer.paths[:WARM_UP]:
            self.call("GET", path)
        return [self.call("GET", path)[0] for path in offer.paths]

    def compare(self, question: Question, took: float, measured: Measured, with_ilike: bool) -> None:
        for name, statement in statements(question).items():
            if name == "ILIKE" and not with_ilike:
                continue
            bare = timed(self.connection, statement, parameters(question))
            measured.bare.setdefault(name, []).append(bare)
            measured.ratios.setdefault(name, []).append(took / bare)


HEAD = """\
| searched for | found | p50 ms | p95 ms | `@@` ms (ratio) | `ts_rank` ms (ratio) | `ILIKE` ms (ratio) |
|---|---|---|---|---|---|---|"""


def row(measured: Measured) -> str:
    """Of the Markdown table that begins with `HEAD`."""
    bare = " | ".join(_bare(measured, name) for name in ("@@", "ts_rank", "ILIKE"))
    found = f"{median(measured.found):.0f}"
    return (
        f"| {measured.kind.name} | {found} | {median(measured.answers):.1f} | {_p95(measured.answers):.1f} | {bare} |"
    )


def _bare(measured: Measured, name: str) -> str:
    if name not in measured.bare:
        return "-"
    took, ratio = median(measured.bare[name]), median(measured.ratios[name])
    more = ">" if took >= PATIENCE_MS else ""
    return f"{more}{took:.1f} ({ratio:{'.2g' if ratio < TENFOLD else '.0f'}})"


def offer_row(offer: Offer, took: Sequence[float]) -> str:
    """Of the same table."""
    return f"| {offer.name} | | {median(took):.1f} | {_p95(took):.1f} | | | |"


def _p95(took: Sequence[float]) -> float:
    return percentile(sorted(took), 0.95)


def over_budget(name: str, took: Sequence[float], budget: float) -> Iterator[str]:
    if _p95(took) > budget:
        yield f"Over its {budget:.0f} ms: {name}, p95 {_p95(took):.0f} ms"


@contextmanager
def bench(settings: Settings, compared: int) -> Iterator[Bench]:
    app = create_app(settings.model_copy(update={"log_level": "error"}))
    with psycopg.connect(owner_libpq(settings), autocommit=True, prepare_threshold=None) as connection:
        if compared:
            make_bare(connection)
        yield Bench(app.test_client(), connection, compared)
    with app.app_context():
        close_connections()


def run(settings: Settings, samples: int, compared: int, only: Sequence[str]) -> list[str]:
    """Tells a row for each kind whose name holds one of ``only``, or for every kind; what was over its budget."""
    click.echo(HEAD)
    slow: list[str] = []
    with bench(settings, compared) as measuring:
        [(insights,)] = measuring.connection.execute("SELECT count(*) FROM insights").fetchall()
        titles = _titles(measuring.connection, samples)
        for kind in kinds(Writer(lengths=lengths_of(insights)), titles, samples):
            if _chosen(kind.name, only):
                measured = measuring.measure(kind)
                click.echo(row(measured))
                slow += over_budget(kind.name, measured.answers, kind.budget)
        for offer in offers(titles, insights):
            if _chosen(offer.name, only):
                took = measuring.offered(offer)
                click.echo(offer_row(offer, took))
                slow += over_budget(offer.name, took, offer.budget)
    return slow


def _chosen(name: str, only: Sequence[str]) -> bool:
    return not only or any(part in name for part in only)


def _titles(connection: psycopg.Connection, samples: int) -> list[str]:
    rows = connection.execute("SELECT title FROM insights WHERE id %% 23 = 5 ORDER BY id LIMIT %s", (samples,))
    return [title for (title,) in rows]


@contextmanager
def filled(insights: int) -> Iterator[Settings]:
    with throwaway_servers() as settings:
        click.echo(f"Making {insights} insights ...", err=True)
        fill(owner_libpq(settings), insights)
        app: Flask = create_app(settings.model_copy(update={"statement_timeout_seconds": 0}), serves=False)
        with app.app_context():
            refresh()
            close_connections()
        yield settings


@click.command(help=__doc__.splitlines()[0] if __doc__ else None)
@click.option("--insights", default=100_000, show_default=True, type=click.IntRange(1000))
@click.option("--samples", default=40, show_default=True, type=click.IntRange(1), help="Questions of each kind.")
@click.option("--compared", default=7, show_default=True, type=click.IntRange(0), help="Of those, against PostgreSQL.")
@click.option("--only", multiple=True, help="Only kinds whose name holds this; may be repeated.")
@click.option(
    "--given",
    is_flag=True,
    help="Measure the corpus that is in DATABASE_URL (DATABASE_OWNER_URL: its owner's) already.",
)
def main(insights: int, samples: int, compared: int, only: tuple[str, ...], given: bool) -> None:
    try:
        with nullcontext(load_settings()) if given else filled(insights) as settings:
            slow = run(settings, samples, compared, only)
    except LoadError as error:
        raise click.ClickException(str(error)) from error
    for line in slow:
        click.echo(line)
    click.echo(f"Load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
