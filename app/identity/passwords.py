"""Passwords: which are good enough, what is kept of them, and whether one is right."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import FieldError, Invalid
from app.identity.secrets import new_secret

SHORTEST, LONGEST = 12, 1000
# zxcvbn's scores go from 0 to 4; below 2 a million guesses are enough.
LEAST_SCORE = 2
MOST_JUDGED = 72  # characters that zxcvbn takes
EASY = "is easy to guess."

_hasher = PasswordHasher()


def new_hash(password: str, known: Iterable[str] = (), field: str = "password") -> str:
    """What to keep of a new password. ``known`` are words that everybody knows of its owner.

    Costs some 100 ms and 64 MiB on purpose. Raises `Invalid` for the field when it is too short, too long or easy to
    guess; what it is made of is its owner's choice.
    """
    problem = _length_problem(password) or _weakness(password, known)
    if problem:
        raise Invalid.because([FieldError((field,), *problem)])
    return _hasher.hash(_normal(password))


def is_right(stored: str | None, password: str) -> bool:
    """Whether it is the password that was kept. Takes as long when nothing was: that must not tell who is here."""
    decoy = _decoy()
    try:
        return _hasher.verify(stored or decoy, _normal(password[: LONGEST + 1])) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def renewed_hash(stored: str, password: str) -> str | None:
    """The hash of a right password anew when ours are made with more effort by now; else None."""
    return _hasher.hash(_normal(password)) if _hasher.check_needs_rehash(stored) else None


def _normal(password: str) -> bytes:
    """NFKC, as in RFC 8265: keyboards spell "é" and full-width letters differently, and their owner can't tell."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _length_problem(password: str) -> tuple[str, str] | None:
    if len(password) < SHORTEST:
        return f"must have {SHORTEST} characters or more", "too_short"
    if len(password) > LONGEST:
        return f"must have {LONGEST} characters at most", "too_long"
    return None


def _weakness(password: str, known: Iterable[str]) -> tuple[str, str] | None:
    from zxcvbn import zxcvbn

    words = [word for text in ("insights tracker", *known) for word in (text, *re.split(r"\W+", text)) if word]
    judged = zxcvbn(unicodedata.normalize("NFKC", password)[:MOST_JUDGED], words)
    if judged["score"] >= LEAST_SCORE:
        return None
    told = judged["feedback"]
    return " ".join([EASY, *filter(None, [told["warning"], *told["suggestions"]])]), "too_weak"


@cache
def _decoy() -> str:
    return _hasher.hash(new_secret())
