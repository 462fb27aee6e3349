"""Operations that are asked for by a name or a hash: those of `graphql/operations/`, and what clients left here.

A client sends a hash; when nobody knows it, it sends the text with it once (Apollo's automatic persisted queries).
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import structlog
from redis import Redis
from redis.exceptions import RedisError

from app.config import REPOSITORY
from app.graphql_api.errors import Code, Rejected
from app.graphql_api.execution import LONGEST_KEPT, Kept
from app.graphql_api.requests import EXTENSION, Asked

OPERATIONS = REPOSITORY / "graphql" / "operations"
HASHED = re.compile(r"sha256:([0-9a-fA-F]{64})")
# How many texts of clients a process remembers by itself.
REMEMBERED = 500
SECONDS = 24 * 3600
PREFIX = "insights:graphql:"
ID, DIGEST = "$.documentId", f"$.{EXTENSION}.sha256Hash"

log = structlog.get_logger(__name__)


def kept_files(folder: Path = OPERATIONS) -> Mapping[str, str]:
    """The operations of the repository, by their names."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.graphql"))}


def digest_of(text: str) -> str:
    """What clients call a text: its SHA-256 in hexadecimals."""
    return sha256(text.encode()).hexdigest()


class Documents:
    """The texts of operations. What clients leave is shared with the other processes through the cache server, for a
    day; without one each process has its own."""

    def __init__(self, files: Mapping[str, str], shared: Redis | None) -> None:
        self._named, self._shared = files, shared
        self._hashed = {digest_of(text): text for text in files.values()}
        self._remembered = Kept(REMEMBERED)

    def find(self, asked: Asked) -> str:
        """The text of an operation that is asked for without it. Raises `Rejected`."""
        if asked.document_id is not None and asked.digest is not None:
            raise Rejected(f"documentId and {EXTENSION} can't both say which operation is meant", ID)
        if asked.document_id is not None:
            return self._by_id(asked.document_id)
        if asked.digest is None:
            raise Rejected(
                "no operation is given: send a query by POST, or the documentId of one that is kept", "$.query"
            )
        return self._by_digest(asked.digest, DIGEST)

    def keep(self, digest: str, text: str) -> None:
        """Know a text by its hash, and let the others know; a very long one is forgotten at once."""
        if digest in self._hashed or len(text) > LONGEST_KEPT:
            return
        self._remembered.put(digest, text)
        try:
            if self._shared is not None:
                self._shared.set(PREFIX + digest, text, ex=SECONDS)
        except RedisError as error:
            log.warning("an operation could not be shared", error=str(error))

    def _by_id(self, name: str) -> str:
        if hashed := HASHED.fullmatch(name):
            return self._by_digest(hashed[1].lower(), ID)
        if name not in self._named:
            raise Rejected(f"no operation is kept under the name {name!r}", ID, Code.UNKNOWN_DOCUMENT)
        return self._named[name]

    def _by_digest(self, digest: str, place: str) -> str:
        text = self._hashed.get(digest) or self._remembered.get(digest) or self._of_others(digest)
        if text is None:
            # These very words are what clients look for, before they send the text.
            raise Rejected("PersistedQueryNotFound", place, Code.UNKNOWN_DOCUMENT)
        return str(text)

    def _of_others(self, digest: str) -> str | None:
        try:
            found = self._shared.get(PREFIX + digest) if self._shared is not None else None
        except RedisError as error:
            log.warning("shared operations can't be read", error=str(error))
            return None
        if not isinstance(found, bytes):
            return None
        text = found.decode()
        self._remembered.put(digest, text)
        return text


def check_digest(asked: Asked, text: str) -> None:
    """Raises `Rejected` for a text that comes with the hash of another."""
    if asked.digest != digest_of(text):
        raise Rejected("the hash is not that of the query", DIGEST)
