"""Cursors: where a page of insights ended, signed, and good for the list that it was made for."""

import hashlib
import json
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeSerializer

from app.errors import FieldError, Invalid
from app.identity.audience import Audience
from app.identity.encryption import derived_key
from app.insights.queries.keyset import Place
from app.search.queries.wanted import Search

PURPOSE = "cursor"
DIGEST_BYTES = 9
BEGINNING = ""
BEGIN_AGAIN = "an empty cursor begins again"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that is read page after page: its order, and what decides which insights are in it."""

    search: Search
    audience: Audience

    def cursor(self, place: Place) -> str:
        """A place in it, as text for an address. The same place is always the same text, so that ETags stay."""
        return str(_signer().dumps([self._digest(), *place]))

    def place(self, cursor: str) -> Place | None:
        """Where the cursor says; None is the beginning. Raises `Invalid` for one that isn't ours or of this list."""
        if cursor == BEGINNING:
            return None
        try:
            digest, key, insight_id = _signer().loads(cursor)
        except BadData as error:
            raise _refused(f"is not one that was given here; {BEGIN_AGAIN}", "unknown_cursor") from error
        if digest != self._digest():
            detail = f"was given for another sort, other filters or another caller; {BEGIN_AGAIN}"
            raise _refused(detail, "cursor_of_another_list")
        return Place(key, insight_id)

    def _digest(self) -> str:
        audience = self.audience
        seen = [sorted(audience.visibilities), audience.every_draft, audience.parameters]
        deciding = json.dumps([self.search.column_order, self.search.given, seen], sort_keys=True)
        return hashlib.blake2b(deciding.encode(), digest_size=DIGEST_BYTES).hexdigest()


def _refused(message: str, code: str) -> Invalid:
    return Invalid.because([FieldError(("cursor",), message, code, "query")])


def _signer() -> URLSafeSerializer:
    # Its defaults are SHA-1.
    strong = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(derived_key(PURPOSE), signer_kwargs=strong)
