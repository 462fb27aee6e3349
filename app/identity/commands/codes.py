"""Codes of the second factor: those that change every 30 seconds (RFC 6238), and ten for when the device is lost."""

import hmac
import re
import secrets
import time

import pyotp
from argon2.low_level import Type, hash_secret_raw
from sqlalchemy import delete, func, insert, select, update

from app.audit.commands import record
from app.extensions import db
from app.identity.encryption import derived_key, unsealed
from app.identity.models import RecoveryCode, User

STEP_SECONDS = 30
SEALED = "second factor"
RECOVERY_CODES = 10
RECOVERY_LENGTH = 12
# No letter or digit that is taken for another one.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def is_accepted(person: User, code: str) -> bool:
    """Whether it is a code of the moment or one for recovery; it is spent now, neither is taken twice."""
    plain = re.sub(r"[\s-]", "", code).lower()
    if re.fullmatch(r"\d{6}", plain, re.ASCII):
        return _spend_step(person, plain)
    return len(plain) == RECOVERY_LENGTH and plain.isascii() and _spend_recovery_code(person, plain)


def step_of(secret: str, code: str) -> int | None:
    """The step that a code belongs to: this one, or one of its neighbours, as clocks differ."""
    now = int(time.time()) // STEP_SECONDS
    codes = {step: pyotp.TOTP(secret).generate_otp(step) for step in (now - 1, now, now + 1)}
    given = code.strip().encode()
    right = [step for step, expected in codes.items() if hmac.compare_digest(expected.encode(), given)]
    return max(right, default=None)


def new_recovery_codes(user_id: int) -> list[str]:
    """Ten codes in place of those that there were."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    plain = ["".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    rows = [{"user_id": user_id, "code_hash": _recovery_hash(user_id, code)} for code in plain]
    db.session.execute(insert(RecoveryCode), rows)
    return ["-".join((code[:4], code[4:8], code[8:])) for code in plain]


def _spend_step(person: User, code: str) -> bool:
    secret = unsealed(person.totp_secret, SEALED) if person.totp_secret else None
    step = step_of(secret, code) if secret else None
    if step is None:
        return False
    newest = (User.id == person.id) & ((User.totp_last_step.is_(None)) | (User.totp_last_step < step))
    spent = db.session.scalar(update(User).where(newest).values(totp_last_step=step).returning(User.id))
    return spent is not None


def _spend_recovery_code(person: User, code: str) -> bool:
    one = (RecoveryCode.user_id == person.id) & (RecoveryCode.code_hash == _recovery_hash(person.id, code))
    if db.session.scalar(delete(RecoveryCode).where(one).returning(RecoveryCode.user_id)) is None:
        return False
    left = db.session.scalar(select(func.count()).where(RecoveryCode.user_id == person.id)) or 0
    record("user.second_factor", person.id, person.called, {"recovery_codes": (left + 1, left)})
    return True


def _recovery_hash(user_id: int, code: str) -> bytes:
    """Slow, as people could write nothing longer down; the salt is the person's, and known to this installation."""
    salt = hmac.digest(derived_key("recovery codes"), str(user_id).encode(), "sha256")
    return hash_secret_raw(code.encode(), salt, 2, 19 * 1024, 1, 32, Type.ID)
