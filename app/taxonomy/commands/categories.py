"""Categories are made, changed, moved and deleted here, and nowhere else."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, text, update

from app.audit.commands import Diff, changed, record, told
from app.core.db import OUT_OF_RANGE, refusing
from app.core.locking import lock, otherwise
from app.errors import DomainError, Refused
from app.extensions import db
from app.taxonomy.commands.deleting import Deleted, delete_row
from app.taxonomy.commands.naming import name_new, rename, with_slug
from app.taxonomy.commands.resolving import hold_categories
from app.taxonomy.models import Category


def create_category(values: Mapping[str, Any]) -> int:
    """Store a category (fields of `CategorySchema`; a slug is found for one without) and return its id."""
    name_new(Category, values["name"])
    values = with_slug(Category, _placed(values))
    with refusing(_refusals(values)):
        category_id = int(db.session.execute(insert(Category).values(**values).returning(Category.id)).scalar_one())
    record("category.create", category_id, values["name"], told(values))
    return category_id


def update_category(category_id: int, changes: Mapping[str, Any], expected_version: int | None = None) -> Diff:
    """Change the given fields; those that differed. A new ``parent_id`` moves the whole subtree. When nothing differs,
    nothing is written."""
    changes = _placed(changes)
    stored = lock(Category, category_id, expected_version, differs=otherwise(changes))
    if differing := changed(stored, changes):
        rename(Category, stored, changes.get("name", stored.name))
        with refusing(_refusals(changes)):
            db.session.execute(update(Category).where(Category.id == category_id).values(**changes))
        record("category.update", category_id, stored.name, differing)
    return differing


def standing(parent_id: int | None) -> int | None:
    """The parent or, when it was merged away, what it was merged into; it stays until the transaction ends."""
    return None if parent_id is None else hold_categories([parent_id]).get(parent_id, parent_id)


def _placed(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**values, "parent_id": standing(values["parent_id"])} if values.get("parent_id") is not None else values


def place_category(category_id: int, parent_id: int | None, expected_version: int | None = None) -> Category:
    """Move a category with all below it, for an act that the caller records; what it was before."""
    place = {"parent_id": parent_id}
    stored = lock(Category, category_id, expected_version, differs=otherwise(place))
    with refusing(_refusals(place)):
        db.session.execute(update(Category).where(Category.id == category_id).values(place))
    return stored


def delete_category(category_id: int, expected_version: int | None = None) -> Deleted:
    """Delete an empty category; what bringing it back needs. The lock keeps insights and children from moving in, so
    the numbers named are exact."""
    stored = lock(Category, category_id, expected_version, to_delete=True)
    held = db.session.execute(
        text(
            "SELECT (SELECT coalesce(sum(n), 0) FROM insight_cells WHERE category_id = :id) AS insights,"
            " (SELECT count(*) FROM categories WHERE parent_id = :id) AS children"
        ),
        {"id": category_id},
    ).one()
    if held.insights:
        raise _in_use(category_id, _counted(held.insights, "insight", "insights"))
    if held.children:
        raise _in_use(category_id, _counted(held.children, "child category", "child categories"))
    deleted = delete_row(Category, category_id)
    record("category.delete", category_id, stored.name)
    return deleted


def _refusals(values: Mapping[str, Any]) -> dict[str, DomainError]:
    name = Refused.because_of("name", f"A category named {values.get('name')!r} already exists.", "duplicate")
    slug = Refused.because_of("slug", f"A category with the slug {values.get('slug')!r} already exists.", "duplicate")
    parent_id = values.get("parent_id")
    cycle = Refused.because_of(
        "parent_id", f"Category {parent_id} is this category or lies below it, so it can't become its parent.", "cycle"
    )
    return {
        "uq_categories_name": name,
        "uq_categories_folded_name": name,
        "uq_categories_slug": slug,
        "fk_categories_parent_id": _unknown("parent_id", parent_id),
        "categories_no_cycle": cycle,
        OUT_OF_RANGE: _unknown("parent_id", parent_id),
    }


def _unknown(field: str, key: object) -> Refused:
    return Refused.because_of(field, f"{field}: category {key} does not exist.", "unknown_reference")


def _in_use(category_id: int, content: str) -> Refused:
    return Refused(f"Category {category_id} still holds {content}. Move or remove them first.")


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
