"""``/admin/audit``: the log for people."""

import json

from flask import Blueprint, render_template

from app.audit.models import OUTCOMES
from app.audit.queries import AuditFilter, audit_json
from app.audit.schemas import AuditFilterSchema
from app.core.http.filters import given_filters

blueprint = Blueprint("audit_log", __name__)


@blueprint.get("/admin/audit")
def log() -> str:
    """The log with its filters; a wrong one is named beside its field and left out."""
    arguments, errors, typed = given_filters(AuditFilterSchema())
    found = audit_json(AuditFilter.of(arguments), arguments["page"], arguments["page_size"])
    return render_template("audit/log.html", result=json.loads(found), filters=typed, errors=errors, outcomes=OUTCOMES)
