"""Users: people and services."""

from typing import Any

from app.core.db import read_json, read_rows
from app.errors import NotFound
from app.identity.naming import called

LIST = """
SELECT coalesce(json_agg(json_build_object(
    'id', u.id, 'kind', u.kind, 'email', u.email, 'name', u.name, 'role', u.role,
    'disabled', u.disabled_at IS NOT NULL, 'second_factor', u.totp_secret IS NOT NULL,
    'last_seen_at', iso_utc(u.last_seen_at), 'created_at', iso_utc(u.created_at),
    'tokens', coalesce(t.good, 0)) ORDER BY u.kind, folded(u.name), u.id), '[]')::text
FROM users u
LEFT JOIN (SELECT user_id, count(*) AS good FROM api_tokens
           WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
           GROUP BY user_id) t ON t.user_id = u.id"""

ONE = f"""
SELECT id, kind, email, name, {called("users")} AS called, role, disabled_at, version, created_at,
       password_hash IS NOT NULL AS has_password,
       totp_secret IS NOT NULL AS second_factor,
       (SELECT count(*) FROM recovery_codes WHERE user_id = users.id) AS recovery_codes
FROM users WHERE """


def users_json() -> bytes:
    """Everybody as a JSON array, people by name and then services; ``tokens`` counts those that are good."""
    return read_json(LIST) or b"[]"


def user(user_id: int) -> Any:
    """A row with id, kind, email, name, role, disabled_at, version, created_at, has_password, second_factor and
    recovery_codes (how many are left); `NotFound` when there is none."""
    rows = read_rows(ONE + "id = CAST(:user_id AS numeric)", user_id=user_id)
    if not rows:
        raise NotFound.of("User", user_id)
    return rows[0]


def person_with_email(email: str) -> Any:
    """The same for a person by e-mail address, regardless of case; None when nobody has it."""
    rows = read_rows(ONE + "lower(email) = lower(:email)", email=email.strip())
    return rows[0] if rows else None


def known_person(email: str) -> Any:
    """The same, or `NotFound`."""
    person = person_with_email(email)
    if person is None:
        raise NotFound(f"Nobody has the e-mail address {email}.")
    return person
