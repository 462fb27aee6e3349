"""What a page costs beside the same data through the API: the server's time of both, in process, as a ratio.

    python -m benchmarks.pages [--insights 20000] [--samples 30]

Page and calls take turns over the same database. Exit status 1 when a page takes more than twice as long as the calls
that hold what it shows, or sends more than 12 statements.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import click
from flask.testing import FlaskClient

from app import create_app
from app.core.db import close_connections
from app.core.reading import statement_read
from app.search.commands.refreshing import refresh
from benchmarks.corpus import fill
from benchmarks.database import owner_libpq, throwaway_servers

MOST_TIMES, MOST_STATEMENTS = 2.0, 12
BROWSER = {"Accept": "text/html"}


class Call(NamedTuple):
    """A request to the API; with a ``body`` it is a POST."""

    path: str
    body: dict[str, object] | None = None


class Pair(NamedTuple):
    """A page, and the calls whose answers hold what it shows."""

    page: str
    calls: Sequence[Call]


# Which tags are used most, and how many there are, is known to whoever reads all of them: the API lists them by name.
PAIRS = (
    Pair("/", (Call("/statistics"), Call("/categories"), Call("/tags"))),
    Pair("/library", (Call("/insights/search", {"facets": True}),)),
    Pair("/library?q=data", (Call("/insights/search", {"query": "data", "facets": True}),)),
    Pair("/library/filters", (Call("/categories/tree"), Call("/tags"))),
    Pair("/library/7", (Call("/insights/7"), Call("/insights/7/related"), Call("/insights/7/revisions"))),
    Pair("/library/7/history", (Call("/insights/7"), Call("/insights/7/revisions"))),
    Pair("/library/categories", (Call("/categories/tree"),)),
    Pair("/library/tags", (Call("/tags?limit=1000"),)),
    Pair("/library/trash", (Call("/insights/trash"),)),
    Pair("/acts", (Call("/receipts"),)),
)  # fmt: skip


def measured(client: FlaskClient, pair: Pair, samples: int) -> tuple[float, float]:
    """The median milliseconds of the page and of the calls together."""
    times: list[tuple[float, float]] = []
    for _ in range(samples):
        page = _timed(lambda: _get(client, pair.page))
        times.append((page, _timed(lambda: [_call(client, call) for call in pair.calls])))
    return statistics.median(page for page, _ in times), statistics.median(calls for _, calls in times)


def statements(client: FlaskClient, path: str) -> int:
    """How many statements a page sends."""
    sent: list[str] = []

    def note(engine: object, statement: str, parameters: object) -> None:
        sent.append(statement)

    with statement_read.connected_to(note):
        _get(client, path)
    return len(sent)


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _get(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers=BROWSER, buffered=True)
    if response.status_code != 200:
        raise click.ClickException(f"GET {path}: {response.status_code}")


def _call(client: FlaskClient, call: Call) -> None:
    response = client.get(call.path) if call.body is None else client.post(call.path, json=call.body)
    if response.status_code != 200:
        raise click.ClickException(f"{call.path}: {response.status_code}")


@click.command()
@click.option("--insights", default=20_000, show_default=True)
@click.option("--samples", default=30, show_default=True)
def main(insights: int, samples: int) -> None:
    """Print a table of the pages."""
    slow = []
    with throwaway_servers() as settings:
        fill(owner_libpq(settings), insights)
        app = create_app(settings.model_copy(update={"log_level": "error"}))
        with app.app_context():
            refresh()  # the worker's part: words are not counted while a page waits
        client = app.test_client()
        click.echo("| page | ms | through the API ms | ratio | statements |\n|---|---|---|---|---|")
        for pair in PAIRS:
            sent = statements(client, pair.page)
            page, calls = measured(client, pair, samples)
            click.echo(f"| {pair.page} | {page:.1f} | {calls:.1f} | {page / calls:.2f} | {sent} |")
            slow += [pair.page] if page > MOST_TIMES * calls or sent > MOST_STATEMENTS else []
        with app.app_context():
            close_connections()
    if slow:
        raise click.ClickException(f"too slow, or too many statements: {', '.join(slow)}")


if __name__ == "__main__":
    main()
