"""What both servers are asked, and the statements that the product runs for it."""

import http.client
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import orjson

from app.config import Settings
from app.core.db import close_connections
from app.core.reading import statement_read
from benchmarks.corpus import Data
from benchmarks.data import Writer
from benchmarks.load import LoadError, request_bytes

VARIANTS = 2000
DEEP_PAGE, PAGE_SIZE = 1000, 20


class Call(NamedTuple):
    """A request: method, path, JSON body and API token."""

    method: str
    path: str
    body: bytes | None = None
    token: str | None = None

    @property
    def bytes(self) -> bytes:
        return request_bytes(self.method, self.path, self.body, self.token)


@dataclass(frozen=True, slots=True)
class Workload:
    """The same work asked of both; the requests are sent in turn."""

    name: str
    title: str
    product: Sequence[Call]
    limit: Sequence[Call]


def workloads(data: Data) -> tuple[Workload, ...]:
    """Names are those of docs/how-to/measure.md; writing comes last, as what it leaves to tidy up disturbs others."""
    chance = random.Random(2)
    ids = [chance.randint(1, data.insights) for _ in range(VARIANTS)]
    one = [Call("GET", f"/insights/{insight_id}") for insight_id in ids]
    last_page = min(DEEP_PAGE, data.insights // PAGE_SIZE)
    drafts = list(_drafts(Writer(seed=3)))
    return (
        Workload("W1", "GET one", one, [Call("GET", f"/one/{insight_id}") for insight_id in ids]),
        _read("W2", "GET list, filtered", Call("GET", f"/insights?status=published&category_id={data.category_id}")),
        _read("W3", "POST search, 1 % word", _post("/insights/search", {"query": data.rare_word})),
        _read("W4", "GET statistics", Call("GET", "/statistics")),
        _read("W7", f"GET list, page {last_page}", Call("GET", f"/insights?page={last_page}")),
        Workload(
            "W5",
            "POST create, 3 tags",
            [_post("/insights", draft) for draft in drafts],
            [_post("/create", draft) for draft in drafts],
        ),
    )


def _read(name: str, title: str, call: Call) -> Workload:
    return Workload(name, title, [call], [Call(call.method, f"/{name}", call.body)])


def _post(path: str, document: dict[str, Any]) -> Call:
    return Call("POST", path, orjson.dumps(document))


def _drafts(writer: Writer) -> Iterator[dict[str, Any]]:
    for number in range(VARIANTS):
        title, description, content = writer.texts()
        yield {
            "title": title, "description": description, "content": content, "source": "Benchmark",
            "author": f"Author {number % 300}", "category_id": writer.category(), "priority": "high",
            "status": "published", "tag_ids": writer.tags(),
        }  # fmt: skip


def recorded(settings: Settings, loads: Sequence[Workload]) -> dict[str, list[tuple[str, Any]]]:
    """The statements that the product sends to the driver for each reading workload, by the limit's name for it."""
    from app import create_app

    app = create_app(settings.model_copy(update={"log_level": "error"}))
    statements: dict[str, list[tuple[str, Any]]] = {}
    for load in loads:
        if load.name == "W5":
            continue
        sent = statements["one" if load.name == "W1" else load.name] = []
        call = load.product[0]
        with statement_read.connected_to(partial(_record, sent)):
            answer = app.test_client().open(
                call.path, method=call.method, data=call.body, content_type="application/json"
            )
        if answer.status_code != http.client.OK:
            raise LoadError(answer.get_data(as_text=True))
    with app.app_context():
        close_connections()
    return statements


def _record(sent: list[tuple[str, Any]], engine: object, statement: str, parameters: object) -> None:
    sent.append((statement, parameters))
