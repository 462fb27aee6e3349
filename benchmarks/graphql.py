"""GraphQL beside the best SQL that one writes by hand, and beside resolvers over an ORM: ratios taken side by side.

    python -m benchmarks.graphql [--quick] [--insights 100000] [--repeats 5] [--seconds 2]

What is asked: `benchmarks.newest`. The product, a bare route (`benchmarks.limit`) and resolvers
(`benchmarks.resolvers`) are up all the time and take turns under the same load; all three answer the same before that.
What the figures mean: docs/how-to/measure.md. Exit status 1 when an answer is not 2xx, or not the one that the others
give.
"""

import http.client
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Any, NamedTuple

import click
import orjson

from app.config import Settings
from app.embedded.layout import Layout
from app.errors import Unavailable
from app.supervisor import child_environment
from app.web import worker_count
from benchmarks.corpus import fill
from benchmarks.database import owner_libpq, throwaway_servers
from benchmarks.load import Cell, LoadError
from benchmarks.newest import STATEMENT, Case, Values, cases
from benchmarks.serving import QUICK_INSIGHTS, STOP_TIMEOUT, Server, Turn, python, served, spread
from benchmarks.workloads import Call

Side = tuple[Server, Sequence[Call]]

COMPARED = 20  # answers of each case
# So often each text is asked of one of the workers before it counts as known to both.
SWEEPS = 4
# So many requests further on each repeat begins.
STEP = 431


class Servers(NamedTuple):
    product: Server
    limit: Server
    resolvers: Server


class Taken(NamedTuple):
    """The turns of one case: the product beside the limit, and beside the resolvers (none where they are left out)."""

    of_limit: list[Turn]
    of_resolvers: list[Turn]


@contextmanager
def all_served(settings: Settings, port: int, *, caches: bool) -> Iterator[Servers]:
    """Started; stopped at the end."""
    statements = settings.instance / "statements.json"
    statements.write_text(json.dumps({"newest": [(STATEMENT, Values()._asdict())]}), encoding="utf-8")
    with served(settings, statements, port) as (product, limit):
        limit.first_call = "/empty"
        resolvers = _resolvers(settings, port + 2, ["--caches"] if caches else [])
        try:
            for server in (product, limit, resolvers):
                server.start()
            yield Servers(product, limit, resolvers)
        finally:
            resolvers.child.stop(STOP_TIMEOUT)


def _resolvers(settings: Settings, port: int, caches: Sequence[str]) -> Server:
    layout = Layout(settings.instance)
    arguments = ["--port", port, "--workers", worker_count(settings), "--threads", settings.web_threads]
    environment = child_environment(settings, layout)
    url = ["--database-url", settings.database_url]
    child = python("resolvers", layout, environment, "benchmarks.resolvers", *url, *arguments, *caches)
    return Server(child, port, "/empty", [])


