"""Tokens of other issuers: which ones are good, and why the others aren't."""

import base64
import hashlib
import hmac
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OctKey

from app.config import Settings
from app.identity.bearer import Claims, Verifier
from tests.identity.issuer import NOT_OURS, RSA, KeyServer, by_hand, claims, part, refusal, serving, token

SECRET = "s" * 32
SHARED = OctKey.import_key(SECRET)


@pytest.fixture
def shared() -> Verifier:
    return Verifier(Settings(jwt_secret=SECRET, jwt_issuer="https://id.example.org", jwt_audience="insights"))


def at_times(changes: dict[str, Any]) -> dict[str, Any]:
    """Time spans, counted from now."""
    now = time.time()
    return {
        name: now + value.total_seconds() if isinstance(value, timedelta) else value for name, value in changes.items()
    }


def test_everything_that_a_token_says(shared: Verifier) -> None:
    expires = int(time.time()) + 60
    told = token(
        SHARED, "HS256", exp=expires, email=" ada@example.org ", email_verified=True, name="Ada",
        roles=["Editor", "analytics:read"], org_ids=["o1", 2],
    )  # fmt: skip
    assert shared.verify(told) == Claims(
        issuer="https://id.example.org",
        subject="u-1",
        email="ada@example.org",
        email_verified=True,
        name="Ada",
        roles=("Editor", "analytics:read"),
        org_ids=("o1", "2"),
        expires_at=datetime.fromtimestamp(expires, UTC),
    )


def test_a_token_that_says_little() -> None:
    found = Verifier(Settings(jwt_secret=SECRET)).verify(token(SHARED, "HS256", iss=None, aud=None, iat=None))
    assert (found.issuer, found.email, found.email_verified, found.name) == ("jwt", None, False, None)
    assert (found.roles, found.org_ids) == ((), None)


@pytest.mark.parametrize("issuer", ["https://id.example.org", " ", "x" * 300])
def test_an_issuer_that_is_not_checked_is_not_believed(issuer: object) -> None:
    assert Verifier(Settings(jwt_secret=SECRET)).verify(token(SHARED, "HS256", iss=issuer)).issuer == "jwt"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("editor", ("editor",)),
        ("editor, ANALYST  x,y", ("editor", "ANALYST", "x", "y")),
        (["a b", 7, None, ["x"]], ("a b", "7")),
        ({"editor": True}, ()),
        ([], ()),
    ],
)
def test_lists_and_texts_of_words(shared: Verifier, given: object, words: tuple[str, ...]) -> None:
    found = shared.verify(token(SHARED, "HS256", roles=given, org_ids=given))
    assert (found.roles, found.org_ids) == (words, words)


@pytest.mark.parametrize(
    "email", ["nobody", "a@", "a b@c", "a@b\x00", "a@" + "b" * 260, "a(b@c", "a@b,c", "<a@b>", 7, ["a@b"], "\ud800@b"]
)
def test_an_address_that_is_none_is_left_out(shared: Verifier, email: object) -> None:
    assert shared.verify(by_hand({"alg": "HS256"}, claims(email=email), SECRET.encode())).email is None


@pytest.mark.parametrize("verified", ["true", 1, "yes", None])
def test_verified_means_true(shared: Verifier, verified: object) -> None:
    assert shared.verify(token(SHARED, "HS256", email="a@b.c", email_verified=verified)).email_verified is False


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"exp": None}, "The token lacks exp."),
        ({"exp": 1}, "The token has expired."),
        ({"exp": timedelta(seconds=-1)}, "The token has expired."),
        ({"exp": "soon"}, "The token has expired."),
        ({"exp": True}, "The token has expired."),
        ({"exp": float("nan")}, "The token has expired."),
        ({"nbf": timedelta(seconds=90)}, "The token is not valid yet."),
        ({"iat": timedelta(seconds=90)}, "The token was issued in the future."),
        ({"iss": "https://other.example.org"}, "The token comes from another issuer."),
        ({"iss": ["https://id.example.org"]}, "The token comes from another issuer."),
        ({"iss": None}, "The token lacks iss."),
        ({"aud": "other"}, "The token is meant for another application."),
        ({"aud": ["other"]}, "The token is meant for another application."),
        ({"aud": {"insights": 1}}, "The token is meant for another application."),
        ({"aud": None}, "The token lacks aud."),
        ({"sub": None}, "The token lacks sub."),
        ({"sub": " "}, "The token's subject is not a text of 1 to 255 characters."),
        ({"sub": ""}, "The token's subject is not a text of 1 to 255 characters."),
        ({"sub": 7}, "The token's subject is not a text of 1 to 255 characters."),
        ({"sub": "x" * 256}, "The token's subject is not a text of 1 to 255 characters."),
        ({"sub": "a\x00b"}, "The token's subject is not a text of 1 to 255 characters."),
        ({"sub": "a\ud800"}, "The token's subject is not a text of 1 to 255 characters."),
        ({"jti": 7}, "The token's jti is not good."),
    ],
)
def test_wrong_claims(shared: Verifier, changes: dict[str, Any], sentence: str) -> None:
    assert refusal(shared, by_hand({"alg": "HS256"}, claims(**at_times(changes)), SECRET.encode())) == sentence


