"""What has expired goes; nobody could show it any more."""

from sqlalchemy import text

from app.extensions import db

# Used links stay for a while: "this link was used already" is a better answer than "there is no such link".
EXPIRED = (
    "DELETE FROM sessions WHERE expires_at < now() OR last_seen_at < now() - make_interval(hours => :idle_hours)",
    "DELETE FROM one_time_links WHERE expires_at < now() - interval '30 days'",
)


def forget_expired(idle_hours: int) -> None:
    """Delete sessions that expired or were idle for so many hours, and links that expired a month ago."""
    for statement in EXPIRED:
        db.session.execute(text(statement), {"idle_hours": idle_hours})
