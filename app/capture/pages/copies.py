"""``/library/working-copies/{id}``: what the browser keeps here while somebody writes."""

from uuid import UUID

from flask import Blueprint, Response, request
from marshmallow import ValidationError
from werkzeug import Response as Redirect

from app.capture.commands.copies import drop_copy, keep_copy
from app.capture.queries.copies import copy_json
from app.capture.schemas import CopySchema
from app.core.db import transact
from app.core.fields import flatten
from app.core.http.body import read_json_body
from app.core.http.respond import JSON, no_content
from app.errors import Invalid
from app.identity.acting import current_actor
from app.identity.pages.notices import done

blueprint = Blueprint("working_copies", __name__)


@blueprint.get("/library/working-copies/<uuid:copy_id>")
def get(copy_id: UUID) -> Response:
    """One's own, as it was kept last."""
    return Response(copy_json(current_actor(), copy_id), headers={"Cache-Control": "no-store"}, content_type=JSON)


@blueprint.put("/library/working-copies/<uuid:copy_id>")
def keep(copy_id: UUID) -> dict[str, str]:
    """Keep what is typed; the answer says since when."""
    try:
        given = CopySchema().load(read_json_body(request))
    except ValidationError as error:
        raise Invalid.because(flatten(error.normalized_messages(), "body")) from error  # type: ignore[no-untyped-call]
    return {"saved_at": transact(keep_copy, copy_id, given)}


@blueprint.delete("/library/working-copies/<uuid:copy_id>")
def drop(copy_id: UUID) -> Response:
    """Forget it; one that isn't there is forgotten already."""
    transact(drop_copy, copy_id)
    return no_content()


@blueprint.post("/library/working-copies/<uuid:copy_id>/discard")
def discard(copy_id: UUID) -> Redirect:
    """The same by a form, and back to a new one, or to what is stored."""
    insight_id = transact(drop_copy, copy_id)
    return done(f"/library/{insight_id}/edit" if insight_id else "/library/new", "copy-discarded")
