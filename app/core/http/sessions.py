"""Nothing is kept in a cookie."""

from typing import Any

from flask import Flask, Request
from flask.sessions import SessionInterface


class NoSessions(SessionInterface):
    """Flask's own would make a signer for each request, whether or not a session is used."""

    def open_session(self, app: Flask, request: Request) -> Any:
        return None

    def save_session(self, *_: object) -> None:
        """There is none."""
