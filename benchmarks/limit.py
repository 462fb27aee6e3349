"""The limit: what this machine can serve when a route only runs the statement and passes its bytes on.

    python -m benchmarks.limit STATEMENTS --database-url URL --port PORT --workers 2 --threads 2

A minimal Flask application on granian, started like the product. ``STATEMENTS`` is a JSON file: for each name a list of
``[sql, parameters]`` that the product itself sends to the driver, the last of which answers. No validation, no log, no
metrics, no ETag. It must not import `app`: its start and its memory are measured too.
"""

import json
import queue
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import click
import orjson
import psycopg
from flask import Flask, Response, request
from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server import Server

Statements = Mapping[str, list[tuple[str, dict[str, Any]]]]

# One round trip, durable when it answers; the product's statement then reads what was stored.
CREATE = """
WITH made AS (
  INSERT INTO insights (title, description, content, source, author, category_id, priority, status, published_at)
  VALUES (%(title)s, %(description)s, %(content)s, %(source)s, %(author)s, %(category_id)s, %(priority)s, %(status)s,
          now())
  RETURNING id),
linked AS (INSERT INTO insight_tags (insight_id, tag_id) SELECT made.id, unnest(%(tag_ids)s::int[]) FROM made)
SELECT id FROM made
"""


class Pool:
    """As many connections as threads, in autocommit, opened when they are first needed."""

    def __init__(self, url: str, size: int) -> None:
        self.url = url
        self.free: queue.LifoQueue[psycopg.Connection | None] = queue.LifoQueue(size)
        for _ in range(size):
            self.free.put(None)

    @contextmanager
    def cursor(self) -> Iterator[psycopg.Cursor]:
        connection = self.free.get() or psycopg.connect(self.url, autocommit=True)
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            self.free.put(connection)


def create_limit(statements: Statements, url: str, threads: int) -> Flask:
    app = Flask(__name__)
    pool = cache(lambda: Pool(url, threads))  # each worker makes its own

    def answer(name: str, **parameters: Any) -> Response:
        with pool().cursor() as cursor:
            for sql, given in statements[name]:
                cursor.execute(sql, {**given, **parameters})
            row = cursor.fetchone()
        return Response(row[0] if row else b"", content_type="application/json")

    def create() -> Response:
        with pool().cursor() as cursor:
            row = cursor.execute(CREATE, orjson.loads(request.get_data())).fetchone()
        return answer("one", id=row[0] if row else 0)

    def fixed(name: str) -> Callable[[], Response]:
        return lambda: answer(name)

    def newest() -> Response:
        return answer("newest", **orjson.loads(request.get_data()))

    app.add_url_rule("/empty", "empty", lambda: Response(b"{}", content_type="application/json"))
    app.add_url_rule("/one/<int:id>", "one", lambda id: answer("one", id=id))  # noqa: A006
    app.add_url_rule("/newest/given", "newest_given", newest, methods=["POST"])
    app.add_url_rule("/create", "create", create, methods=["POST"])
    for name in statements.keys() - {"one"}:
        app.add_url_rule(f"/{name}", name, fixed(name), methods=["GET", "POST"])
    return app


def serve(app: Flask, port: int, workers: int, threads: int) -> None:
    """On granian, as the product is."""
    Server(
        "benchmarks.limit:app",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        loop=Loops.asyncio,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve(target_loader=lambda: app, wrap_loader=False)


@click.command()
@click.argument("statements", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--database-url", required=True)
@click.option("--port", required=True, type=int)
@click.option("--workers", required=True, type=int)
@click.option("--threads", required=True, type=int)
def main(statements: Path, database_url: str, port: int, workers: int, threads: int) -> None:
    app = create_limit(json.loads(statements.read_text(encoding="utf-8")), database_url, threads)
    serve(app, port, workers, threads)


if __name__ == "__main__":
    main()
