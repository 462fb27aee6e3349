"""The model-based test of the write side (`tests.model`) for long: other random programs in each run.

    python -m benchmarks.write_side_soak --steps 100000 [--seed N]

A PostgreSQL of its own is started in a temporary folder. Exit status 1 when an answer is not the model's; the shortest
program that shows it is printed, and the seed to have it again.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial

import click
import psycopg
from hypothesis import seed
from hypothesis.stateful import run_state_machine_as_test

from app import create_app
from app.config import Settings
from app.core.db import close_connections
from benchmarks.database import libpq, owner_libpq, throwaway_servers
from tests.model.care import WholeWriteSide
from tests.model.runs import runs
from tests.model.stack import Stack

RUNS, STEPS = 25, 100  # of a batch


@contextmanager
def stack_of(settings: Settings) -> Iterator[Stack]:
    """Without a line for each request, and without waiting for the disk: nothing here outlives a crash."""
    with psycopg.connect(owner_libpq(settings), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {connection.info.dbname} SET synchronous_commit = off")
    app = create_app(settings.model_copy(update={"log_level": "error"}))
    with closing(Stack(app, libpq(settings), owner_libpq(settings))) as stack:
        yield stack
    with app.app_context():
        close_connections()


def soak(stack: Stack, steps: int, first_seed: int) -> None:
    """Batch after batch; raises what is wrong."""
    number = first_seed
    while stack.done.total() < steps:
        click.echo(f"seed {number}: {stack.done.total():,} of {steps:,} steps")
        run_state_machine_as_test(seed(number)(partial(WholeWriteSide, stack)), settings=runs(RUNS, STEPS))
        number += 1


@click.command(help=__doc__.splitlines()[0] if __doc__ else None)
@click.option("--steps", default=100_000, show_default=True, type=click.IntRange(1))
@click.option("--seed", "first_seed", type=click.IntRange(0), help="Of the first batch; random when not given.")
def main(steps: int, first_seed: int | None) -> None:
    number = secrets.randbelow(10**6) if first_seed is None else first_seed
    with throwaway_servers() as settings, stack_of(settings) as stack:
        started = time.perf_counter()
        soak(stack, steps, number)
        seconds = time.perf_counter() - started
        for what, count in sorted(stack.done.items()):
            click.echo(f"{what:40} {count:8}")
        click.echo(f"{'steps':40} {stack.done.total():8} in {seconds:.0f} s, every answer the model's")


if __name__ == "__main__":
    main()
