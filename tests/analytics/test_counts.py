"""Whatever writes, in whatever way: the counts are exact afterwards, folded or not."""

from collections.abc import Mapping
from decimal import Decimal

import psycopg
import pytest

from tests.analytics.ledger import CELLS, SECONDS, TAG_CELLS, USAGE, Ledger
from tests.analytics.paths import PATHS, Path

NAMES = {"1": "Incident", "2": "Testing", "3": "Docs"}


@pytest.mark.parametrize("folded", [False, True], ids=["pending", "folded"])
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_every_way_to_write_is_counted(path: Path, folded: bool, session: psycopg.Connection, ledger: Ledger) -> None:
    if folded:
        assert ledger.fold() > 0
    write(session, path)
    assert ledger.drift() == []
    assert ledger.shown() == expected(path)
    ledger.fold()
    assert (ledger.pending(), ledger.drift()) == (0, [])
    assert ledger.shown() == expected(path)


@pytest.mark.parametrize("path", [path for path in PATHS if isinstance(path.write, str)], ids=lambda path: path.name)
def test_what_is_rolled_back_is_not_counted(path: Path, session: psycopg.Connection, ledger: Ledger) -> None:
    with session.transaction(force_rollback=True):
        write(session, path)
    assert ledger.drift() == []
    assert ledger.shown() == (CELLS, SECONDS, TAG_CELLS, USAGE)


def write(session: psycopg.Connection, path: Path) -> None:
    if isinstance(path.write, str):
        session.execute(path.write.encode())
    else:
        path.write(session)


def expected(path: Path) -> tuple[object, ...]:
    tags = changed(TAG_CELLS, path.tags)
    usage = {name: 0 for name in USAGE if name not in path.gone}
    for key, count in tags.items():
        usage[NAMES[key.partition("/")[0]]] += int(count)
    return changed(CELLS, path.cells), changed(SECONDS, path.seconds), tags, usage


def changed(base: Mapping[str, int | Decimal], change: Mapping[str, int | Decimal]) -> dict[str, int | Decimal]:
    total = {key: base.get(key, 0) + change.get(key, 0) for key in {*base, *change}}
    return {key: count for key, count in total.items() if count}
