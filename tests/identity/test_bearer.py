"""Tokens of other issuers: which ones are good, and why the others aren't."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from app.config import Settings, SettingsError, load_settings
from app.errors import Unauthenticated, Unavailable
from app.identity.bearer import Claims, Verifier
from app.identity.signatures import RemoteKeys
from tests.identity.issuer import EC, ED, RSA, KeyServer, claims, serving, token

SECRET = "s" * 32
SHARED = OctKey.import_key(SECRET)
NOT_OURS = "The token is not one that was signed for this application."


@pytest.fixture
def shared() -> Verifier:
    return Verifier(Settings(jwt_secret=SECRET, jwt_issuer="https://id.example.org", jwt_audience="insights"))


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with serving(KeyServer([RSA, EC, ED])) as running:
        yield running


@pytest.fixture
def public(server: KeyServer) -> Verifier:
    return Verifier(Settings(jwt_jwks_url=server.url, jwt_issuer="https://id.example.org", jwt_audience="insights"))


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def refusal(verifier: Verifier, given: str) -> str:
    with pytest.raises(Unauthenticated) as caught:
        verifier.verify(given)
    return caught.value.detail


def at_times(changes: dict[str, Any]) -> dict[str, Any]:
    """Time spans, counted from now."""
    now = time.time()
    return {
        name: now + value.total_seconds() if isinstance(value, timedelta) else value for name, value in changes.items()
    }


def part(value: object) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")


def by_hand(header: object, payload: object, secret: bytes | None) -> str:
    """A token that no library would make."""
    message = part(header) + b"." + part(payload)
    signature = hmac.new(secret, message, hashlib.sha256).digest() if secret else b""
    return (message + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


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


@pytest.mark.parametrize("email", ["nobody", "a@", "a b@c", "a@b\x00", "a@" + "b" * 260, 7, ["a@b"], "\ud800@b"])
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
def test_the_token_does_not_choose_its_key(shared: Verifier, server: KeyServer, header: str) -> None:
    """A public key, or an address of one, that comes with the token counts for nothing."""
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


@pytest.mark.parametrize(
    ("key", "algorithm"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256"), (ED, "EdDSA"), (ED, "Ed25519")]
)
def test_public_keys(public: Verifier, server: KeyServer, key: Any, algorithm: str) -> None:
    assert public.verify(token(key, algorithm)).subject == "u-1"
    assert public.verify(token(key, algorithm, sub="u-2")).subject == "u-2"
    assert server.requests == 1


def test_a_public_key_is_no_shared_secret(public: Verifier, server: KeyServer) -> None:
    """The classic confusion: HS256 with what everybody can read."""
    header = {"alg": "HS256", "kid": "rsa"}
    for secret in (
        RSA.as_pem(private=False),
        RSA.as_der(private=False),
        json.dumps(RSA.as_dict(private=False)).encode(),
    ):
        assert refusal(public, by_hand(header, claims(), secret)) == NOT_OURS
    assert server.requests == 0
    both = Verifier(Settings(jwt_jwks_url=server.url, jwt_audience="insights", jwt_secret=SECRET))
    assert refusal(both, by_hand(header, claims(), RSA.as_pem(private=False))) == NOT_OURS
    assert both.verify(token(SHARED, "HS256")).subject == both.verify(token(RSA, "RS256")).subject == "u-1"


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS512"), (EC, "RS256"), (RSA, "ES256"), (ED, "ES256")])
def test_the_algorithm_is_the_keys(public: Verifier, key: Any, algorithm: str) -> None:
    header = {"alg": algorithm, "kid": key.kid}
    assert refusal(public, by_hand(header, claims(), b"whatever")) == NOT_OURS


def test_a_stranger_with_a_known_name(public: Verifier) -> None:
    assert refusal(public, token(RSAKey.generate_key(2048, {"kid": "rsa"}), "RS256")) == NOT_OURS


def test_keys_that_are_no_use_are_passed_over(server: KeyServer, public: Verifier) -> None:
    server.keys = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"},
        {"kty": "XYZ", "kid": "later"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
        "no key",
        RSA.as_dict(private=False, use="enc") | {"kid": "for-encryption"},
        EC,
    ]
    server.keys[3] = {}
    assert public.verify(token(EC, "ES256")).subject == "u-1"
    assert refusal(public, token(RSA, "RS256", {"kid": "for-encryption"})) == NOT_OURS
    assert refusal(public, by_hand({"alg": "HS256", "kid": "shared"}, claims(), b"secret")) == NOT_OURS


def test_a_token_without_a_key_name(server: KeyServer, public: Verifier) -> None:
    """It is good when only one key fits, and never tried on several."""
    nameless = RSAKey.import_key({k: v for k, v in RSA.as_dict(private=True).items() if k != "kid"})
    told = token(nameless, "RS256")
    assert public.verify(told).subject == "u-1"
    server.keys = [RSA, RSAKey.generate_key(2048, {"kid": "rsa2"})]
    fresh = Verifier(Settings(jwt_jwks_url=server.url, jwt_audience="insights"))
    assert refusal(fresh, told) == NOT_OURS


def rotating(url: str) -> tuple[Verifier, Clock]:
    verifier, clock = Verifier(Settings(jwt_jwks_url=url, jwt_audience="insights")), Clock()
    verifier._sources = [RemoteKeys(url, clock)]
    return verifier, clock


def test_rotation(server: KeyServer) -> None:
    verifier, clock = rotating(server.url)
    server.keys = [RSA]
    assert verifier.verify(token(RSA, "RS256")).subject == "u-1"
    server.keys = [EC]
    clock.now += 59
    assert refusal(verifier, token(EC, "ES256")) == NOT_OURS  # asked less than a minute ago
    assert server.requests == 1
    clock.now += 1
    assert verifier.verify(token(EC, "ES256")).subject == "u-1"
    assert refusal(verifier, token(RSA, "RS256")) == NOT_OURS  # withdrawn
    assert server.requests == 2


def test_keys_are_fetched_again_after_ten_minutes(server: KeyServer) -> None:
    verifier, clock = rotating(server.url)
    for seconds, requests in ((0, 1), (599, 1), (1, 2), (599, 2)):
        clock.now += seconds
        assert verifier.verify(token(RSA, "RS256")).subject == "u-1"
        assert server.requests == requests


def test_unknown_names_cause_one_request_a_minute(server: KeyServer) -> None:
    verifier, clock = rotating(server.url)
    for minute in range(1, 4):
        for number in range(20):
            assert refusal(verifier, token(RSA, "RS256", {"kid": f"unknown-{number}"})) == NOT_OURS
        assert server.requests == minute
        clock.now += 60


def test_keys_outlive_their_provider() -> None:
    with serving(KeyServer([RSA])) as server:
        verifier, clock = rotating(server.url)
        assert verifier.verify(token(RSA, "RS256")).subject == "u-1"
        clock.now += 700
        server.status, server.body = 500, b"broken"
        assert verifier.verify(token(RSA, "RS256")).subject == "u-1"
        assert verifier.verify(token(RSA, "RS256")).subject == "u-1"
        assert server.requests == 2  # a provider that is down is left alone for a minute
    clock.now += 700
    assert verifier.verify(token(RSA, "RS256")).subject == "u-1"


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (404, b"{}"), (302, b"{}"), (200, b"rubbish"), (200, b"[]"), (200, b'{"keys": 7}'),
     (200, b'{"keys": []}'), (200, b"\xff\xfe"), (200, b"[" * 100_000)],
)  # fmt: skip
def test_a_provider_that_answers_rubbish(server: KeyServer, status: int, body: bytes) -> None:
    verifier, clock = rotating(server.url)
    server.status, server.body = status, body
    for _ in range(3):
        with pytest.raises(Unavailable, match=r"The identity provider can't be reached just now."):
            verifier.verify(token(RSA, "RS256"))
    assert server.requests == 1
    server.status, server.body = 200, None
    clock.now += 5  # there are no keys yet: it is asked again soon
    assert verifier.verify(token(RSA, "RS256")).subject == "u-1"


def test_a_provider_that_is_not_there() -> None:
    with serving(KeyServer([])) as server:
        url = server.url
    with pytest.raises(Unavailable, match=r"The identity provider can't be reached just now."):
        Verifier(Settings(jwt_jwks_url=url, jwt_audience="insights")).verify(token(RSA, "RS256"))


def test_many_at_once_fetch_once(server: KeyServer, public: Verifier) -> None:
    start, found = Barrier(8), []

    def verify() -> None:
        start.wait()
        found.append(public.verify(token(RSA, "RS256")).subject)

    threads = [Thread(target=verify) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, server.requests) == (["u-1"] * 8, 1)


def test_small_keys_are_not_taken(server: KeyServer, public: Verifier) -> None:
    with pytest.warns(UserWarning, match=r"2048"):
        small = RSAKey.generate_key(1024, {"kid": "small"})
    server.keys = [small.as_dict(private=False), OKPKey.generate_key("Ed448", {"kid": "448"}), EC]
    with pytest.warns(UserWarning, match=r"2048"):
        assert public.verify(token(EC, "ES256")).subject == "u-1"
    for key in ("small", "448"):
        for algorithm in ("RS256", "EdDSA"):
            assert refusal(public, by_hand({"alg": algorithm, "kid": key}, claims(), b"x")) == NOT_OURS
    assert refusal(public, token(ECKey.generate_key("P-256", {"kid": "small"}), "ES256")) == NOT_OURS


def test_configured(shared: Verifier, public: Verifier) -> None:
    assert (Verifier(Settings()).configured, shared.configured, public.configured) == (False, True, True)
    assert refusal(Verifier(Settings()), token(SHARED, "HS256")) == NOT_OURS


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        (
            {"JWT_SECRET": "s" * 31},
            "JWT_SECRET: must have 32 bytes or more: whoever guesses it signs tokens for anybody",
        ),
        (
            {"JWT_JWKS_URL": "http://id.example.org/keys", "JWT_AUDIENCE": "x"},
            "JWT_JWKS_URL: must start with https:// (http:// is for a server on this machine only)",
        ),
        (
            {"JWT_JWKS_URL": "file:///keys", "JWT_AUDIENCE": "x"},
            "JWT_JWKS_URL: must start with https:// (http:// is for a server on this machine only)",
        ),
        (
            {"JWT_JWKS_URL": "https://id.example.org/keys"},
            "JWT_AUDIENCE: JWT_JWKS_URL needs it, for its issuer signs tokens for other applications too",
        ),
    ],
)
def test_wrong_settings(environ: dict[str, str], problem: str, tmp_path: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, instance=tmp_path)
    assert caught.value.problems == [problem]


@pytest.mark.parametrize(
    "environ",
    [
        {"JWT_SECRET": "ä" * 16},
        {"JWT_SECRET": "", "JWT_JWKS_URL": "", "JWT_AUDIENCE": ""},
        {"JWT_JWKS_URL": "https://id.example.org/keys", "JWT_AUDIENCE": "x"},
        {"JWT_JWKS_URL": "http://localhost:1/keys", "JWT_AUDIENCE": "x"},
        {"JWT_JWKS_URL": "http://[::1]:1/keys", "JWT_AUDIENCE": "x"},
    ],
)
def test_right_settings(environ: dict[str, str], tmp_path: Any) -> None:
    settings = load_settings(environ, instance=tmp_path)
    assert Verifier(settings).configured is any(environ.values())
