"""An issuer's keys: which ones count, and when they are fetched."""

import json
from collections.abc import Iterator
from threading import Barrier, Thread
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from app.config import Settings
from app.errors import Unavailable
from app.identity.bearer import Verifier
from app.identity.signatures import RemoteKeys
from tests.identity.issuer import EC, ED, NOT_OURS, RSA, KeyServer, by_hand, claims, refusal, serving, token

SECRET = "s" * 32
SHARED = OctKey.import_key(SECRET)


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
