"""What has expired goes; nobody could show it any more."""

from sqlalchemy import text

from app.extensions import db

# Used links stay for a while: "this link was used already" is a better answer than "there is no such link".
EXPIRED = (
    "DELETE FROM sessions WHERE expires_at < now()",
    "DELETE FROM one_time_links WHERE expires_at < now() - interval '30 days'",
)


def forget_expired() -> None:
    """Delete expired sessions, and links that expired a month ago."""
    for statement in EXPIRED:
        db.session.execute(text(statement))
