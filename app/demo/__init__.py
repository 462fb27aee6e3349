"""The example insights of a new installation."""

from pathlib import Path

import yaml

from app.core.db import read_rows, transact
from app.exchange.commands import import_batch
from app.exchange.formats.markdown import MarkdownReader
from app.exchange.mapping import Names
from app.exchange.rows import Defaults, row_of
from app.taxonomy.commands.categories import create_category
from app.taxonomy.seeds import create_missing, write_standard_taxonomy

FOLDER = Path(__file__).parent


def seed_demo() -> None:
    """Write the standard categories and tags and the examples, all or nothing, into an installation without insights.

    Where there is an insight already it does nothing: what people changed or deleted of an earlier run stays so.
    """
    if not _has_insights():
        transact(_write)


def _write() -> None:
    write_standard_taxonomy()
    for category in yaml.safe_load((FOLDER / "categories.yaml").read_text(encoding="utf-8")):
        _create_below_parent(category)
    import_batch([row_of(record, Names(), Defaults()) for record in MarkdownReader(FOLDER / "insights")])


def _create_below_parent(category: dict[str, str]) -> None:
    name = category.pop("parent")
    [parent] = read_rows("SELECT id FROM categories WHERE folded(name) = folded(:name)", name=name)
    create_missing("categories", [category], lambda values: create_category({**values, "parent_id": parent.id}))


def _has_insights() -> bool:
    return bool(read_rows("SELECT 1 FROM insights LIMIT 1"))
