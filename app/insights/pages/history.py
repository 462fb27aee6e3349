"""``/library/{id}-{slug}/history``: what an insight was before, who changed it, and the way back."""

import json
from typing import Any

from flask import Blueprint, render_template
from werkzeug import Response

from app.core.db import transact
from app.core.http.filters import given_filters
from app.core.http.pages import insight_path
from app.errors import NotFound
from app.identity.acting import current_actor
from app.identity.pages.forms import Form
from app.identity.pages.notices import done
from app.insights.commands.reverting import REVERTED, revert_insight
from app.insights.marked import marked_diff, marked_words
from app.insights.queries.changing import may_change_now
from app.insights.queries.item import insight_json
from app.insights.queries.revisions import diff_json, revision_json, revisions_json
from app.insights.schemas import ComparisonSchema, PageSchema, RevertForm

blueprint = Blueprint("history", __name__)
HISTORY = "/library/<named:insight_id>/history"
REVISION = f"{HISTORY}/<int:number>"
PAGE_SIZE = 50
TEXTS = frozenset({"description", "content"})
LINES = frozenset({"title", "source", "author", "external_key"})
# What an insight was captured with, as people read it.
CAPTURED = (
    *("title", "description", "content", "category", "tags", "author", "source"),
    *("priority", "status", "visibility", "metadata"),
)


@blueprint.get(HISTORY)
def show(insight_id: int) -> str:
    """Every revision that the reader sees, the newest first."""
    arguments, _, _ = given_filters(PageSchema(exclude=("limit", "offset", "page_size")))
    revisions = _revisions(insight_id)
    page = arguments["page"]
    shown = revisions[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    result = {"total": len(revisions), "page": page, "page_size": PAGE_SIZE}
    newest = revisions[0]["number"]
    head = _insight(insight_id)
    return render_template("insights/history.html", **head, revisions=shown, result=result, newest_number=newest)


@blueprint.get(REVISION)
def show_one(insight_id: int, number: int) -> str:
    """What a revision changed, or with ``?against=`` what differs between it and another one."""
    arguments, _, _ = given_filters(ComparisonSchema())
    revisions = _revisions(insight_id)
    revision = _numbered(revisions, insight_id, number)
    other = arguments.get("against")
    if other is None:
        told = json.loads(revision_json(current_actor(), insight_id, number))
        changes = told["changes"] if number > 1 else _captured(told["insight"])
    else:
        earlier, later = sorted((number, other))
        changes = json.loads(diff_json(current_actor(), insight_id, earlier, later))["changes"]
    return render_template(
        "insights/revision.html",
        **_insight(insight_id),
        revision=revision,
        other=None if other is None else _numbered(revisions, insight_id, other),
        around=_around(revisions, number),
        newest=revisions[0]["number"],
        changes=_marked(changes),
        view=arguments["view"],
    )


@blueprint.get(f"{REVISION}/restore")
def ask_to_restore(insight_id: int, number: int) -> Response:
    """What would change."""
    return _asked(Form(), insight_id, number)


@blueprint.post(f"{REVISION}/restore")
def restore(insight_id: int, number: int) -> Response:
    """Give the insight back what it had."""
    form = Form.sent(RevertForm())
    with form:
        given = form.load()
        changed = transact(revert_insight, insight_id, number, given["version"], given.get("message"))
        path = insight_path(_insight(insight_id)["insight"])
        return done(path, "reverted" if changed else "unchanged")
    return _asked(form, insight_id, number)


def _asked(form: Form, insight_id: int, number: int) -> Response:
    """A form that was refused is shown with what is stored now."""
    revisions = _revisions(insight_id)
    revision = _numbered(revisions, insight_id, number)
    differing = json.loads(diff_json(current_actor(), insight_id, revisions[0]["number"], number))["changes"]
    changes = _marked([change for change in differing if change["field"] in REVERTED])
    return form.page("insights/restore.html", **_insight(insight_id), revision=revision, changes=changes, view="inline")


def _insight(insight_id: int) -> dict[str, Any]:
    """What the head of each of these pages shows."""
    actor = current_actor()
    insight = json.loads(insight_json(actor.audience, insight_id).body)
    return {"insight": insight, "may_change": may_change_now(actor, insight_id, insight["status"])}


def _revisions(insight_id: int) -> list[dict[str, Any]]:
    """Newest first."""
    found: list[dict[str, Any]] = json.loads(revisions_json(current_actor(), insight_id))["revisions"]
    return found[::-1]


def _numbered(revisions: list[dict[str, Any]], insight_id: int, number: int) -> dict[str, Any]:
    for revision in revisions:
        if revision["number"] == number:
            return revision
    raise NotFound(f"Insight {insight_id} has no revision {number}.")


def _around(revisions: list[dict[str, Any]], number: int) -> tuple[int | None, int | None]:
    """The numbers of the revisions before and after one."""
    numbers = [revision["number"] for revision in revisions]
    place = numbers.index(number)
    return (
        numbers[place + 1] if place + 1 < len(numbers) else None,
        numbers[place - 1] if place else None,
    )


def _captured(insight: dict[str, Any]) -> list[dict[str, Any]]:
    """The first revision as changes of what there was not: each field that has something."""
    return [
        {"field": field, "before": None, "after": insight[field], "first": True} for field in CAPTURED if insight[field]
    ]


def _marked(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The changes with their words marked: ``hunks`` of long texts, ``words`` of short ones."""
    return [{**change, **_marks(change)} for change in changes]


def _marks(change: dict[str, Any]) -> dict[str, Any]:
    before, after = change["before"], change["after"]
    if change.get("withheld"):
        return {}
    if change["field"] in TEXTS:
        return {"hunks": marked_diff(before or "", after or "")}
    if change["field"] in LINES and before and after:
        return {"words": marked_words(before, after)}
    return _differing(before or {}, after) if change["field"] == "metadata" else {}


def _differing(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The members that are not the same."""
    same = {name for name in before.keys() & after.keys() if before[name] == after[name]}
    sides = {"before": before, "after": after}
    return {side: {name: value for name, value in has.items() if name not in same} for side, has in sides.items()}