@pytest.mark.parametrize(
    "changes",
    [
        {"nbf": timedelta(seconds=30)},
        {"iat": timedelta(seconds=30)},
        {"aud": ["other", "insights"]},
        {"exp": 10**30},
        {"exp": timedelta(seconds=9.5)},
    ],
)
def test_right_claims(shared: Verifier, changes: dict[str, Any]) -> None:
    assert shared.verify(by_hand({"alg": "HS256"}, claims(**at_times(changes)), SECRET.encode())).subject == "u-1"


@pytest.mark.parametrize("header", [{}, {"typ": "JWT"}, {"typ": "at+jwt"}, {"kid": "any"}, {"x-note": 1}])
def test_right_headers(shared: Verifier, header: dict[str, Any]) -> None:
    assert shared.verify(by_hand({"alg": "HS256", **header}, claims(), SECRET.encode())).subject == "u-1"


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "HS512"},
        {"alg": "RS256"},
        {"alg": ""},
        {"alg": None},
        {"alg": ["HS256"]},
        {},
        [],
        "alg",
        7,
        {"alg": "HS256", "typ": "logout+jwt"},
        {"alg": "HS256", "crit": ["exp"]},
        {"alg": "HS256", "crit": 5},
        {"alg": "HS256", "crit": ["b64"], "b64": False},
        {"alg": "HS256", "x": "y" * 600},
    ],
)
def test_wrong_headers(shared: Verifier, header: object) -> None:
    assert refusal(shared, by_hand(header, claims(), SECRET.encode())) == NOT_OURS


def test_no_signature_is_none(shared: Verifier) -> None:
    assert refusal(shared, by_hand({"alg": "none"}, claims(), None)) == NOT_OURS
    assert refusal(shared, by_hand({"alg": "HS256"}, claims(), None)) == NOT_OURS


def test_another_secret_and_a_changed_token(shared: Verifier) -> None:
    assert refusal(shared, token(OctKey.import_key("t" * 32), "HS256")) == NOT_OURS
    header, _, signature = token(SHARED, "HS256").split(".")
    changed = part(claims(sub="somebody-else")).decode()
    assert refusal(shared, f"{header}.{changed}.{signature}") == NOT_OURS


@pytest.mark.parametrize("header", ["kid", "jku", "jwk", "x5u"])
def test_the_token_does_not_choose_its_key(shared: Verifier, header: str) -> None:
    """A public key, or an address of one, that comes with the token counts for nothing."""
    with serving(KeyServer([RSA])) as server:
        brought = {"kid": "rsa", "jku": server.url, "x5u": server.url, "jwk": RSA.as_dict(private=False)}
        assert refusal(shared, token(RSA, "RS256", {header: brought[header]})) == NOT_OURS
        assert server.requests == 0


@pytest.mark.parametrize("garbage", ["", ".", "..", "a.b.c", "x" * 100, "ä.ö.ü", "\ud800", "a.b", "a.b.c.d.e", "\x00"])
def test_garbage(shared: Verifier, garbage: str) -> None:
    assert refusal(shared, garbage) == NOT_OURS


@given(st.one_of(st.text(), st.from_regex(r"\A[\w-]*\.[\w-]*\.[\w-]*\Z")))
def test_any_garbage(garbage: str) -> None:
    assert refusal(Verifier(Settings(jwt_secret=SECRET)), garbage) == NOT_OURS


def test_deep_garbage(shared: Verifier) -> None:
    """Even when the issuer itself signed it."""
    message = part({"alg": "HS256"}) + b"." + base64.urlsafe_b64encode(b"[" * 5000).rstrip(b"=")
    signature = base64.urlsafe_b64encode(hmac.new(SECRET.encode(), message, hashlib.sha256).digest()).rstrip(b"=")
    assert refusal(shared, (message + b"." + signature).decode()) == NOT_OURS


def test_a_token_that_is_too_long(shared: Verifier) -> None:
    long = token(SHARED, "HS256", note="n" * 8000)
    assert len(long) > 8192
    assert refusal(shared, long) == "The token is longer than 8192 characters."
    assert shared.verify(token(SHARED, "HS256", note="n" * 5000)).subject == "u-1"


def test_configured(shared: Verifier) -> None:
    public = Verifier(Settings(jwt_jwks_url="https://id.example.org/keys", jwt_audience="insights"))
    assert (Verifier(Settings()).configured, shared.configured, public.configured) == (False, True, True)
    assert refusal(Verifier(Settings()), token(SHARED, "HS256")) == NOT_OURS
