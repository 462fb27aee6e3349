"""JSON: an array of objects (an export is one), or one object a line."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, TextIO

from app.core.sizes import readable_size
from app.exchange.records import Insights, Place, Problem, Record, Unreadable

CHUNK = 2**18
LARGEST_OBJECT = 64 * 2**20
WHITESPACE = " \t\r\n"


class JsonReader:
    """The objects, read as they come; ``total`` counts bytes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.total = path.stat().st_size

    def __iter__(self) -> Iterator[Record]:
        with self._path.open("rb") as file:
            is_array = _first_byte(file) == b"["
            yield from self._array(file) if is_array else self._lines(file)

    def _lines(self, file: BinaryIO) -> Iterator[Record]:
        position, decoder = 0, _Decoder()
        for number, raw in enumerate(file, 1):
            position += len(raw)
            place = Place(self._path.name, number)
            if not raw.strip(b"\xef\xbb\xbf \t\r\n"):
                continue
            try:
                value = _decode(decoder, raw.decode("utf-8-sig"), place)
                yield _record(decoder, place, position, value)
            except UnicodeDecodeError:
                yield Record(place, position, problem=Problem(place, "is not UTF-8", "encoding"))
            except Unreadable as error:
                yield Record(place, position, problem=error.problem)

    def _array(self, file: BinaryIO) -> Iterator[Record]:
        """Where an array stops being JSON its reading ends, with one problem: what follows can't be told apart."""
        text = _Text(file, self._path.name)
        try:
            text.take("[")
            if text.peek() == "]":
                text.take("]")
            else:
                yield from self._elements(text)
            if text.peek():
                text.refuse("is not valid JSON: something follows the array")
        except Unreadable as error:
            yield Record(error.problem.place, self.total, problem=error.problem)

    def _elements(self, text: "_Text") -> Iterator[Record]:
        while True:
            text.peek()
            place = text.place
            value = text.value()
            yield _record(text.decoder, place, text.bytes, value)
            if text.peek() == "]":
                text.take("]")
                return
            text.take(",")


class _Text:
    """JSON text that is read piece by piece, with the line that has been reached."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name
        self._text, self._at, self._line = "", 0, 1
        self._rest = b""
        self.decoder = _Decoder()
        self.bytes = 0

    @property
    def place(self) -> Place:
        return Place(self._name, self._line)

    def peek(self) -> str:
        """The next character that is not white space; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in WHITESPACE:
                self._advance(self._at + 1)
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def take(self, character: str) -> None:
        if self.peek() != character:
            self.refuse(f"is not valid JSON: expected {character}")
        self._advance(self._at + 1)

    def value(self) -> Any:
        """The value that begins here; more is read until it is whole."""
        while True:
            try:
                value, end = self.decoder.raw_decode(self._text, self._at)
            except RecursionError:
                self.refuse("is nested too deeply")
            except ValueError as error:
                if len(self._text) - self._at > LARGEST_OBJECT:
                    self.refuse(f"is not valid JSON, or an object of more than {readable_size(LARGEST_OBJECT)}")
                if not self._more():
                    self._refuse_malformed(error)
            else:
                self._advance(end)
                return value

    def _refuse_malformed(self, error: ValueError) -> NoReturn:
        if isinstance(error, json.JSONDecodeError):
            self._advance(min(error.pos, len(self._text)))
            self.refuse(f"is not valid JSON: {error.msg}")
        self.refuse(f"is not valid JSON: {error}")

    def refuse(self, message: str) -> NoReturn:
        raise Unreadable(Problem(self.place, message, "malformed_json"))

    def _advance(self, end: int) -> None:
        self._line += self._text.count("\n", self._at, end)
        self._at = end

    def _more(self) -> bool:
        """Read on; twice as much each time, so that a large object is not decoded again for every piece."""
        raw = self._file.read(max(CHUNK, len(self._text) - self._at))
        if not raw and not self._rest:
            return False
        encoded = self._rest + raw
        if not self.bytes:
            encoded = encoded.removeprefix(b"\xef\xbb\xbf")
        self.bytes += len(raw)
        whole = len(encoded) if not raw else _whole_characters(encoded)
        try:
            decoded = encoded[:whole].decode()
        except UnicodeDecodeError as error:
            self._line += self._text.count("\n", self._at) + encoded.count(b"\n", 0, error.start)
            raise Unreadable(Problem(self.place, "is not UTF-8", "encoding")) from error
        self._rest = encoded[whole:]
        self._text, self._at = self._text[self._at :] + decoded, 0
        return True


def _whole_characters(encoded: bytes) -> int:
    """Where the last whole character ends: a piece may end in the middle of one."""
    for back in range(1, min(4, len(encoded)) + 1):
        byte = encoded[-back]
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(encoded) - back if back < length else len(encoded)
        if byte < 0x80:
            break
    return len(encoded)


def _first_byte(file: BinaryIO) -> bytes:
    """The first one that is neither white space nor part of a byte order mark."""
    while (byte := file.read(1)) and byte in b"\xef\xbb\xbf \t\r\n":
        pass
    file.seek(0)
    return byte


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


class _Decimal(float):
    """A number with the text that it was written as."""

    text: str

    def __new__(cls, text: str) -> "_Decimal":
        number = super().__new__(cls, text)
        number.text = text
        return number


class _Decoder(json.JSONDecoder):
    """``repeated`` is a key that an object of the last value has twice; JSON would keep the last one in silence."""

    def __init__(self) -> None:
        self.repeated: str | None = None
        super().__init__(parse_constant=_refuse_constant, parse_float=_Decimal, object_pairs_hook=self._object)

    def raw_decode(self, s: str, idx: int = 0) -> tuple[Any, int]:
        self.repeated = None
        return super().raw_decode(s, idx)

    def _object(self, members: list[tuple[str, Any]]) -> dict[str, Any]:
        document = dict(members)
        if len(document) < len(members):
            self.repeated = next(key for key, times in Counter(key for key, _ in members).items() if times > 1)
        return document


def _decode(decoder: _Decoder, text: str, place: Place) -> Any:
    try:
        return decoder.decode(text.strip())
    except RecursionError as error:
        raise Unreadable(Problem(place, "is nested too deeply", "malformed_json")) from error
    except json.JSONDecodeError as error:
        message = f"is not valid JSON: {error.msg} (column {error.colno})"
        raise Unreadable(Problem(place, message, "malformed_json")) from error
    except ValueError as error:
        raise Unreadable(Problem(place, f"is not valid JSON: {error}", "malformed_json")) from error


def _record(decoder: _Decoder, place: Place, position: int, value: Any) -> Record:
    if not isinstance(value, dict):
        return Record(place, position, problem=Problem(place, "must be an object", "type"))
    if decoder.repeated is not None:
        return Record(place, position, problem=Problem(place, "is given twice", "duplicate", decoder.repeated))
    return Record(place, position, values={name: _as_text(member) for name, member in value.items()}, typed=value)


def _as_text(value: Any) -> Any:
    """A number or truth value as it was written; so are those of a list."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return getattr(value, "text", None) or str(value)
    return [_as_text(member) for member in value] if isinstance(value, list) else value


def write_json(insights: Insights, file: TextIO) -> int:
    """An array with an object a line; returns their number."""
    number = 0
    file.write("[\n")
    for number, exported in enumerate(insights, 1):
        file.write((",\n" if number > 1 else "") + exported.body)
    file.write("\n]\n" if number else "]\n")
    return number