def answer(server: Server, call: Call) -> Any:
    """What a server says to one request; tags, whose order was not asked for, by name. Raises `LoadError`."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(call.method, call.path, call.body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != http.client.OK:
        raise LoadError(f"{server.child.name}: {body.decode(errors='replace')}")
    found = orjson.loads(body)
    data = found.get("data", found)
    if "insights" not in data:
        raise LoadError(f"{server.child.name}: {body.decode(errors='replace')}")
    for insight in data["insights"]:
        insight["tags"].sort(key=lambda tag: tag["name"])
    return data


def refuse_difference(servers: Servers, case: Case) -> None:
    """Raises `LoadError` unless all three say the same to the first requests."""
    for position, call in enumerate(case.product[:COMPARED]):
        told = case.limit[position % len(case.limit)]
        wanted = answer(servers.limit, told)
        for server in (servers.product, servers.resolvers):
            if answer(server, call) != wanted:
                raise LoadError(f"{server.child.name} does not answer {case.name} as the limit does.")


def make_known(product: Server, case: Case, connections: int) -> None:
    """Ask for all that the case asks, some times."""
    answered, calls = 0, case.product
    while answered < SWEEPS * len(calls):
        answered += product.load(from_place(calls, answered), 1, connections).requests


def from_place(calls: Sequence[Call], place: int) -> Sequence[Call]:
    """The same, beginning elsewhere: not each turn should ask for the first ones only."""
    first = place % len(calls)
    return [*calls[first:], *calls[:first]]


def take_turns(
    servers: Servers, wanted: Sequence[Case], repeats: int, seconds: float, connections: int
) -> dict[str, Taken]:
    """Two servers take turns; who goes first changes from repeat to repeat. The resolvers come when the limit is
    done: they keep a machine so busy that whoever is asked next would always pay for it."""
    taken = {case.name: Taken([], []) for case in wanted}
    for repeat in range(repeats):
        take = partial(_turn, repeat=repeat, seconds=seconds, connections=connections)
        click.echo(f"\rrepeat {repeat + 1} of {repeats} ", nl=False, err=True)
        for case in wanted:
            if case.known:
                make_known(servers.product, case, connections)
            taken[case.name].of_limit.append(take((servers.product, case.product), (servers.limit, case.limit)))
        for case in wanted:
            if not case.known:
                sides = (servers.product, case.product), (servers.resolvers, case.product)
                taken[case.name].of_resolvers.append(take(*sides))
    click.echo("\r" + " " * 40 + "\r", nl=False, err=True)
    return taken


def _turn(product: Side, other: Side, repeat: int, seconds: float, connections: int) -> Turn:
    def load(side: Side) -> Cell:
        server, calls = side
        return server.load(from_place(calls, repeat * STEP), seconds, connections)

    if repeat % 2 == 0:
        return Turn(load(product), load(other))
    taken = load(other)
    return Turn(load(product), taken)


def report(wanted: Sequence[Case], taken: Mapping[str, Taken]) -> Iterator[str]:
    """A Markdown table: medians over the repeats."""
    sides = "product req/s | limit req/s | resolvers req/s"
    yield f"| case | {sides} | product / limit [min-max] | product / resolvers [min-max] |"
    yield "|---|---|---|---|---|---|"
    for case in wanted:
        of_limit, of_resolvers = taken[case.name]
        columns = (
            f"{case.name} {case.title}",
            _rate([turn.product for turn in of_limit]),
            _rate([turn.limit for turn in of_limit]),
            _rate([turn.limit for turn in of_resolvers]),
            str(spread(of_limit)),
            str(spread(of_resolvers)) if of_resolvers else "-",
        )
        yield f"| {' | '.join(columns)} |"


def _rate(cells: Sequence[Cell]) -> str:
    return f"{median(cell.per_second for cell in cells):.0f}" if cells else "-"


@click.command(help=__doc__.splitlines()[0] if __doc__ else None)
@click.option("--quick", is_flag=True, help=f"{QUICK_INSIGHTS} insights, one repeat of half a second.")
@click.option("--insights", default=100_000, show_default=True, type=click.IntRange(1000))
@click.option("--repeats", default=5, show_default=True, type=click.IntRange(1))
@click.option("--seconds", default=2.0, show_default=True, help="Of each server in each repeat of each case.")
@click.option("--connections", default=8, show_default=True, type=click.IntRange(1, 100))
@click.option("--port", default=8700, show_default=True, help="The product's; the others take the next two.")
@click.option("--only", multiple=True, help="Only this case (G1 ...); may be repeated.")
@click.option("--caches", is_flag=True, help="Resolvers keep the texts that they have parsed and checked.")
def main(
    quick: bool,
    insights: int,
    repeats: int,
    seconds: float,
    connections: int,
    port: int,
    only: tuple[str, ...],
    caches: bool,
) -> None:
    if quick:
        insights, repeats, seconds = QUICK_INSIGHTS, 1, 0.5
    wanted = [case for case in cases() if not only or case.name in only]
    with throwaway_servers() as settings:
        click.echo(f"Making {insights} insights ...", err=True)
        fill(owner_libpq(settings), insights)
        try:
            with all_served(settings, port, caches=caches) as servers:
                for case in wanted:
                    refuse_difference(servers, case)
                lines = list(report(wanted, take_turns(servers, wanted, repeats, seconds, connections)))
        except (LoadError, Unavailable) as error:
            raise click.ClickException(str(error)) from error
    click.echo("\n".join(lines))
    click.echo(f"{insights} insights, {connections} connections, {repeats} x {seconds:g} s in turn.")


if __name__ == "__main__":
    main()
