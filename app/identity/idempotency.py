"""A POST that is sent again (a lost answer, a double click) has its effect once: the header ``Idempotency-Key``."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from flask import Response, request
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import bindparam
from werkzeug.datastructures import FileStorage

from app.core.db import read_rows, transact
from app.core.http.body import IDEMPOTENCY_KEY
from app.core.http.endpoint import MOST_KEY_CHARACTERS
from app.errors import FieldError, Invalid, StillRunning
from app.extensions import db
from app.identity.acting import current_actor
from app.identity.commands.expiry import ANSWERS_KEPT
from app.identity.csrf import FIELD
from app.identity.encryption import sealed, unsealed

REPLAYED = "Idempotency-Replayed"
SEALED = "kept answers"
LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:caller || chr(31) || :key, 0))")
# A statement of its own: its snapshot must be younger than the lock, or it could miss what was answered in between.
FIRST = f"""
SELECT digest, status, headers, body FROM idempotency_keys
WHERE caller = :caller AND key = :key AND at > now() - {ANSWERS_KEPT}
"""
KEEP = text("""
INSERT INTO idempotency_keys (caller, key, digest, status, headers, body)
VALUES (:caller, :key, :digest, :status, :headers, :body)
ON CONFLICT (caller, key) DO UPDATE SET at = excluded.at, digest = excluded.digest, status = excluded.status,
    headers = excluded.headers, body = excluded.body
""").bindparams(bindparam("headers", type_=JSONB))


def once(command: Callable[[], Response], *, secret: bool = False) -> Response:
    """`transact` for a view that writes: the command changes what it has to and builds the answer.

    With the header the answer is kept for 24 hours in the command's own transaction, so a crash leaves both or none.
    The same request of the same caller then gets the first answer again, and nothing runs; another request under the
    key is `Invalid`, one whose first is not finished `StillRunning`. An error is not kept: the key stays free. An
    answer that holds a ``secret`` is kept sealed. Costs three short statements; none without the header.
    """
    if IDEMPOTENCY_KEY not in request.headers:
        return transact(command)
    return transact(_once, _key(), _digest(), command, secret)


def _once(key: str, digest: bytes, command: Callable[[], Response], secret: bool) -> Response:
    names = {"caller": _caller(), "key": key}
    alone = db.session.execute(LOCK, names).scalar_one()  # begins the transaction, which read_rows does not
    for first in read_rows(FIRST, **names):
        return _again(first, digest, secret)
    if not alone:
        raise StillRunning("The first request with this Idempotency-Key is still running; send this one again.")
    response = command()
    body = sealed(response.get_data(as_text=True), SEALED).encode() if secret else response.get_data()
    kept = {"status": response.status_code, "headers": dict(response.headers), "body": body}
    db.session.execute(KEEP, {**names, "digest": digest, **kept})
    return response


def _again(first: Any, digest: bytes, secret: bool) -> Response:
    """The first answer; one to another request would be a lie."""
    body = unsealed(first.body.decode(), SEALED) if secret and first.digest == digest else first.body
    if first.digest != digest or body is None:
        raise _wrong(
            "was used for another request already, or with other rights; a new request needs a new key", "key_reused"
        )
    response = Response(body, first.status)
    response.headers.clear()  # a 204 has no content type
    response.headers.update(first.headers, **{REPLAYED: "true"})
    return response


def _key() -> str:
    key = request.headers[IDEMPOTENCY_KEY]
    if "," in key:
        raise _wrong("must be given once, and hold no comma", "invalid")
    if not 1 <= len(key) <= MOST_KEY_CHARACTERS or not (key.isascii() and key.isprintable()):
        raise _wrong(f"must be 1 to {MOST_KEY_CHARACTERS} printable ASCII characters", "invalid")
    return key


def _wrong(message: str, code: str) -> Invalid:
    return Invalid.because([FieldError((IDEMPOTENCY_KEY,), message, code, "header")])


def _caller() -> str:
    """An account by its id, whatever it shows to be known; others by kind and name."""
    actor = current_actor()
    return f"{actor.kind}:{actor.name}" if actor.user_id is None else f"user:{actor.user_id}"


def _digest() -> bytes:
    """What makes two requests the same: also what the caller may do and see, or a first answer would tell somebody what
    is not for them any more. Each part has a digest of its own, so none runs into the next."""
    actor = current_actor()
    rights = repr((sorted(actor.permissions), sorted(actor.audience.visibilities), actor.audience.every_draft))
    parts = (request.method.encode(), request.path.encode(), request.query_string, _body(), rights.encode())
    return sha256(b"".join(sha256(part).digest() for part in parts)).digest()


def _body() -> bytes:
    """Of a form with files what its parts hold: the lines between them are drawn anew whenever it is sent."""
    if request.mimetype != "multipart/form-data":
        return request.get_data()
    said = [(name, value) for name, value in request.form.items(multi=True) if name != FIELD]
    files = [(name, file.filename, _sum(file)) for name, file in request.files.items(multi=True)]
    return repr((sorted(said), sorted(files))).encode()


def _sum(file: FileStorage) -> str:
    file.stream.seek(0)
    digest = sha256(file.stream.read()).hexdigest()
    file.stream.seek(0)
    return digest
