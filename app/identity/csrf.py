"""The word that a form repeats to show that it is ours: another site can send our cookie along, but not read this."""

import hmac
from hashlib import sha256
from uuid import UUID

from flask import g, request

from app.identity.encryption import derived_key

FIELD, HEADER = "csrf_token", "X-CSRF-Token"


def csrf_token() -> str:
    """The word for the forms of this session, the same for as long as it lasts; empty without one."""
    caller = g.get("signed_in_caller")
    return _word(caller.session_id) if caller else ""


def form_is_ours() -> bool:
    """Whether the form (or script) that sent this request repeated the word."""
    given = request.headers.get(HEADER) or request.form.get(FIELD, "")
    return hmac.compare_digest(csrf_token().encode(), given.encode("utf-8", "replace"))


def _word(session_id: UUID) -> str:
    return hmac.new(derived_key("words in forms"), session_id.bytes, sha256).hexdigest()
