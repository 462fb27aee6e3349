"""What is drawn at random, and what only this installation can read or vouch for."""

import hashlib
import time
from base64 import urlsafe_b64decode

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from app.identity.encryption import derived_key, sealed, signed, unsealed, unsigned
from app.identity.secrets import TOKEN_PREFIX, hashed, new_secret


def test_a_secret_has_256_random_bits() -> None:
    drawn = {new_secret(TOKEN_PREFIX) for _ in range(1000)}
    assert len(drawn) == 1000
    assert {len(urlsafe_b64decode(secret.removeprefix("ins_") + "=")) for secret in drawn} == {32}
    assert hashed("ins_x") == hashlib.sha256(b"ins_x").digest()


def test_what_is_sealed_is_read_here_alone_and_unchanged(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    text = sealed("secret words", "one purpose")
    assert "secret" not in text
    assert unsealed(text, "one purpose") == "secret words"
    assert sealed("secret words", "one purpose") != text
    assert unsealed(text, "another purpose") is None
    for changed in (text[:-8] + "AAAAAAA=", text[:20] + "A" + text[21:], "", "rubbish"):
        assert unsealed(changed, "one purpose") is None
    monkeypatch.setitem(app.config, "SECRET_KEY", "another secret key, as long as the one before")
    assert unsealed(text, "one purpose") is None


def test_what_is_signed_is_ours_for_its_purpose_and_time(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    text = signed([7, "x"], "one purpose")
    assert unsigned(text, "one purpose", 60) == [7, "x"]
    value, when, signature = text.split(".")
    assert len(urlsafe_b64decode(signature + "=")) == 32
    # The library's own choice is SHA-1.
    weak = URLSafeTimedSerializer(derived_key("one purpose")).dumps([7, "x"])
    for forged in (weak, f"{value}.{when}.{'A' * len(signature)}", f"{value}A.{when}.{signature}", value, ""):
        assert unsigned(forged, "one purpose", 60) is None
    assert unsigned(text, "another purpose", 60) is None
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda real=time.time: real() + 61)
    assert unsigned(text, "one purpose", 60) is None
