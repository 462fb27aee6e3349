"""What an import has met already, and where."""

import hashlib

from app.exchange.records import Place

BITS = 40


class Met:
    """Keys with the row that had each first: some 140 bytes a key, however long it is."""

    def __init__(self) -> None:
        self._files: list[str] = []
        self._rows: dict[bytes, int] = {}

    def before(self, key: str, number: int, place: Place) -> Place | None:
        """Where another row had the key; None when this one is the first. Rows have numbers, as many share a line."""
        digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        first = self._rows.get(digest)
        if first is None:
            self._rows[digest] = self._packed(number, place)
            return None
        mask = (1 << BITS) - 1
        return None if first >> 2 * BITS == number else Place(self._files[first >> BITS & mask], first & mask)

    def _packed(self, number: int, place: Place) -> int:
        if not self._files or self._files[-1] != place.file:
            self._files.append(place.file)
        return (number << BITS | len(self._files) - 1) << BITS | place.line
