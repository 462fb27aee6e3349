"""One-time links that were given out."""

from app.core.db import read_rows

LATELY = """
SELECT 1 FROM one_time_links
WHERE user_id = :user_id AND purpose = 'reset' AND created_at > now() - interval '2 minutes' LIMIT 1"""


def reset_lately(user_id: int) -> bool:
    """Whether a link for a new password was made for somebody in the last two minutes."""
    return bool(read_rows(LATELY, user_id=user_id))
