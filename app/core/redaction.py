"""Keep secrets out of what is logged: by the name of a value, and by its looks inside any text."""

import logging
import re
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import Any

REDACTED = "[redacted]"
SECRET_NAME = re.compile(r"passw|token|authorization|cookie|secret|api[_-]?key|^(code|otp)$", re.IGNORECASE)
NUMBERS = (int, float, type(None))  # bool, too: an id or a count says nothing that opens a door
# Whatever a secret looks like in a text, one of these is in it: looking for them first costs next to nothing.
HINTS = (
    *("ins_", "eyj", "bearer", "/links/", "$argon2", "://"),
    *("passw", "token", "authorization", "cookie", "secret", "api"),
)
# Every repetition is bounded: the time rises with the length of the text, never with its square.
SECRET_TEXT = re.compile(
    r"""
      (?P<own>(?<![A-Za-z0-9])ins_)[A-Za-z0-9_-]{8,}        # our own tokens
    | (?P<jwt>(?<![\w-])eyJ)[\w-]+\.[\w-]+\.[\w-]*
    | (?P<scheme>\bBearer\s{1,9})[^\s"',;]+
    | (?P<link>/links/)[^\s/?\#"'<>]+                       # the secret of a one-time link is part of its address
    | (?P<hash>\$argon2)\w{0,9}(?:\$[\w=,+/.-]*[\w+/])+
    | (?P<url>://[^\s:/@]{0,99}:)[^\s/@]{1,999}(?=@)         # the password in a server's address
    | (?P<named>(?:passw|token|authorization|cookie|secret|api[_-]?key)[\w-]{0,99}["']?\s{0,9}[:=]\s{0,9})
      (?:"[^"]*"|'[^']*')                                   # as in a printed dictionary
    """,
    re.IGNORECASE | re.VERBOSE,
)


def redact(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor; exceptions must be text by then."""
    for name, value in event.items():
        event[name] = redacted(value, name)
    return event


def redacted(value: Any, name: str = "") -> Any:
    """The value without secrets, in the same shape; ``name`` is the one it is logged under."""
    if isinstance(value, NUMBERS):
        return value
    if _names_secret(name):
        return REDACTED
    if isinstance(value, str):
        return redacted_text(value)
    if isinstance(value, Mapping):
        return {key: redacted(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(item) for item in value]
    shown = repr(value)  # as the renderers write it
    return value if redacted_text(shown) == shown else redacted_text(shown)


def redacted_text(text: str) -> str:
    """A text in which what looks like a secret is replaced."""
    lower = text.lower()
    return SECRET_TEXT.sub(_keep_kind, text) if any(hint in lower for hint in HINTS) else text


def _keep_kind(found: re.Match[str]) -> str:
    return f"{found[found.lastgroup or 0]}{REDACTED}"


@lru_cache(maxsize=1024)
def _names_secret(name: str) -> bool:
    return SECRET_NAME.search(name) is not None


class Redacting(logging.Filter):
    """The same for a logger of the standard library."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redacted_text(record.getMessage()), None
        return True
