"""``/audit``."""

from typing import Any

from flask import Response, request, url_for

from app.audit import examples
from app.audit.queries import AuditFilter, audit_json
from app.audit.schemas import AuditFilterSchema, AuditPage
from app.core.http.endpoint import Endpoints
from app.core.http.respond import json_answer

api = Endpoints("audit", __name__, description="Who did what, and who was denied it.")


@api.endpoint(
    "GET",
    "/audit",
    AuditPage,
    query=AuditFilterSchema,
    answer_example=examples.PAGE,
    page=lambda _: f"{url_for('audit_log.log')}?{request.query_string.decode()}".rstrip("?"),
)
def list_entries(arguments: dict[str, Any]) -> Response:
    """A page of the audit log, newest first.

    For administrators. Entries are kept for six months and can't be changed.
    """
    return json_answer(audit_json(AuditFilter.of(arguments), arguments["page"], arguments["page_size"]))
