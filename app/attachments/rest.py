"""``/attachments``: files that insights show or offer."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import orjson
import structlog
from flask import Response, current_app, request, url_for
from werkzeug.datastructures import FileStorage

from app.attachments import examples
from app.attachments.commands.attaching import attach, refuse_unfit
from app.attachments.kinds import UNKNOWN, is_shown, markdown, name_in_address
from app.attachments.models import Attachment
from app.attachments.queries.seen import seen_attachment
from app.attachments.schemas import AttachmentAnswer, UploadSchema
from app.attachments.store import ObjectMissing, objects
from app.core.http.endpoint import Endpoints
from app.core.http.respond import versioned_answer
from app.core.http.security import POLICY_OF_DATA
from app.core.http.uploads import takes_files
from app.errors import NotFound
from app.identity.acting import current_actor
from app.identity.idempotency import once

api = Endpoints("attachments", __name__, description="Files that insights show or offer.")
LIMIT = "MAX_ATTACHMENT_BYTES"
# It never changes. Only the reader's own browser keeps it, for who may see it can change.
KEPT_BY_BROWSERS = "private, max-age=31536000, immutable"

log = structlog.get_logger(__name__)


@api.endpoint(
    "POST",
    "/attachments",
    AttachmentAnswer,
    status=HTTPStatus.CREATED,
    upload=UploadSchema,
    once=True,
    answer_example=examples.ATTACHMENT,
)
@takes_files(LIMIT)
def create(sent: dict[str, FileStorage]) -> Response:
    """Keep a file for insights to show or to link to.

    Until an insight mentions its `url`, it is its owner's and the editors'. One that none ever mentioned is deleted
    after 30 days.
    """
    name, content = sent["file"].filename or "", sent["file"].read()
    refuse_unfit(content, current_app.config[LIMIT])
    objects().keep(content)
    return once(lambda: _told(attach(name, content)))


@api.endpoint(
    "GET",
    "/attachments/<uuid:attachment_id>/<string:name>",
    {"type": "string", "format": "binary"},
    content_type=UNKNOWN,
)
def get(attachment_id: UUID, name: str) -> Response:
    """The bytes of a file, or a range of them.

    For its owner, and for whoever sees an insight that mentions it. Images are shown; whatever else it is comes as a
    download. The name in the address decides nothing.
    """
    stored = seen_attachment(current_actor().audience, attachment_id)
    response = _head(stored)
    response.make_conditional(request, accept_ranges=True, complete_length=stored.size)
    if response.status_code != HTTPStatus.NOT_MODIFIED:
        _give(response, stored)
    return response


def _head(stored: Any) -> Response:
    shown = is_shown(stored.media_type)
    response = Response(content_type=stored.media_type if shown else UNKNOWN)
    response.set_etag(stored.sha256.hex())
    response.headers["Cache-Control"] = KEPT_BY_BROWSERS
    response.headers["Content-Security-Policy"] = f"{POLICY_OF_DATA}; sandbox"
    response.headers.set("Content-Disposition", "inline" if shown else "attachment", **_file_name(stored.name))
    return response


def _file_name(name: str) -> dict[str, str]:
    """As RFC 6266 has it: of a name that isn't plain ASCII a plainer one besides, for programs that know no better."""
    if name.isascii():
        return {"filename": name}
    return {
        "filename": name_in_address(name).encode("ascii", "replace").decode(),
        "filename*": f"UTF-8''{quote(name, safe='')}",
    }


def _give(response: Response, stored: Any) -> None:
    """The bytes that the answer says it has; no more of them are read."""
    part = response.content_range
    start, stop = (part.start or 0, part.stop or 0) if part else (0, stored.size)
    response.content_length = stop - start
    if request.method == "HEAD":
        return
    try:
        response.response = objects().part(stored.sha256, start, stop)
    except ObjectMissing:
        log.exception("the bytes of an attachment are missing", attachment_id=str(stored.id))
        raise NotFound(f"The file of attachment {stored.id} is missing in the store.") from None


def _told(kept: Attachment) -> Response:
    address = url_for("attachments.get", attachment_id=kept.id, name=name_in_address(kept.name))
    answer = {
        "id": str(kept.id),
        "name": kept.name,
        "url": address,
        "markdown": markdown(kept.name, kept.media_type, address),
        "media_type": kept.media_type,
        "size": kept.size,
    }
    return versioned_answer(orjson.dumps(answer), 1, HTTPStatus.CREATED, address)
