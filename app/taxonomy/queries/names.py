"""From names that people type to ids."""

from collections.abc import Sequence

from app.core.db import read_rows
from app.taxonomy.models import Category, Tag

NAMED = """
SELECT wanted.name, stored.id FROM unnest(CAST(:names AS text[])) AS wanted(name)
JOIN {table} stored ON folded(stored.name) = folded(wanted.name)"""


def ids_named(kind: type[Category] | type[Tag], names: Sequence[str]) -> dict[str, int]:
    """The id for each name that is known, regardless of case and accents."""
    rows = read_rows(NAMED.format(table=kind.__tablename__), names=list(names))
    return {row.name: row.id for row in rows}
