"""API tokens; of the secret only the last four characters are known."""

from collections.abc import Sequence
from typing import Any

from app.core.db import read_rows
from app.identity.naming import called

TOKENS = f"""
SELECT t.id, t.name, {called("u")} AS owner, u.kind, t.role, t.scopes, t.last4, t.created_at, t.expires_at,
       t.last_used_at, t.revoked_at,
       CASE WHEN t.revoked_at IS NOT NULL THEN 'revoked' WHEN t.expires_at <= now() THEN 'expired'
            WHEN u.disabled_at IS NOT NULL THEN 'disabled' ELSE 'good' END AS state
FROM api_tokens t JOIN users u ON u.id = t.user_id
WHERE t.user_id = :user_id OR CAST(:user_id AS integer) IS NULL
ORDER BY t.revoked_at IS NOT NULL, t.id DESC"""


def tokens(user_id: int | None) -> Sequence[Any]:
    """Rows of one user, or of everybody (None), newest first and the revoked ones last.

    Columns: id, name, owner (e-mail address or service name), kind, role, scopes, last4, created_at, expires_at,
    last_used_at, revoked_at, and state: good, revoked, expired, or disabled with its owner.
    """
    return read_rows(TOKENS, user_id=user_id)
