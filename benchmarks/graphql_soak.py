"""The memory of a worker that answers texts which it never saw before: it must not grow with them.

    python -m benchmarks.graphql_soak --texts 100000

They go over HTTP to the product with a single worker, over embedded servers in a temporary folder; every other one
needs a statement of its own. Exit status 1 when memory after all of them is more than a twentieth above that after a
tenth, when every cache is full. Linux only, as memory is read from /proc.
"""

import http.client
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import islice

import click
import orjson

from app.config import Settings
from app.embedded.layout import Layout
from app.errors import Unavailable
from app.supervisor import child_environment
from benchmarks.database import throwaway_servers
from benchmarks.load import LoadError
from benchmarks.newest import texts
from benchmarks.serving import STOP_TIMEOUT, Server, python

PARTS, CONNECTIONS = 10, 4
MOST_GROWTH = 1.05
BEGINNING = b'{"data":'


@contextmanager
def one_worker(settings: Settings, port: int) -> Iterator[Server]:
    """The product with a worker, started; stopped at the end."""
    layout = Layout(settings.instance)
    environment = child_environment(settings.model_copy(update={"port": port}), layout)
    child = python("product", layout, {**environment, "WEB_CONCURRENCY": "1"}, "app.web")
    server = Server(child, port, "/health", [])
    try:
        server.start()
        yield server
    finally:
        child.stop(STOP_TIMEOUT)


def ask_all(port: int, asked: Sequence[str]) -> None:
    """Over some connections, to each of which the same share falls."""
    shares = [asked[first::CONNECTIONS] for first in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(partial(ask, port), shares))


def ask(port: int, asked: Sequence[str]) -> None:
    """One after the other over one connection. Raises `LoadError` for a text that is not answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for text in asked:
        connection.request("POST", "/graphql", orjson.dumps({"query": text}), {"Content-Type": "application/json"})
        answer = connection.getresponse().read()
        if not answer.startswith(BEGINNING):
            raise LoadError(answer.decode(errors="replace"))
    connection.close()


def memory_by_parts(server: Server, wanted: int) -> Iterator[int]:
    """The most memory that was in use up to the end of each part, in bytes."""
    coming = texts()
    for _ in range(PARTS):
        ask_all(server.port, list(islice(coming, wanted // PARTS)))
        yield server.peak_memory()


@click.command(help=__doc__.splitlines()[0] if __doc__ else None)
@click.option("--texts", "wanted", default=100_000, show_default=True, type=click.IntRange(PARTS))
@click.option("--port", default=8700, show_default=True)
def main(wanted: int, port: int) -> None:
    used: list[int] = []
    with throwaway_servers() as settings:
        try:
            with one_worker(settings, port) as server:
                for memory in memory_by_parts(server, wanted):
                    used.append(memory)
                    click.echo(f"{len(used) * (wanted // PARTS):9,} texts: {memory / 2**20:.1f} MB")
        except (LoadError, Unavailable) as error:
            raise click.ClickException(str(error)) from error
    if used[-1] > used[0] * MOST_GROWTH:
        raise click.ClickException(f"Memory grew by {used[-1] / used[0] - 1:.0%}.")


if __name__ == "__main__":
    main()
