"""The example insights of a new installation."""

from pathlib import Path

import yaml

from app.core.db import read_rows, transact
from app.exchange.commands import import_batch
from app.exchange.formats.markdown import MarkdownReader
from app.exchange.mapping import Names
from app.exchange.rows import Defaults, row_of
from app.taxonomy.commands.categories import create_category
from app.taxonomy.models import Category
from app.taxonomy.seeds import category_in_place_of, create_missing, write_standard_taxonomy

FOLDER = Path(__file__).parent


# Deleting insights doesn't take back the ids that they used.
USED = "SELECT is_called OR EXISTS (SELECT FROM insights) AS used FROM insights_id_seq"


def seed_demo() -> None:
    """Write the standard categories and tags and the examples, all or nothing, into an installation that is new.

    Where there ever was an insight it does nothing: what people changed or deleted of an earlier run stays so, even
    when nothing is left of it. An import that was only tried out uses ids too, and counts.
    """
    if not read_rows(USED)[0].used:
        transact(_write)


def _write() -> None:
    write_standard_taxonomy()
    for category in yaml.safe_load((FOLDER / "categories.yaml").read_text(encoding="utf-8")):
        _create_below_parent(category)
    import_batch([row_of(record, Names(), Defaults()) for record in MarkdownReader(FOLDER / "insights")])


def _create_below_parent(category: dict[str, str]) -> None:
    """Below whatever people made of its parent; at the top when nothing is left of that."""
    parent_id = category_in_place_of(category.pop("parent"))
    create_missing(Category, [category], lambda values: create_category({**values, "parent_id": parent_id}))
