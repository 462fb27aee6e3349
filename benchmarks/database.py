"""Real servers of a benchmark's own, in a temporary folder."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app import create_app
from app.config import Settings, load_settings
from app.core.migrations import upgrade
from app.embedded import running_servers


@contextmanager
def throwaway_servers() -> Iterator[Settings]:
    """Settings that name them, with an up-to-date schema."""
    with (
        tempfile.TemporaryDirectory(prefix="insights-bench-") as folder,
        running_servers(load_settings({}, instance=Path(folder))) as settings,
    ):
        upgrade(create_app(settings))
        yield settings


def libpq(settings: Settings) -> str:
    """The database's address as psycopg wants it, for the application's role."""
    return str(settings.database_url).replace("+psycopg", "", 1)


def owner_libpq(settings: Settings) -> str:
    """The same for the role that may change the schema."""
    return str(settings.database_owner_url).replace("+psycopg", "", 1)
