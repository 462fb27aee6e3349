"""Which passwords are taken, and what is kept of them."""

import time

import pytest
from argon2 import PasswordHasher

from app.errors import Invalid
from app.identity import passwords
from app.identity.passwords import is_right, new_hash, renewed_hash

ADVICE = "Add another word or two. Uncommon words are better."
GOOD = "seven dwarfs sing at dawn"
# Full-width letters, and an accent as a character of its own.
SPELLINGS = ("caf\u00e9 de la \uff47\uff41\uff52\uff45", "cafe\u0301 de la gare")


def refused(password: str, *known: str) -> tuple[str, str, str]:
    with pytest.raises(Invalid) as refusal:
        new_hash(password, known)
    [error] = refusal.value.errors
    assert error.path == ("password",)
    return error.code, error.message, refusal.value.detail


def test_hash_is_argon2id_as_strong_as_the_library_recommends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher())
    stored = new_hash(GOOD)
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert is_right(stored, GOOD)
    assert not is_right(stored, GOOD + " ")


@pytest.mark.parametrize(
    ("password", "code", "message"),
    [
        ("eleven-char", "too_short", "must have 12 characters or more"),
        ("x" * 1001, "too_long", "must have 1000 characters at most"),
        (
            "password1234",
            "too_weak",
            f"is easy to guess. This is a very common password. {ADVICE}",
        ),
        (
            "qwertyuiop12",
            "too_weak",
            f"is easy to guess. This is similar to a commonly used password. {ADVICE}",
        ),
    ],
)
def test_refusal_says_why(password: str, code: str, message: str) -> None:
    assert refused(password) == (code, message, f"password: {message}")


def test_what_everybody_knows_of_the_owner_is_easy_to_guess() -> None:
    assert new_hash("anna.kowalczyk@firm.org")
    assert refused("anna.kowalczyk@firm.org", "Anna.Kowalczyk@firm.org", "Anna Kowalczyk")[0] == "too_weak"


def test_twelve_characters_are_enough_whatever_they_are() -> None:
    assert refused("horse lamps")[0] == "too_short"
    assert is_right(new_hash("horse  lamps"), "horse  lamps")


def test_a_thousand_characters_count_to_the_last() -> None:
    long = "correct horse battery staple " * 34 + "end of it all."
    assert len(long) == 1000
    stored = new_hash(long)
    assert is_right(stored, long)
    assert not is_right(stored, long[:-1])
    assert not is_right(stored, long + "x")


def test_spellings_of_the_same_letters_are_one_password() -> None:
    assert is_right(new_hash(SPELLINGS[0]), SPELLINGS[1])


def test_half_a_surrogate_pair_is_just_wrong() -> None:
    assert not is_right(new_hash(GOOD), GOOD + "\ud800")


def test_nobody_is_told_apart_from_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=2))
    stored = new_hash(GOOD)
    times = {}
    for name, kept in (("warm", None), ("known", stored), ("unknown", None)):
        began = time.perf_counter()
        assert not is_right(kept, "something else entirely")
        times[name] = time.perf_counter() - began
    assert times["unknown"] > times["known"] / 3


def test_a_hash_that_can_not_be_read_fits_nothing() -> None:
    assert not is_right("$argon2id$what", GOOD)


def test_hash_is_renewed_when_ours_take_more_effort_by_now(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = new_hash(GOOD)
    assert renewed_hash(stored, GOOD) is None
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    renewed = renewed_hash(stored, GOOD)
    assert renewed is not None
    assert renewed.startswith("$argon2id$v=19$m=16,t=2,p=1$")
    assert is_right(renewed, GOOD)
