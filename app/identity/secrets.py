"""Secrets that are drawn at random: given out once, kept as a hash."""

import hashlib
import secrets

TOKEN_PREFIX = "ins_"


def new_secret(prefix: str = "") -> str:
    """256 random bits as text that fits an address or a header."""
    return prefix + secrets.token_urlsafe(32)


def hashed(secret: str) -> bytes:
    """What is stored of it. Random as it is, it needs no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
