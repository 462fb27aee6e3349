"""Files for the tests of the exchange."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.exchange.formats.csv import CsvReader
from app.exchange.formats.json import JsonReader
from app.exchange.formats.markdown import MarkdownReader
from app.exchange.records import Reader

READERS = {"csv": CsvReader, "json": JsonReader, "md": MarkdownReader}
Write = Callable[..., Reader]


@pytest.fixture
def samples() -> Path:
    return Path(__file__).parent / "samples"


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Write a file and open the reader of its format."""

    def write(name: str, content: str | bytes) -> Reader:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return READERS[name.rpartition(".")[2]](path)

    return write
