"""The web server: granian, in a process of its own that the supervisor starts (``python -m app.web``).

The application is loaded once, here, and granian's workers are forked from this process: they start at once and share
its memory. The schema is brought up to date, and the demo rows are written, before they are.
"""

import functools
import gc
import multiprocessing
import os
import signal
import sys

import click
from flask import Flask
from granian.constants import Interfaces, Loops
from granian.errors import FatalError
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels
from granian.server import Server

from app.config import Settings, load_settings
from app.embedded.process import die_with_parent
from app.errors import DomainError, explained
from app.identity.acting import acting
from app.identity.actor import UPKEEP

MOST_WORKERS = 4
MOST_HEADER_BYTES = 64 * 1024
STOP_TIMEOUT = 1


@functools.cache
def application() -> Flask:
    """This process' application; a forked worker has its parent's, a spawned one (macOS) makes its own."""
    from app import create_app

    return create_app(load_settings())


def worker_application() -> Flask:
    """What each worker serves. It ends with this server, so that none is left holding the port."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        die_with_parent(parent.pid, signal.SIGKILL)
    return application()


def prepare(app: Flask, settings: Settings, demo: bool) -> None:
    """Bring the schema up to date, write the demo rows, offer the first administrator: what is done already is left."""
    from app.core.db import close_connections
    from app.core.migrations import upgrade

    upgrade(app)
    with app.app_context():
        with acting(UPKEEP):
            if demo:
                from app.demo import seed_demo

                seed_demo()
            if not settings.open_access:
                offer_first_administrator(settings)
        # A connection must not be shared with the workers that are forked next.
        close_connections()
    # What is there now stays shared with the workers: a collection would write to every page of it.
    gc.collect()
    gc.freeze()


def offer_first_administrator(settings: Settings) -> None:
    """Say where the first administrator is made, for as long as there is none: there is no default password."""
    from app.core.db import transact
    from app.identity.commands.links import first_administrator_link

    if secret := transact(first_administrator_link):
        click.echo(f"Create the administrator (once, within 24 hours): {settings.address}/links/{secret}")


def worker_count(settings: Settings) -> int:
    return settings.web_workers or min(_processors(), MOST_WORKERS)


def serve(settings: Settings) -> None:
    Server(
        "app.web:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=worker_count(settings),
        blocking_threads=settings.web_threads,
        loop=Loops.asyncio,
        # Backpressure keeps its default: it counts idle connections too, and a low one would lock people out.
        websockets=False,
        # Of the head of a request; a larger one is answered 431.
        http1_settings=HTTP1Settings(max_buffer_size=MOST_HEADER_BYTES),
        http2_settings=HTTP2Settings(max_headers_size=MOST_HEADER_BYTES),
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_TIMEOUT,
    ).serve(target_loader=worker_application, wrap_loader=False)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):  # Linux: the processors that this process may use
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def main(demo: bool) -> None:
    settings = load_settings()
    try:
        prepare(application(), settings, demo)
    except DomainError as error:
        raise SystemExit(explained(error)) from error
    try:
        serve(settings)
    except FatalError as error:
        raise SystemExit(1) from error


if __name__ == "__main__":
    main(demo="--demo" in sys.argv[1:])
