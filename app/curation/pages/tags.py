"""``/library/tags``: the cloud, the table, and the care of tags."""

import json
from typing import Any

from flask import Blueprint, render_template, url_for
from werkzeug import Response

from app.core.db import transact
from app.core.fields import Message
from app.core.http.filters import given_filters
from app.curation.commands import changing
from app.curation.commands.merging_tags import TagMerge, merge_tag, preview_tag_merge
from app.curation.queries.suggestions import suggested_tag_merges
from app.errors import FieldError, Invalid
from app.identity.acting import current_actor
from app.identity.pages.forms import Form
from app.identity.pages.notices import done
from app.taxonomy.commands.tags import create_tag
from app.taxonomy.forms import COLORS, ConfirmedForm, NewTagForm, TagForm, TagMergeForm, TagTableForm
from app.taxonomy.models import Tag
from app.taxonomy.queries.names import ids_named
from app.taxonomy.queries.tags import most_used_tags_json, tag_json
from app.taxonomy.queries.vocabulary import aliases_of, other_names, tag_table_json
from app.taxonomy.vocabulary import may_name, who_names

blueprint = Blueprint("tag_pages", __name__)
IN_CLOUD = 60
ON_PAGE = 50
MOST_OFFERED = 1_000
MOST_SUGGESTIONS = 100


@blueprint.get("/library/tags")
def show() -> Response:
    """The cloud of the most used, and a table of all."""
    return _table(Form())


@blueprint.post("/library/tags")
def create() -> Response:
    """Make a tag."""
    form = Form.sent(NewTagForm())
    with form:
        transact(create_tag, form.load())
        return done(url_for(".show"), "tag-created")
    return _table(form)


@blueprint.get("/library/tags/suggested-merges")
def suggestions() -> str:
    """Those that may be one and the same."""
    found = suggested_tag_merges(current_actor().audience, limit=MOST_SUGGESTIONS)
    return render_template("taxonomy/tag_suggestions.html", suggestions=found)


@blueprint.get("/library/tags/<int:tag_id>")
def show_one(tag_id: int) -> Response:
    """One of them, to be changed, merged or deleted."""
    return _one(Form(), tag_id)


@blueprint.post("/library/tags/<int:tag_id>")
def change(tag_id: int) -> Response:
    """Change its name, description and colour."""
    form = Form.sent(TagForm())
    with form:
        given = form.load()
        receipt_id = transact(changing.change, Tag, tag_id, given, given.pop("version"))
        return done(url_for(".show"), "tag-changed" if receipt_id else "unchanged", receipt=receipt_id)
    return _one(form, tag_id)


@blueprint.post("/library/tags/<int:tag_id>/merge")
def merge(tag_id: int) -> Response | str:
    """Merge it into another one: first how many insights that affects, then, confirmed, the merge."""
    form = Form.sent(TagMergeForm())
    with form:
        given = form.load()
        into = _named(given["into"])
        act = merge_tag if given["confirmed"] else preview_tag_merge
        merged: TagMerge = transact(act, tag_id, into, given["version"])
        if merged.receipt_id:
            return done(url_for(".show"), "tag-merged", receipt=merged.receipt_id)
        return _confirm("taxonomy/tag_merge.html", tag_id, into=_tag(into), affected=merged)
    return _one(form, tag_id)


@blueprint.post("/library/tags/<int:tag_id>/delete")
def delete(tag_id: int) -> Response | str:
    """Delete it, as it was shown: first how many insights lose it."""
    form = Form.sent(ConfirmedForm())
    with form:
        given = form.load()
        if not given["confirmed"]:
            return _confirm("taxonomy/tag_delete.html", tag_id)
        receipt_id = transact(changing.delete, Tag, tag_id, given["version"])
        return done(url_for(".show"), "tag-deleted", receipt=receipt_id)
    return _one(form, tag_id)


def _table(form: Form) -> Response:
    arguments, errors, typed = given_filters(TagTableForm())
    audience = current_actor().audience
    skip = (arguments["page"] - 1) * ON_PAGE
    return form.page(
        "taxonomy/tags.html",
        cloud=json.loads(most_used_tags_json(audience, IN_CLOUD)),
        found=json.loads(tag_table_json(audience, arguments["q"], arguments["sort"], skip, ON_PAGE)),
        filters=typed | arguments,
        errors=errors,
        on_page=ON_PAGE,
        may_name=may_name(),
    )


def _one(form: Form, tag_id: int) -> Response:
    """A form that was refused keeps what was typed, and takes the version that is stored now."""
    stored = _tag(tag_id)
    typed = form.typed if isinstance(form.schema, TagForm) else {}
    cleared = dict.fromkeys(("description", "color")) if typed else {}
    return form.page(
        "taxonomy/tag.html",
        tag=stored,
        shown=stored | cleared | typed | {"version": stored["version"]},
        aliases=aliases_of(Tag, tag_id),
        others=other_names(Tag, tag_id, MOST_OFFERED),
        colors=COLORS,
        may_name=may_name(),
        who_names=who_names(),
    )


def _confirm(template: str, tag_id: int, **values: object) -> str:
    return render_template(template, tag=_tag(tag_id), **values)


def _named(name: str) -> int:
    """The tag with the name, or the one that it was merged into."""
    found = ids_named(Tag, [name])
    if name not in found:
        raise Invalid.because([FieldError(("into",), Message("is the name of no tag", "unknown_name"))])
    return found[name]


def _tag(tag_id: int) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(tag_json(current_actor().audience, tag_id).body)
    return stored
