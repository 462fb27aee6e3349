"""Where a person is signed in."""

from collections.abc import Sequence
from typing import Any

from app.core.db import read_rows

DEVICES = """
SELECT id, host(ip) AS ip, user_agent, signed_in_with, created_at, last_seen_at FROM sessions
WHERE user_id = :user_id AND expires_at > now() AND last_seen_at > now() - make_interval(hours => :idle_hours)
ORDER BY last_seen_at DESC, id DESC"""


def devices(user_id: int, idle_hours: int) -> Sequence[Any]:
    """Rows (id, ip, user_agent, signed_in_with, created_at, last_seen_at), the last one seen first; without those
    that were idle for so many hours, as they are signed out."""
    return read_rows(DEVICES, user_id=user_id, idle_hours=idle_hours)
