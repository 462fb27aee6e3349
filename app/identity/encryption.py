"""What only this installation can read or vouch for: sealed and signed under keys that are derived from SECRET_KEY."""

import hashlib
from base64 import urlsafe_b64encode
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer


def derived_key(purpose: str) -> bytes:
    """32 bytes for one purpose: a key that leaks opens nothing else."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return HKDF(SHA256(), length=32, salt=None, info=f"insights {purpose}".encode()).derive(secret)


def sealed(text: str, purpose: str) -> str:
    """The text, encrypted."""
    return _fernet(purpose).encrypt(text.encode()).decode("ascii")


def unsealed(text: str, purpose: str) -> str | None:
    """What was sealed; None when it was done with another SECRET_KEY."""
    try:
        return _fernet(purpose).decrypt(text).decode()
    except InvalidToken:
        return None


def signed(value: Any, purpose: str) -> str:
    """A small JSON value as text that fits a form, with the time and our signature. Anybody can read it."""
    return _signer(purpose).dumps(value)


def unsigned(text: str, purpose: str, seconds: int) -> Any:
    """The value; None when it isn't ours, or was signed longer ago."""
    try:
        return _signer(purpose).loads(text, max_age=seconds)
    except BadData:
        return None


def _fernet(purpose: str) -> Fernet:
    return Fernet(urlsafe_b64encode(derived_key(purpose)))


def _signer(purpose: str) -> URLSafeTimedSerializer:
    # Its defaults are SHA-1.
    strong = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeTimedSerializer(derived_key(purpose), signer_kwargs=strong)
