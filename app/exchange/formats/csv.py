"""A table with a header row, separated by commas, semicolons or tabs."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

from app.exchange.records import CANONICAL, Insights, Place, Problem, Record, Unreadable

DELIMITERS = ",;\t"
HEAD = 2**16
LARGEST_CELL = 16 * 2**20


class CsvReader:
    """The rows below the header, read as they come; ``total`` counts bytes.

    An empty cell says that a canonical field is empty, and nothing at all in any other column. ``columns`` are the
    names of the header, once it is read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.total = path.stat().st_size
        self.columns: list[str] = []
        csv.field_size_limit(LARGEST_CELL)

    def __iter__(self) -> Iterator[Record]:
        with self._path.open("rb") as file:
            lines = _Lines(file)
            try:
                self._refuse_bare_returns(file)
                header, delimiter = self._header(lines)
            except Unreadable as error:
                yield Record(error.problem.place, self.total, problem=error.problem)
                return
            self.columns = header
            rows = csv.reader(lines, delimiter=delimiter, strict=True)
            while True:
                place = Place(self._path.name, lines.number + 1)
                try:
                    cells = next(rows)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield Record(place, lines.bytes, problem=Problem(place, _said(error), "csv"))
                    continue
                if cells:
                    yield self._record(place, lines.bytes, header, cells)

    def _refuse_bare_returns(self, file: BinaryIO) -> None:
        head = file.read(HEAD)
        file.seek(0)
        if b"\r" in head and b"\n" not in head:
            raise self._unreadable("ends its lines with CR alone: save it with LF or CR LF", "line_ends")

    def _header(self, lines: "_Lines") -> tuple[list[str], str]:
        first = next(lines, "").removeprefix("\ufeff")
        # The separator of most columns: a name seldom holds another one.
        delimiter = max(DELIMITERS, key=lambda each: _columns(first, each))
        try:
            header = [name.strip() for name in _cells(first, delimiter, strict=True)]
        except csv.Error as error:
            raise self._unreadable(f"the header {_said(error)}", "csv") from error
        if not any(header):
            raise self._unreadable("has no header row", "no_header")
        if len(header) == 1 and "|" in header[0]:
            raise self._unreadable("has one column: commas, semicolons or tabs separate columns, | does not", "cells")
        self._check_names(header)
        return header, delimiter

    def _check_names(self, header: list[str]) -> None:
        for number, name in enumerate(header, 1):
            if not name:
                raise self._unreadable(f"column {number} has no name", "no_header")
            if not _is_utf8(name):
                raise self._unreadable(f"the name of column {number} is not UTF-8", "encoding")
            if "\0" in name:
                raise self._unreadable(f"the name of column {number} holds the NUL character", "character")
            if name in header[: number - 1]:
                raise self._unreadable("is the name of two columns", "duplicate", name)

    def _unreadable(self, message: str, code: str, field: str | None = None) -> Unreadable:
        return Unreadable(Problem(Place(self._path.name, 1), message, code, field))

    def _record(self, place: Place, position: int, header: list[str], cells: list[str]) -> Record:
        if len(cells) != len(header):
            message = f"has {len(cells)} cells, the header has {len(header)}"
            return Record(place, position, problem=Problem(place, message, "cells"))
        row = dict(zip(header, cells, strict=True))
        for name, cell in row.items():
            if not _is_utf8(cell):
                return Record(place, position, problem=Problem(place, "is not UTF-8", "encoding", name))
        values = {name: cell for name, cell in row.items() if cell or name in CANONICAL}
        return Record(place, position, values=values, typed=values)


class _Lines:
    """A file's lines as text; bytes that are not UTF-8 become lone surrogates, so that their cell can be named."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.number = 0
        self.bytes = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._file)
        self.number += 1
        self.bytes += len(line)
        return line.decode("utf-8", "surrogateescape")


def _cells(line: str, delimiter: str, strict: bool = False) -> list[str]:
    return next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter, strict=strict), [])


def _columns(line: str, delimiter: str) -> int:
    try:
        return len(_cells(line, delimiter))
    except csv.Error:
        return 0


def _said(error: csv.Error) -> str:
    """Python's own words for this one are for programmers."""
    bare = "new-line character" in str(error)
    return "holds a CR outside quotes that ends no line" if bare else f"is not valid CSV: {error}"


def _is_utf8(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def write_csv(insights: Insights, file: TextIO) -> int:
    """The canonical columns; returns the number of rows. Lines end with CR LF, so a cell may hold either."""
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(CANONICAL)
    number = 0
    for exported in insights:
        insight = json.loads(exported.body)
        cells = {**insight, "tags": _tags(insight["tags"]), "metadata": exported.metadata}
        writer.writerow(["" if cells[name] is None else cells[name] for name in CANONICAL])
        number += 1
    return number


def _tags(names: list[str]) -> str:
    """Joined by semicolons; as a JSON list when a name would not survive that."""
    joined = ";".join(names)
    survives = not joined.startswith("[") and joined.count(";") < max(len(names), 1)
    return joined if survives else json.dumps(names, ensure_ascii=False)
