"""What it costs to be known: the product with an API token where people sign in, against the open product.

    python -m benchmarks.identity [--insights 20000] [--repeats 7] [--seconds 2]

Both serve the same database and take turns under the same load, as in `benchmarks.serving`; 1.00 means that a caller's
rights cost nothing. A viewer's statements also leave out what a viewer doesn't see. Exit status 1 when an answer is not
2xx, or when the administrator's `GET /insights/{id}` falls below the promised share.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import click

from app import create_app
from app.config import Settings
from app.core.db import close_connections, read_rows, transact
from app.embedded.layout import Layout
from app.identity.acting import acting
from app.identity.actor import command_line
from app.identity.commands.tokens import create_token, service_named
from app.supervisor import child_environment
from benchmarks.corpus import fill
from benchmarks.database import owner_libpq, throwaway_servers
from benchmarks.serving import STOP_TIMEOUT, Server, python, report, spread, take_turns
from benchmarks.workloads import Call, Workload, workloads

PROMISED = 0.85
ROLES = ("admin", "viewer")
READS = ("W1", "W2", "W4")


@contextmanager
def both(settings: Settings, port: int) -> Iterator[tuple[Server, Server]]:
    """The closed and the open product, started; both stopped at the end."""
    layout = Layout(settings.instance)
    servers = []
    for number, mode in enumerate(("required", "open")):
        environment = child_environment(settings.model_copy(update={"port": port + number}), layout)
        environment |= {"LOG_FORMAT": "json", "AUTH_MODE": mode}
        environment.pop("PROMETHEUS_MULTIPROC_DIR")
        servers.append(Server(python(mode, layout, environment, "app.web"), port + number, "/health", []))
    try:
        for server in servers:
            server.start()
        yield servers[0], servers[1]
    finally:
        for server in servers:
            server.child.stop(STOP_TIMEOUT)


def tokens(settings: Settings) -> dict[str, str]:
    """A service's token for each role."""
    app = create_app(settings)
    with app.app_context(), acting(command_line()):
        made = {role: transact(_token, role) for role in ROLES}
        close_connections()
    return made


def _token(role: str) -> str:
    return create_token(service_named(f"benchmark {role}"), role, role, (), None).secret


def seen_by_a_viewer(settings: Settings) -> list[int]:
    """The ids that every caller sees."""
    app = create_app(settings)
    with app.app_context():
        rows = read_rows(
            "SELECT id FROM insights WHERE status <> 'draft' AND visibility IN ('PUBLIC', 'INTERNAL')"
            " ORDER BY hashint4(id) LIMIT 2000"
        )
        close_connections()
    return [row.id for row in rows]


def loads_of(role: str, token: str, reads: Sequence[Workload], ids: Sequence[int]) -> Iterator[Workload]:
    """The reads with a token, and the same of the open product."""
    for read in reads:
        calls = [Call("GET", f"/insights/{key}") for key in ids] if read.name == "W1" else read.product
        known = [call._replace(token=token) for call in calls]
        yield replace(read, name=f"{read.name} {role}", product=known, limit=calls)


@click.command(help=__doc__.splitlines()[0] if __doc__ else None)
@click.option("--insights", default=20_000, show_default=True, type=click.IntRange(1000))
@click.option("--repeats", default=7, show_default=True, type=click.IntRange(1))
@click.option("--seconds", default=2.0, show_default=True, help="Of each server in each repeat of each workload.")
@click.option("--connections", default=8, show_default=True, type=click.IntRange(1, 100))
@click.option("--port", default=8700, show_default=True, help="The closed product's; the open one takes the next one.")
def main(insights: int, repeats: int, seconds: float, connections: int, port: int) -> None:
    with throwaway_servers() as settings:
        click.echo(f"Making {insights} insights ...", err=True)
        reads = [load for load in workloads(fill(owner_libpq(settings), insights)) if load.name in READS]
        ids, secrets = seen_by_a_viewer(settings), tokens(settings)
        loads = [load for role in ROLES for load in loads_of(role, secrets[role], reads, ids)]
        with both(settings, port) as (known, anybody):
            turns = take_turns(known, anybody, loads, repeats, seconds, connections)
    click.echo("\n".join(report(loads, turns)).replace("product", "known").replace("limit", "open"))
    if spread(turns["W1 admin"]).median < PROMISED:
        raise click.ClickException(f"a known caller's GET /insights/{{id}} is below {PROMISED} of the open one's")


if __name__ == "__main__":
    main()
