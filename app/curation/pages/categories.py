"""``/library/categories``: the tree, and the care of it."""

import json
from collections.abc import Callable
from itertools import takewhile
from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug import Response

from app.core.db import transact
from app.curation.commands import changing
from app.curation.commands.merging_categories import CategoryMerge, merge_category, preview_category_merge
from app.curation.commands.moving_categories import CategoryMove, move_category, preview_category_move
from app.curation.pages.branches import opened
from app.curation.queries.suggestions import suggested_category_merges
from app.identity.acting import current_actor
from app.identity.pages.forms import Form
from app.identity.pages.notices import done
from app.taxonomy.commands.categories import create_category
from app.taxonomy.forms import (
    COLORS,
    ICONS,
    CategoryForm,
    CategoryMergeForm,
    MoveForm,
    NewCategoryForm,
    VersionForm,
)
from app.taxonomy.models import Category
from app.taxonomy.queries.categories import category_json, category_outline
from app.taxonomy.queries.vocabulary import aliases_of
from app.taxonomy.vocabulary import may_name, who_names

blueprint = Blueprint("category_pages", __name__)
OFFERED = {"colors": COLORS, "icons": ICONS}
MOST_SUGGESTIONS = 100
Affected = CategoryMerge | CategoryMove


@blueprint.get("/library/categories")
def show() -> Response:
    """The tree; ``?below=`` opens the form for a new category below one, ``?open=`` a branch of a large tree."""
    return _tree(Form(), request.args.get("below", type=int), request.args.get("open", type=int))


@blueprint.post("/library/categories")
def create() -> Response:
    """Make a category, at the top or below another one."""
    form = Form.sent(NewCategoryForm())
    with form:
        transact(create_category, form.load())
        return done(url_for(".show"), "category-created")
    return _tree(form, request.form.get("parent_id", type=int))


@blueprint.get("/library/categories/suggested-merges")
def suggestions() -> str:
    """Those that may be one and the same."""
    found = suggested_category_merges(current_actor().audience, limit=MOST_SUGGESTIONS)
    return render_template("taxonomy/category_suggestions.html", suggestions=found)


@blueprint.get("/library/categories/<int:category_id>")
def show_one(category_id: int) -> Response:
    """One of them, to be changed, moved, merged or deleted."""
    return _one(Form(), category_id)


@blueprint.post("/library/categories/<int:category_id>")
def change(category_id: int) -> Response:
    """Change its name, description, colour and icon."""
    form = Form.sent(CategoryForm())
    with form:
        given = form.load()
        receipt_id = transact(changing.change, Category, category_id, given, given.pop("version"))
        return done(url_for(".show"), "category-changed" if receipt_id else "unchanged", receipt=receipt_id)
    return _one(form, category_id)


@blueprint.post("/library/categories/<int:category_id>/move")
def move(category_id: int) -> Response | str:
    """Move it with all below it: first what that takes along, then, confirmed, the move."""
    return _looked_at_first(
        category_id, "move", Form.sent(MoveForm()), "parent_id", preview_category_move, move_category
    )


@blueprint.post("/library/categories/<int:category_id>/merge")
def merge(category_id: int) -> Response | str:
    """Merge it into another one: first how much that affects, then, confirmed, the merge."""
    form = Form.sent(CategoryMergeForm())
    return _looked_at_first(category_id, "merge", form, "into", preview_category_merge, merge_category)


@blueprint.post("/library/categories/<int:category_id>/delete")
def delete(category_id: int) -> Response:
    """Delete it, as it was shown, when nothing is in it."""
    form = Form.sent(VersionForm())
    with form:
        receipt_id = transact(changing.delete, Category, category_id, form.load()["version"])
        return done(url_for(".show"), "category-deleted", receipt=receipt_id)
    return _one(form, category_id)


def _looked_at_first(
    category_id: int, act: str, form: Form, field: str, preview: Callable[..., Affected], do: Callable[..., Affected]
) -> Response | str:
    """Show what an act with another category (the form's ``field``) affects; do it when that is confirmed."""
    with form:
        given = form.load()
        affected = transact(do if given["confirmed"] else preview, category_id, given[field], given["version"])
        if affected.receipt_id:
            return done(url_for(".show"), f"category-{act}d", receipt=affected.receipt_id)
        other = _category(given[field]) if given[field] is not None else None
        stored = _category(category_id)
        return render_template(f"taxonomy/category_{act}.html", category=stored, other=other, affected=affected)
    return _one(form, category_id)


def _tree(form: Form, below: int | None, branch: int | None = None) -> Response:
    outline = category_outline(current_actor().audience)
    below = below if below in {each["id"] for each in outline} else None
    return form.page(
        "taxonomy/categories.html",
        total=len(outline),
        outline=opened(outline, below or branch),
        below=below,
        may_name=may_name(),
        **OFFERED,
    )


def _one(form: Form, category_id: int) -> Response:
    """A form that was refused keeps what was typed, and takes the version that is stored now."""
    stored = _category(category_id)
    typed = form.typed if isinstance(form.schema, CategoryForm) else {}
    cleared = dict.fromkeys(("description", "color", "icon")) if typed else {}
    outline = category_outline(current_actor().audience)
    return form.page(
        "taxonomy/category.html",
        category=stored,
        shown=stored | cleared | typed | {"version": stored["version"]},
        aliases=aliases_of(Category, category_id),
        outline=outline,
        below=_subtree(outline, category_id),
        may_name=may_name(),
        who_names=who_names(),
        **OFFERED,
    )


def _subtree(outline: list[dict[str, Any]], category_id: int) -> set[int]:
    """The ids of a category and all below it: what follows it and lies deeper."""
    start = next((place for place, each in enumerate(outline) if each["id"] == category_id), len(outline))
    below = takewhile(lambda each: each["depth"] > outline[start]["depth"], outline[start + 1 :])
    return {category_id, *(each["id"] for each in below)}


def _category(category_id: int) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(category_json(current_actor().audience, category_id).body)
    return stored
