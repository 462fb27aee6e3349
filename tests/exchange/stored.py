"""What is stored, and what an export of it says."""

import io
from pathlib import Path

from app.core.db import read_rows
from app.exchange.formats.csv import write_csv
from app.exchange.formats.json import write_json
from app.exchange.formats.markdown import write_markdown
from app.exchange.importing import Options, Report, run_import
from app.exchange.queries import exported
from app.exchange.records import Reader
from app.identity.audience import EVERYTHING
from app.search.queries.wanted import Search


def imported(reader: Reader, **options: object) -> tuple[Report, list[str]]:
    """The report of an import, and what was told about each row."""
    told: list[str] = []

    def tell(outcome, position: int) -> None:
        told.append(f"{outcome.row.place} {outcome.what} {outcome.row.label}".rstrip())
        told.extend(f"error {problem}" for problem in outcome.row.problems)
        told.extend(f"warning {warning}" for warning in outcome.row.warnings)

    return run_import(reader, Options(**options), tell), told


def versions() -> dict[str | None, int]:
    """The version of each insight, by external key."""
    return {
        row.external_key: row.version for row in read_rows("SELECT external_key, version FROM insights ORDER BY id")
    }


def numbers() -> tuple[int, int, int]:
    """How many insights, tags and categories there are."""
    [row] = read_rows(
        "SELECT (SELECT count(*) FROM insights) AS insights, (SELECT count(*) FROM tags) AS tags,"
        " (SELECT count(*) FROM categories) AS categories"
    )
    return tuple(row)


def as_json(**wanted: object) -> str:
    write_json(exported(EVERYTHING, Search.of(wanted)), output := io.StringIO(newline=""))
    return output.getvalue()


def as_csv(**wanted: object) -> str:
    write_csv(exported(EVERYTHING, Search.of(wanted)), output := io.StringIO(newline=""))
    return output.getvalue()


def as_markdown(folder: Path) -> dict[str, bytes]:
    write_markdown(exported(EVERYTHING, Search()), folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}
