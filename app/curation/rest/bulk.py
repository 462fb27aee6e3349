"""``/insights/bulk``."""

import json
from typing import Any

from flask import Response, url_for

from app.core.http.endpoint import Endpoints
from app.core.http.respond import json_answer
from app.curation import examples
from app.curation.commands.bulk import change_many, preview
from app.curation.schemas import BulkAnswer, BulkSchema
from app.identity.idempotency import once

api = Endpoints("bulk", __name__, description="One act on many insights, and the way back.")


@api.endpoint(
    "POST",
    "/insights/bulk",
    BulkAnswer,
    body=BulkSchema,
    refuses=True,
    once=True,
    body_example=examples.BULK,
    answer_example=examples.BULK_DONE,
)
def change(arguments: dict[str, Any]) -> Response:
    """Do one thing to many insights.

    All of it happens, or nothing. `preview` tells what would happen. Insights that the caller may not change are left
    out and listed. The receipt undoes the whole act in one call.
    """

    def command() -> Response:
        done = preview(arguments) if arguments["preview"] else _changed(arguments)
        return json_answer(json.dumps(done, default=str).encode())  # orjson refuses an id beyond 64 bits

    return once(command)


def _changed(arguments: dict[str, Any]) -> dict[str, Any]:
    done = change_many(arguments)
    return {**done, "undo": done["receipt_id"] and url_for("receipts.undo", receipt_id=done["receipt_id"])}
