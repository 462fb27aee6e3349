"""What has expired goes; nobody could show it any more."""

from sqlalchemy import text

from app.extensions import db

ANSWERS_KEPT = "interval '24 hours'"
# Used links stay for a while: "this link was used already" is a better answer than "there is no such link".
EXPIRED = (
    "DELETE FROM sessions WHERE expires_at < now() OR last_seen_at < now() - make_interval(hours => :idle_hours)",
    "DELETE FROM one_time_links WHERE expires_at < now() - interval '30 days'",
    f"DELETE FROM idempotency_keys WHERE at <= now() - {ANSWERS_KEPT}",
)


def forget_expired(idle_hours: int) -> None:
    """Delete sessions that expired or were idle for so many hours, links that expired a month ago, and answers that a
    key gets no more."""
    for statement in EXPIRED:
        db.session.execute(text(statement), {"idle_hours": idle_hours})
