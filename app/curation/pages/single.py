"""``/library/{id}-{slug}``: publish, archive and trash what is shown."""

import json

from flask import Blueprint
from werkzeug import Response

from app.core.db import transact
from app.core.http.pages import insight_path
from app.curation.commands.single import change_one
from app.curation.models import Action
from app.identity.acting import current_actor
from app.identity.pages.forms import Form
from app.identity.pages.notices import done
from app.insights.queries.item import insight_json
from app.insights.schemas import VersionForm

blueprint = Blueprint("single", __name__)
INSIGHT = "/library/<named:insight_id>"


@blueprint.post(f"{INSIGHT}/publish")
def publish(insight_id: int) -> Response:
    """Publish it."""
    return _act(insight_id, Action.PUBLISH, "published")


@blueprint.post(f"{INSIGHT}/archive")
def archive(insight_id: int) -> Response:
    """Archive it."""
    return _act(insight_id, Action.ARCHIVE, "archived")


@blueprint.post(f"{INSIGHT}/trash")
def trash(insight_id: int) -> Response:
    """Move it into the trash; the page after that is the library's."""
    return _act(insight_id, Action.TRASH, "trashed")


def _act(insight_id: int, action: Action, code: str) -> Response:
    """Do it at once: it can be undone. What was changed meanwhile is asked about."""
    form = Form.sent(VersionForm())
    stored = json.loads(insight_json(current_actor().audience, insight_id).body)
    with form:
        receipt_id = transact(change_one, insight_id, action, form.load()["version"])
        path = "/library" if action is Action.TRASH else insight_path(stored)
        return done(path, code if receipt_id else "unchanged", receipt=receipt_id)
    return form.page("insights/act.html", insight=stored, action=action.value)
