"""Secrets of people that are wrong slow down those who try. The audit log counts them: exact in every process."""

from collections.abc import Callable
from ipaddress import ip_address
from typing import TypeVar

from sqlalchemy import text

from app.audit.commands import Entry, record_all
from app.audit.models import DENIED
from app.audit.origin import current_origin
from app.core.addresses import network_of
from app.core.db import transact
from app.errors import DomainError, TooMany, Unauthenticated
from app.extensions import db

# Failures in the last 15 minutes after which another attempt waits: of one e-mail address from one ip address, of one
# e-mail address, and from one ip address. A sign-in that worked clears what its e-mail address had.
OF_EMAIL_FROM_IP, OF_EMAIL, FROM_IP = 5, 50, 100

ALONE = text("SELECT pg_try_advisory_xact_lock(7204, hashtext(:email))")
# Each limit's last failure but so many: when that one is 15 minutes old, there is one less than the limit.
WAIT = text("""
WITH denied AS MATERIALIZED (
  SELECT at, ip <<= CAST(:network AS inet) AS from_ip, subject_name = :email AND at > coalesce(
    (SELECT max(at) FROM audit_log
     WHERE verb = 'session.begin' AND subject_name = :email AND at > now() - interval '15 minutes'),
    '-infinity') AS of_email
  FROM audit_log
  WHERE verb = 'session.denied' AND at > now() - interval '15 minutes'
    AND (subject_name = :email OR ip <<= CAST(:network AS inet)))
SELECT extract(epoch FROM max(at) + interval '15 minutes' - clock_timestamp())::float FROM (
  (SELECT at FROM denied WHERE of_email AND from_ip ORDER BY at DESC OFFSET :of_email_from_ip - 1 LIMIT 1) UNION ALL
  (SELECT at FROM denied WHERE of_email ORDER BY at DESC OFFSET :of_email - 1 LIMIT 1) UNION ALL
  (SELECT at FROM denied WHERE from_ip ORDER BY at DESC OFFSET :from_ip - 1 LIMIT 1)) full_windows""")

T = TypeVar("T")


def attempt(email: str, check: Callable[[], T]) -> T:
    """Run the check of a secret in a transaction of its own. What it refuses (`Unauthenticated`) is written down and
    slows the next attempts on the e-mail address down; `TooMany` when too much failed before."""
    outcome = transact(_outcome, email, check)
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


def _outcome(email: str, check: Callable[[], T]) -> T | DomainError:
    """A failure is an answer here, not an error: it has to be stored before the next attempt is let in."""
    try:
        _slow_down(email)
        return check()
    except (TooMany, Unauthenticated) as refusal:
        # One that was not even looked at doesn't count: else the wait would never end.
        verb = "session.throttled" if isinstance(refusal, TooMany) else "session.denied"
        record_all([Entry(verb, email, email, outcome=DENIED)])
        return refusal


def _slow_down(email: str) -> None:
    """Raise `TooMany` when too much failed, or when somebody tries the same e-mail address this very moment.

    Attempts on one e-mail address follow each other: the running transaction has it to itself, until it ends.
    """
    if not db.session.scalar(ALONE, {"email": email}):
        raise TooMany("Somebody tries a password for this e-mail address just now. Try again.", retry_after=1)
    limits = {"of_email_from_ip": OF_EMAIL_FROM_IP, "of_email": OF_EMAIL, "from_ip": FROM_IP}
    wait = db.session.scalar(WAIT, {"email": email, "network": _network(), **limits})
    if wait is not None and wait > 0:
        raise TooMany("Too many attempts failed. Wait a few minutes before the next one.", retry_after=wait)


def _network() -> str | None:
    ip = current_origin().ip
    return None if ip is None else network_of(ip_address(ip))
