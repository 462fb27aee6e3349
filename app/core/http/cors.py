"""Which other sites may call the API from a browser (``CORS_ALLOWED_ORIGINS``)."""

from flask import Flask
from flask_cors import CORS

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]
REQUEST_HEADERS = [
    "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-API-Key", "X-Request-ID",
]  # fmt: skip
ANSWER_HEADERS = [
    "ETag", "Idempotency-Replayed", "Link", "Location", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset",
    "Retry-After", "X-Request-ID",
]  # fmt: skip


def allow(app: Flask, origins: tuple[str, ...]) -> None:
    """Answer preflights and mark answers for the listed origins; without any, browsers keep other sites out."""
    if origins:
        CORS(app, origins=list(origins), methods=METHODS, allow_headers=REQUEST_HEADERS, expose_headers=ANSWER_HEADERS)
