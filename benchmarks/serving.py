"""How near the product comes to the limit of this machine: ratios taken side by side, never absolute times.

    python -m benchmarks.serving [--quick] [--insights 100000] [--repeats 5] [--seconds 2]

The product is served as users get it, beside its worker, over embedded servers in a temporary folder; the limit
(`benchmarks.limit`) runs the same statements. Both are up all the time and take turns under the same load. What the
figures mean: docs/how-to/measure.md. Linux only, as memory is read from /proc. Exit status 1 when an answer is not 2xx.
"""

import http.client
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

import click

from app.config import REPOSITORY, Settings
from app.embedded.layout import Layout
from app.embedded.process import Child
from app.errors import Unavailable
from app.supervisor import child_environment
from app.web import worker_count
from benchmarks.corpus import fill
from benchmarks.database import libpq, owner_libpq, throwaway_servers
from benchmarks.load import Cell, LoadError, drive
from benchmarks.workloads import Call, Workload, recorded, workloads

WARM_UP_SECONDS = 0.5
START_TIMEOUT = 60.0
STOP_TIMEOUT = 3.0
STARTS = 3
QUICK_INSIGHTS = 5000


@dataclass
class Server:
    """One of the two that are compared."""

    child: Child
    port: int
    first_call: str
    starts: list[float]

    def start(self) -> None:
        begun = time.perf_counter()
        self.child.start()
        while not self.answers():
            if (code := self.child.exit_code()) is not None:
                raise Unavailable(self.child.why_stopped(code))
            if time.perf_counter() - begun > START_TIMEOUT:
                raise Unavailable(f"{self.child.name} did not answer within {START_TIMEOUT:g} s.")
            time.sleep(0.005)
        self.starts.append(time.perf_counter() - begun)

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", self.first_call)
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def load(self, calls: Sequence[Call], seconds: float, connections: int) -> Cell:
        requests = [call.bytes for call in calls]
        address = ("127.0.0.1", self.port)
        drive(address, requests, min(seconds, WARM_UP_SECONDS), connections)
        return drive(address, requests, seconds, connections)

    def peak_memory(self) -> int:
        """The highest resident memory of each of its processes, added up, in bytes."""
        assert self.child.process is not None
        return sum(_peak(pid) for pid in _with_children(self.child.process.pid))


