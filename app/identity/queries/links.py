"""One-time links that were given out."""

from app.core.db import read_rows

LATELY = """
SELECT 1 FROM one_time_links
WHERE user_id = :user_id AND purpose = 'reset' AND created_at > now() - interval '2 minutes' LIMIT 1"""


def was_mailed_lately(user_id: int) -> bool:
    """Whether somebody got a link for a new password a moment ago: no stranger can fill a mailbox."""
    return bool(read_rows(LATELY, user_id=user_id))
