"""``/me``."""

import orjson
from flask import Response

from app.core.http.endpoint import Endpoints
from app.core.http.respond import json_answer
from app.errors import Unauthenticated
from app.identity.acting import current_actor
from app.identity.guard import unknown_credential, unknown_credential_counts
from app.identity.schemas import MeAnswer

api = Endpoints("identity", __name__, description="Who the caller is.")
EXAMPLE = {
    "kind": "person",
    "name": "ada@example.org",
    "role": "contributor",
    "permissions": ["account:manage", "insights:read", "insights:write", "known"],
    "scopes": [],
    "user_id": 3,
    "visibilities": ["INTERNAL", "PUBLIC"],
    "every_draft": False,
}


@api.endpoint("GET", "/me", MeAnswer, answer_example=EXAMPLE, guarded=False)
def me() -> Response:
    """Who the caller is.

    What the caller may do and see, by the credentials that were sent; without any, as `anonymous`. Credentials that are
    no good are refused.
    """
    if unknown_credential_counts():
        raise Unauthenticated.by(unknown_credential() or "")
    actor = current_actor()
    known = {
        "kind": actor.kind,
        "name": actor.name,
        "role": actor.role,
        "permissions": sorted(actor.permissions),
        "scopes": sorted(actor.scopes),
        "user_id": actor.user_id,
        "visibilities": sorted(actor.audience.visibilities),
        "every_draft": actor.audience.every_draft,
    }
    return json_answer(orjson.dumps(known))