class Spread(NamedTuple):
    """A ratio over the repeats."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.median:.2f} [{self.least:.2f}-{self.most:.2f}]"


class Turn(NamedTuple):
    """Both under the same load, one directly after the other."""

    product: Cell
    limit: Cell

    @property
    def ratio(self) -> float:
        return self.product.per_second / self.limit.per_second


def spread(turns: Sequence[Turn]) -> Spread:
    """The ratio of each turn, never a ratio of medians: other load on the machine moves both halves of a turn."""
    ratios = [turn.ratio for turn in turns]
    return Spread(median(ratios), min(ratios), max(ratios))


@contextmanager
def served(settings: Settings, statements: Path, port: int) -> Iterator[tuple[Server, Server]]:
    """The product (its worker beside it) and the limit, not yet started; both stopped at the end."""
    layout = Layout(settings.instance)
    settings = settings.model_copy(update={"port": port})
    environment = {**child_environment(settings, layout), "LOG_FORMAT": "json"}
    workers, threads = worker_count(settings), settings.web_threads
    database_url = libpq(settings)
    limit_arguments = ["--database-url", database_url, "--port", port + 1, "--workers", workers, "--threads", threads]
    product = Server(python("product", layout, environment, "app.web"), port, "/health", [])
    limit = Server(
        python("limit", layout, environment, "benchmarks.limit", statements, *limit_arguments), port + 1, "/one/1", []
    )
    worker = python("worker", layout, environment, "app.cli", "worker")
    try:
        worker.start()
        yield product, limit
    finally:
        for child in (product.child, limit.child, worker):
            child.stop(STOP_TIMEOUT)


def python(name: str, layout: Layout, environment: dict[str, str], module: str, *arguments: object) -> Child:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return Child(name, command, environment, log=layout.log / f"{name}.log", folder=REPOSITORY)


def _with_children(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(below for child in children for below in _with_children(int(child)))]


def _peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))


def measure_starts(servers: Sequence[Server], times: int) -> None:
    """Start each server some times, in turn; in the end they are left running."""
    for position in range(times):
        for server in servers:
            if position:
                server.child.stop(STOP_TIMEOUT)
            server.start()


def take_turns(
    product: Server, limit: Server, loads: Sequence[Workload], repeats: int, seconds: float, connections: int
) -> dict[str, list[Turn]]:
    """The turns of each workload; who goes first changes from repeat to repeat."""
    turns: dict[str, list[Turn]] = {load.name: [] for load in loads}
    for repeat in range(repeats):
        for load in loads:
            click.echo(f"\rrepeat {repeat + 1} of {repeats}: {load.name} ", nl=False, err=True)
            sides = [(product, load.product), (limit, load.limit)]
            order = (0, 1) if repeat % 2 == 0 else (1, 0)
            cells = {side: sides[side][0].load(sides[side][1], seconds, connections) for side in order}
            turns[load.name].append(Turn(cells[0], cells[1]))
    click.echo("\r" + " " * 40 + "\r", nl=False, err=True)
    return turns


def report(loads: Sequence[Workload], turns: dict[str, list[Turn]]) -> Iterator[str]:
    """A Markdown table: medians over the repeats."""
    yield "| workload | product req/s | limit req/s | ratio [min-max] | product p50 / p95 ms | limit p50 / p95 ms |"
    yield "|---|---|---|---|---|---|"
    for load in sorted(loads, key=lambda load: load.name):
        taken = turns[load.name]
        product, limit = [turn.product for turn in taken], [turn.limit for turn in taken]
        yield (
            f"| {load.name} {load.title} | {_rate(product)} | {_rate(limit)} | {spread(taken)} |"
            f" {_latency(product)} | {_latency(limit)} |"
        )


def report_servers(product: Server, limit: Server) -> Iterator[str]:
    starts = median(product.starts), median(limit.starts)
    yield f"| start to first answer, s | {starts[0]:.2f} | {starts[1]:.2f} | {starts[0] / starts[1]:.2f} | | |"
    memory = product.peak_memory() / 2**20, limit.peak_memory() / 2**20
    yield f"| peak memory, MB | {memory[0]:.0f} | {memory[1]:.0f} | {memory[0] / memory[1]:.2f} | | |"


def _rate(cells: Sequence[Cell]) -> str:
    return f"{median(cell.per_second for cell in cells):.0f}"


def _latency(cells: Sequence[Cell]) -> str:
    return f"{median(cell.p50 for cell in cells):.1f} / {median(cell.p95 for cell in cells):.1f}"


@click.command(help=__doc__.splitlines()[0] if __doc__ else None)
@click.option("--quick", is_flag=True, help=f"{QUICK_INSIGHTS} insights, one repeat of half a second.")
@click.option("--insights", default=100_000, show_default=True, type=click.IntRange(1000))
@click.option("--repeats", default=5, show_default=True, type=click.IntRange(1))
@click.option("--seconds", default=2.0, show_default=True, help="Of each server in each repeat of each workload.")
@click.option("--connections", default=8, show_default=True, type=click.IntRange(1, 100))
@click.option("--port", default=8700, show_default=True, help="The product's; the limit takes the next one.")
@click.option("--only", multiple=True, help="Only this workload (W1 ...); may be repeated.")
def main(
    quick: bool, insights: int, repeats: int, seconds: float, connections: int, port: int, only: tuple[str, ...]
) -> None:
    if quick:
        insights, repeats, seconds = QUICK_INSIGHTS, 1, 0.5
    with throwaway_servers() as settings:
        click.echo(f"Making {insights} insights ...", err=True)
        data = fill(owner_libpq(settings), insights)
        loads = workloads(data)
        statements = settings.instance / "statements.json"
        statements.write_text(json.dumps(recorded(settings, loads)), encoding="utf-8")
        with served(settings, statements, port) as (product, limit):
            try:
                measure_starts((product, limit), 1 if quick else STARTS)
                empty = limit.load([Call("GET", "/empty")], seconds, connections)
                chosen = [load for load in loads if not only or load.name in only]
                turns = take_turns(product, limit, chosen, repeats, seconds, connections)
                lines = [*report(chosen, turns), *report_servers(product, limit)]
            except (LoadError, Unavailable) as error:
                raise click.ClickException(str(error)) from error
    click.echo("\n".join(lines))
    click.echo(
        f"{insights} insights, {connections} connections, {repeats} x {seconds:g} s in turn. Empty route:"
        f" {empty.per_second:.0f} req/s, of each request the load generator takes {empty.own_microseconds:.0f} µs."
    )


if __name__ == "__main__":
    main()
